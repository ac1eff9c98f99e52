"""Detects changes of files that the user edits while the phone runs."""

from __future__ import annotations

from pathlib import Path


class Watched:
    """A file and its stamp when it was last read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last_stamp = _stamp(path)

    def mark_read(self) -> None:
        """Record the stamp of the file; call it before the file is read."""
        self._last_stamp = _stamp(self._path)

    @property
    def changed(self) -> bool:
        return _stamp(self._path) != self._last_stamp


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Stamp that changes when a file does; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
