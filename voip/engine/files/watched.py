"""Files that a person edits while the phone runs."""

from __future__ import annotations

from pathlib import Path


class Watched:
    """A file, and whether it is still the one that was last looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _stamp(path)

    def seen(self) -> None:
        """The file as it is now is known; called before it is read."""
        self._seen = _stamp(self._path)

    @property
    def changed(self) -> bool:
        return _stamp(self._path) != self._seen


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """A stamp that changes when a file does; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
