"""Debian's archive read by the real apt-get, suite by suite, signed."""

from __future__ import annotations

import datetime
import email.utils
import hashlib
import subprocess
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.archives import FILES, NEWER, archive, small
from voip.native.sources import debian, source
from voip.native.sources.archive import SourceError
from voip.native.sources.upstream import Upstream

_HOUR = datetime.timedelta(hours=1)
_LAX = (
    "APT::Get::AllowUnauthenticated",
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
)
_NOWHERE = Upstream("https://localhost:1/")
_NAME = "asterisk_22.orig-Xpjproject.tar.xz"


class Key:
    """A signing key, and the keyring that knows it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        self._home = home
        self._gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode",
                     "loopback", "--passphrase", ""]  # fmt: skip
        self._run("--quick-generate-key", "archive@deb.test", "ed25519", "sign")
        self.keyring = home / "keyring.gpg"
        self.keyring.write_bytes(self._run("--export"))

    def sign(self, text: str) -> bytes:
        return self._run("--clearsign", data=text.encode())

    def close(self) -> None:
        """End the agent that gpg left running."""
        subprocess.run(["gpgconf", "--homedir", self._home, "--kill", "all"], check=True)

    def _run(self, *words: str, data: bytes = b"") -> bytes:
        return subprocess.run(
            [*self._gpg, *words], input=data, capture_output=True, check=True
        ).stdout


class Mirror:
    """A Debian archive in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = f"file:{root}"

    def publish(
        self,
        suite: str,
        key: Key | None,
        members: Mapping[str, bytes] | None = None,
        lasts: datetime.timedelta = _HOUR,
    ) -> None:
        """Publish a suite, signed or not; `members` is its asterisk's PJSIP files."""
        dist = self.root / "dists" / suite
        # apt requests no index that is empty.
        none = b"Package: nothing\nVersion: 1\n\n"
        indexes = {"main/source/Sources": none, "main/binary-amd64/Packages": none}
        if members is not None:
            indexes["main/source/Sources"] = self._package(suite, members)
        lines = []
        for name, data in indexes.items():
            (dist / name).parent.mkdir(parents=True, exist_ok=True)
            (dist / name).write_bytes(data)
            lines.append(f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n")
        now = datetime.datetime.now(datetime.UTC)
        release = (
            f"Origin: Debian\nLabel: Debian\nSuite: {suite}\nCodename: {suite}\n"
            f"Date: {email.utils.format_datetime(now - 9 * _HOUR, usegmt=True)}\n"
            f"Valid-Until: {email.utils.format_datetime(now + lasts, usegmt=True)}\n"
            f"Architectures: amd64\nComponents: main\nSHA256:\n{''.join(lines)}"
        )
        if key is None:
            (dist / "Release").write_text(release)
        else:
            (dist / "InRelease").write_bytes(key.sign(release))

    def _package(self, suite: str, members: Mapping[str, bytes]) -> bytes:
        pool = self.root / "pool" / suite
        pool.mkdir(parents=True)
        files = [archive(pool / _NAME, members, "pjsip-pjproject-6852b24/")]
        files.append(pool / "asterisk_22-1.dsc")
        files[-1].write_text(f"Format: 3.0 (quilt)\nSource: asterisk\nX-Of: {suite}\n")
        sums = "".join(
            f" {hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_size} {file.name}\n"
            for file in files
        )
        return (
            "Package: asterisk\nBinary: asterisk\nVersion: 1:22-1\nArchitecture: any\n"
            f"Format: 3.0 (quilt)\nDirectory: pool/{suite}\nChecksums-Sha256:\n{sums}\n"
        ).encode()


@pytest.fixture
def key(place: Path) -> Iterator[Key]:
    """Key of this machine's archive."""
    made = Key(place / "gpg")
    yield made
    made.close()


@pytest.fixture
def stranger(place: Path) -> Iterator[Key]:
    """A key that this machine does not know."""
    made = Key(place / "stranger")
    yield made
    made.close()


@pytest.fixture
def mirror(place: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """The archive of this machine during the test; it has trixie."""
    built = Mirror(place / "debian")
    built.publish("trixie", key)
    (place / "sources").mkdir()
    (place / "lists" / "partial").mkdir(parents=True)
    (place / "apt.conf").write_text(
        f'Dir::Etc::parts "{place}/none";\nDir::Etc::main "{place}/none";\n'
        f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{place}/sources";\n'
        f'Dir::State::lists "{place}/lists";\nAPT::Sandbox::User "root";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(place / "apt.conf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    monkeypatch.delenv("PJPROJECT_SOURCE", raising=False)
    monkeypatch.setattr(debian, "KEYRING", key.keyring)
    _update(place, key, built.uri)
    return built


def _update(place: Path, key: Key, uri: str) -> None:
    """Make `uri` the archive of this machine, and fetch its indexes."""
    (place / "sources" / "debian.sources").write_text(
        f"Types: deb\nURIs: {uri}\nSuites: trixie\nComponents: main\nArchitectures: amd64\n"
        f"Signed-By: {key.keyring}\n"
    )
    subprocess.run(["apt-get", "update"], check=True, capture_output=True)


def _search(place: Path, newer: bool = False) -> tuple[source.Source, dict[str, str]]:
    """The chosen source, and the notice for each suite before it."""
    said: list[str] = []
    work = place / "work"
    work.mkdir()
    obtained = source.obtain(small(place), work, place / "log", said.append, newer, _NOWHERE)
    reasons = {}
    for line in said:
        name, _, reason = line.partition("): ")
        reasons[name.split()[1]] = reason
    return obtained, reasons


def test_each_suite_that_fails_is_said_and_the_next_one_is_asked(
    mirror: Mirror, key: Key, stranger: Key, place: Path
) -> None:
    mirror.publish("sid", key, FILES, lasts=-_HOUR)
    mirror.publish("testing", stranger, FILES)
    mirror.publish("stable", key, NEWER)
    # stable-backports does not exist.
    mirror.publish("oldstable", key, FILES)
    (mirror.root / "pool/oldstable" / _NAME).unlink()
    mirror.publish("experimental", key, FILES)
    # Nobody reads it.
    (mirror.root / "pool/experimental/asterisk_22-1.dsc").unlink()

    obtained, reasons = _search(place)
    assert (obtained.version, obtained.authenticated) == ("2.17", True)
    assert list(reasons) == ["archives", "sid", "testing", "trixie", "stable", "stable-backports",
                             "oldstable", "experimental"]  # fmt: skip
    assert "expired" in reasons["sid"]
    assert "signature" in reasons["testing"] or "signed" in reasons["testing"]
    assert "Unable to find a source package" in reasons["trixie"]
    assert "it calls itself 2.18" in reasons["stable"]
    assert "Release" in reasons["stable-backports"]
    assert _NAME in reasons["oldstable"]
    assert reasons["experimental"] == "PJSIP 2.17, as it was released"


def test_mirror_that_is_not_reached_is_said_of_each_suite(
    mirror: Mirror, key: Key, place: Path
) -> None:
    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

        def log_error(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(mirror.root)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        _update(place, key, f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    said: list[str] = []
    (place / "work").mkdir()
    with pytest.raises(SourceError):
        source.obtain(small(place), place / "work", place / "log", said.append, upstream=_NOWHERE)
    suites = [line for line in said if line.startswith("Debian ")]
    assert len(suites) == 7
    for line in suites:
        assert "connect" in line.lower(), line


def test_archive_that_is_not_what_was_signed_is_refused(
    mirror: Mirror, key: Key, place: Path
) -> None:
    mirror.publish("sid", key, NEWER)
    archive(mirror.root / "pool/sid" / _NAME, {**NEWER, "pjlib/a.c": b"evil"})
    mirror.publish("testing", key, NEWER)
    obtained, reasons = _search(place, newer=True)
    assert obtained.version == "2.18"
    assert reasons["sid"].startswith("apt-get failed: ")
    assert "2.18" in reasons["testing"]
    assert (obtained.root / "pjlib/a.c").read_bytes() == NEWER["pjlib/a.c"]


@pytest.mark.parametrize("signed", [True, False])
def test_settings_of_the_user_do_not_vouch_for_an_archive(
    mirror: Mirror, key: Key, stranger: Key, place: Path, signed: bool
) -> None:
    with (place / "apt.conf").open("a") as file:
        file.writelines(f'{name} "true";\n' for name in _LAX)
    mirror.publish("sid", stranger if signed else None, {**NEWER, "pjlib/a.c": b"evil"})
    mirror.publish("testing", key, NEWER)
    obtained, reasons = _search(place, newer=True)
    assert reasons["sid"].startswith("apt-get failed: ")
    assert (obtained.root / "pjlib/a.c").read_bytes() == NEWER["pjlib/a.c"]
