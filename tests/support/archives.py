"""Archives of a small PJSIP, and places that have them."""

from __future__ import annotations

import hashlib
import io
import ssl
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shlex import quote
from typing import Any

from tests.support.pki import Leaf
from voip.native.sources.release import PJSIP, Release

VERSION_MAK = (
    b"export PJ_VERSION_MAJOR  := 2\nexport PJ_VERSION_MINOR  := 17\n"
    b"export PJ_VERSION_REV    :=\nexport PJ_VERSION_SUFFIX :=\n"
)
FILES = {"pjlib/a.c": b"int a;\n", "pjsip/b.c": b"int b;\n", "version.mak": VERSION_MAK}
NEWER = {**FILES, "version.mak": VERSION_MAK.replace(b"17", b"18"), "pjsip/c.c": b"int c;\n"}
CHANGED = {**FILES, "pjlib/a.c": b"int a; /* and more */\n"}


def small(folder: Path) -> Release:
    """PJSIP's release as if it were `FILES`, with its manifest in `folder`."""
    manifest = folder / PJSIP.manifest.name
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in FILES.items()]
    manifest.write_text("".join(lines))
    return replace(PJSIP, manifest=manifest)


def archive(path: Path, members: Mapping[str, bytes], top: str = "pjproject-2.17/") -> Path:
    kind = "w:xz" if path.suffix == ".xz" else "w:gz"
    with tarfile.open(path, kind) as target:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(top + name)
            entry.size = len(data)
            target.addfile(entry, io.BytesIO(data))
    return path


# Upstream


@dataclass
class Site:
    """A server of one file; `asked` counts its requests."""

    address: str
    content: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0


@contextmanager
def https_site(leaf: Leaf, content: bytes) -> Iterator[Site]:
    """A server at localhost that shows `leaf`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked += 1
            self.send_response(site.status)
            for name, value in {"Content-Length": str(len(site.content)), **site.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(site.content)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.certificate, leaf.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(f"https://localhost:{server.server_port}/2.17.tar.gz", content)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# apt-get

# A shell starts in a tenth of the time of Python. PATH is this program's folder.
_FAKE_APT_GET = r"""#!/bin/sh
if [ "$1" = indextargets ]; then
    printf %s {targets}
    exit {status}
fi
for word; do
    case $word in
    Dir::Etc::sourceparts=*) folder=${{word#*=}} ;;
    update | --print-uris | --download-only) step=$word ;;
    esac
done
while read -r key value; do
    case $key in
    Suites:) suite=$value ;;
    URIs:) mirror=$value ;;
    esac
done <"$folder/offhook.sources"
printf '%s %s\n' "$suite" "$step" >>"${{0%/*}}/asked"
fails() {{
    echo 'Reading package lists...'
    printf 'E: %s\nE: Some index files failed to download.\n' "$1" >&2
    exit 1
}}
case "$suite $step" in
{acts}
*' update') fails 'Failed to fetch: 404  Not Found' ;;
esac
"""


class FakeAptGet:
    """An apt-get for a PATH of its own, which acts as a test sets it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.plan: dict[str, Any] = {"targets": [], "status": 0, "suites": {}}
        self.save()

    def save(self) -> None:
        program = self.folder / "apt-get"
        targets = "".join(f"{target}\n" for target in self.plan["targets"])
        acts = [act for suite in self.plan["suites"] for act in self._acts(suite)]
        program.write_text(
            _FAKE_APT_GET.format(
                targets=quote(targets), status=self.plan["status"], acts="\n".join(acts)
            )
        )
        program.chmod(0o755)

    def _acts(self, suite: str) -> Iterator[str]:
        """Cases of the program for a suite, the errors first."""
        plan: dict[str, str] = dict(self.plan["suites"][suite])
        file, name = plan.pop("file", None), quote(plan.pop("name", ""))
        for step, words in plan.items():
            yield f"'{suite} {step}') fails {quote(words)} ;;"
        if file is not None:
            source = quote(str(self.folder / file))
            line = quote(r"'%spool/%s' %s 1 SHA256:00\n")
            yield f"'{suite} --print-uris') printf {line} \"$mirror\" {name} {name} ;;"
            yield f"'{suite} --download-only') /bin/cp {source} {name} ;;"
        yield f"'{suite} '*) ;;"

    def uses(self, *targets: str) -> None:
        """Be set up for mirrors and suites: “mirror|release|suite”."""
        self.plan["targets"] = list(targets)
        self.save()

    def has(self, suite: str, name: str, members: Mapping[str, bytes]) -> None:
        """Have a source package in `suite` with the archive `name`."""
        file = f"{suite}-{name}"
        archive(self.folder / file, members, "pjsip-pjproject-6852b24/")
        self.plan["suites"][suite] = {"name": name, "file": file}
        self.save()

    def fails(self, suite: str, step: str, words: str) -> None:
        """End a step for `suite` with an error."""
        self.plan["suites"].setdefault(suite, {})[step] = words
        self.save()

    @property
    def asked(self) -> list[str]:
        """Suite and step of each run."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []
