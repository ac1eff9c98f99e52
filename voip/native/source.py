"""Where PJSIP's source comes from, and how it is known to be the right one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from voip.native.inputs import MANIFEST, PJSIP_VERSION, cache_folder


class SourceError(Exception):
    """No usable source; the text says what was tried and what to do."""


@dataclass(frozen=True)
class Source:
    """A tree of PJSIP's source.

    `authenticated` means that a package manager vouched for the archive it
    came from, which is what lets a newer version than the manifest's be built.
    """

    root: Path
    version: str
    authenticated: bool


def obtain(work: Path, log: Path) -> Source:
    """Find the source, unpacked below `work`; `log` gets what the tools said.

    `PJPROJECT_SOURCE` (a folder or an archive) wins; otherwise Debian's source
    package `asterisk` carries it.

    Raises:
        SourceError: nothing was found, or it is not what it should be.
    """
    given = os.environ.get("PJPROJECT_SOURCE")
    if given:
        root = _unpacked(Path(given).expanduser(), work)
        return Source(root, _version(root), authenticated=False)
    archive = _from_debian(log)
    root = _unpacked(archive, work)
    return Source(root, _version(root), authenticated=True)


def manifest() -> dict[str, str]:
    """The SHA-256 sum of every file that is compiled, by its path."""
    pairs = (line.split("  ", 1) for line in MANIFEST.read_text().splitlines() if line)
    return {path: digest for digest, path in pairs}


def differences(root: Path) -> list[str]:
    """The files of the manifest that `root` lacks or has otherwise."""
    wrong = []
    for path, digest in manifest().items():
        file = root / path
        if not file.is_file():
            wrong.append(f"missing: {path}")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            wrong.append(f"different: {path}")
    return wrong


def check(source: Source) -> str | None:
    """Compare with the manifest; returns a notice to show, if there is one.

    Raises:
        SourceError: the source differs and nobody vouches for it, or is older.
    """
    wrong = differences(source.root)
    if not wrong:
        return None
    newer = _as_numbers(source.version) > _as_numbers(PJSIP_VERSION)
    if newer and source.authenticated:
        return (
            f"building PJSIP {source.version}, which is newer than the {PJSIP_VERSION} that was "
            "checked in; the system's package manager authenticated it"
        )
    listed = "\n".join(f"  {line}" for line in wrong[:5])
    more = f"\n  and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    raise SourceError(
        f"this is not PJSIP {PJSIP_VERSION} as it was released: {len(wrong)} files do not match "
        f"{MANIFEST.name}:\n{listed}{more}\n"
        "Give another source with PJPROJECT_SOURCE=<folder or archive>."
    )


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _version(root: Path) -> str:
    try:
        text = (root / "version.mak").read_text()
    except OSError as error:
        raise SourceError(f"{root} is not PJSIP's source: {error}") from error
    parts = re.findall(r"export PJ_VERSION_(?:MAJOR|MINOR|REV)\s*:=\s*(\d+)", text)
    return ".".join(parts)


def _unpacked(source: Path, work: Path) -> Path:
    if source.is_dir():
        return source
    if not source.is_file():
        raise SourceError(f"PJPROJECT_SOURCE: {source} is neither a folder nor an archive")
    target = work / "source"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    try:
        with tarfile.open(source) as archive:
            # Python 3.11.3 and older know no extraction filter.
            if hasattr(tarfile, "data_filter"):
                archive.extractall(target, filter="data")
            else:
                archive.extractall(target)  # noqa: S202 - what was authenticated, or given
    except (tarfile.TarError, OSError) as error:
        raise SourceError(f"{source} cannot be unpacked: {error}") from error
    folders = [path for path in target.iterdir() if path.is_dir()]
    if len(folders) != 1:
        raise SourceError(f"{source} holds {len(folders)} folders where one was expected")
    return folders[0]


def _from_debian(log: Path) -> Path:
    downloads = cache_folder() / "source"
    downloads.mkdir(parents=True, exist_ok=True)
    pattern = "asterisk_*.orig-Xpjproject.tar.xz"
    if shutil.which("apt-get") is None:
        raise SourceError(
            "PJSIP's source comes from Debian's archive, and there is no apt-get here. Download "
            f"PJSIP {PJSIP_VERSION} and set PJPROJECT_SOURCE=<folder or archive>."
        )
    apt = _private_apt(downloads / "apt")
    with log.open("ab") as out:
        for words in (("update",), ("source", "--download-only", "asterisk")):
            done = subprocess.run(
                ["apt-get", *apt, *words], cwd=downloads, stdout=out, stderr=out, check=False
            )
            if done.returncode != 0:
                raise SourceError(
                    f"apt-get {' '.join(words)} failed; {log} has its words. Without a way to "
                    "Debian's archive, set PJPROJECT_SOURCE=<folder or archive>."
                )
    found = sorted(downloads.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SourceError(f"Debian's source package asterisk no longer has {pattern}")
    return found[-1]


def _private_apt(folder: Path) -> list[str]:
    # The user's own sources, lists and cache are left alone.
    mirror, keyring = _debian_mirror()
    for name in ("sources", "lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "sources" / "sid.sources").write_text(
        f"Types: deb-src\nURIs: {mirror}\nSuites: sid\nComponents: main\nSigned-By: {keyring}\n"
    )
    return [
        "-o", "Dir::Etc::sourcelist=/dev/null",
        "-o", f"Dir::Etc::sourceparts={folder / 'sources'}",
        "-o", f"Dir::State::lists={folder / 'lists'}",
        "-o", f"Dir::Cache={folder}",
        "-o", f"Dir::Cache::archives={folder / 'archives'}",
        "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip


def _debian_mirror() -> tuple[str, str]:
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
         "Label: Debian"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    mirrors = [line.strip() for line in listing.stdout.splitlines() if line.strip()]
    if not mirrors or not keyring.exists():
        raise SourceError(
            "PJSIP's source comes from Debian's archive, which this system's apt does not use "
            "(or 'apt-get update' has never run). Download PJSIP "
            f"{PJSIP_VERSION} and set PJPROJECT_SOURCE=<folder or archive>."
        )
    return mirrors[0], str(keyring)
