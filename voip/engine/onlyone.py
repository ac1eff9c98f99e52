"""There is one engine of a user: the lock that it holds while it lives."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO


class AlreadyRunning(Exception):
    """Another engine of this user holds the lock."""


def take_lock(path: Path) -> TextIO:
    """Hold the lock that says there is one engine; keep the file open.

    Raises:
        AlreadyRunning: another engine holds it.
        OSError: the file cannot be made.
    """
    file = path.open("a+")
    path.chmod(0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(f"an engine is running already ({path})") from None
    return file
