"""Disks of tests: in memory where that is possible, and a small one, which a test fills.

`python -m tests.support.disks` prints where folders of tests belong.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from pathlib import Path

_MEMORY = "/dev/shm"
_LEAST_ROOM = 2 << 30

_PREPARE = """
for name in config state; do
    mkdir -p {folder}/$name
    mount -t tmpfs -o size=2m,mode=700 tmpfs {folder}/$name
done
exec "$@"
"""

_BLOCK = bytes(4096)
_FILLER = "filler"


def fastest() -> str:
    """Return the folder for those of tests, which wait for a disk thousands of times.

    Some systems run no program from memory, or have little of it for files.
    """
    with contextlib.suppress(OSError):
        memory = os.statvfs(_MEMORY)
        has_room = memory.f_bavail * memory.f_frsize >= _LEAST_ROOM
        if has_room and not memory.f_flag & os.ST_NOEXEC and os.access(_MEMORY, os.W_OK):
            return _MEMORY
    return "/tmp"


def short() -> tempfile.TemporaryDirectory[str]:
    """Make a folder with a short name: the path of a socket has a small limit."""
    return tempfile.TemporaryDirectory(prefix="oh-", dir=fastest())


def pictured() -> tempfile.TemporaryDirectory[str]:
    """Make a folder whose name is as long on each machine: a picture may show it."""
    return tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp")


def prefix(folder: Path) -> tuple[str, ...]:
    """Words before the command of a phone in `folder`, which give it the disk."""
    prepare = _PREPARE.format(folder=shlex.quote(str(folder)))
    return ("unshare", "--map-root-user", "--mount", "sh", "-ec", prepare, "sh")


class SmallDisk:
    """The disk of the process `pid`, which nobody else sees."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._root = Path(f"/proc/{pid}/root{folder}")

    def path(self, name: str) -> Path:
        """Path by which others reach a file of the phone's folder."""
        return self._root / name

    def fill(self) -> None:
        """Leave no block free, and no byte in the log's last one."""
        for part in ("config", "state"):
            filler = self.path(part) / _FILLER
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(_BLOCK):
                    pass

        log = self.path("state") / "engine.log"
        with contextlib.suppress(OSError), log.open("ab", buffering=0) as file:
            while file.write(b"\n"):
                pass

    def make_room(self) -> None:
        for part in ("config", "state"):
            (self.path(part) / _FILLER).unlink()


if __name__ == "__main__":
    print(fastest())
