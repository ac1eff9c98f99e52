"""A small disk of a phone's own, which a test fills: a tmpfs in a mount namespace."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

_PREPARE = """
for name in config state; do
    mkdir -p {folder}/$name
    mount -t tmpfs -o size=2m,mode=700 tmpfs {folder}/$name
done
exec "$@"
"""

_BLOCK = bytes(4096)
_FILLER = "filler"


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
