"""Archives of a library's source: candidates for a build, and unpacking."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MOST_BYTES = 512 * 2**20
_CHUNK = 2**20


class SourceError(Exception):
    """No usable source; the text names what was tried and what to do."""


@dataclass(frozen=True)
class Candidate:
    """Possible archive of the source; `fetch` raises SourceError without it.

    `authenticated`: a package manager vouches for it, so that a newer version than
    the manifest's may be built.
    """

    name: str
    fetch: Callable[[], Path]
    authenticated: bool = False


def refusal(name: str, reason: str) -> Candidate:
    """Candidate without an archive, with the reason to show."""

    def fetch() -> Path:
        raise SourceError(reason)

    return Candidate(name, fetch)


def unpack(archive: Path, target: Path, names: Container[str] | None = None) -> Path:
    """Unpack `archive` into the empty folder `target`; return its one folder.

    Only regular files are written: those that `names` names, or all.

    Raises:
        SourceError: the archive is damaged, too large, or has another shape.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    try:
        with tarfile.open(archive) as opened:
            tops = _write(opened, target, names)
            _read_to_the_end(opened)
    # The decompressors raise OSError, EOFError, zlib.error, LZMAError and more.
    except Exception as error:
        raise SourceError(f"{archive} cannot be unpacked: {error}") from error
    if len(tops) != 1:
        raise SourceError(f"{archive} holds {len(tops)} folders where one was expected")
    root = target / tops.pop()
    root.mkdir(exist_ok=True)
    return root


def _write(archive: tarfile.TarFile, target: Path, names: Container[str] | None) -> set[str]:
    tops = set()
    written = 0
    for member, top, rest in _members(archive):
        tops.add(top)
        # A link could lead the next file out of `target`.
        if not member.isreg() or (names is not None and rest not in names):
            continue
        written += member.size
        if written > _MOST_BYTES:
            raise SourceError("it holds more than any release")
        content = archive.extractfile(member)
        assert content is not None
        path = target / top / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
        path.chmod(0o755 if member.mode & 0o100 else 0o644)
    return tops


def _read_to_the_end(archive: tarfile.TarFile) -> None:
    # tarfile stops before the checksum of a compressed file: read on to verify it.
    assert archive.fileobj is not None
    read = 0
    while chunk := archive.fileobj.read(_CHUNK):
        read += len(chunk)
        if read > _MOST_BYTES:
            raise SourceError("it holds more than any release")


def _members(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, str, str]]:
    """Members that lie in a folder, with that folder and the path below it."""
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise SourceError(f"it holds {member.name!r}, which leads out of its folder")
        if len(path.parts) > 1:
            yield member, path.parts[0], str(PurePosixPath(*path.parts[1:]))
