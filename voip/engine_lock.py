"""Lock that a running engine holds, with its process and socket.

It lies in the state folder: the runtime folder vanishes with the last login.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import NamedTuple


class Holder(NamedTuple):
    """Process and socket of an engine, as far as it has written them."""

    process: int | None = None
    socket: Path | None = None


def is_held(path: Path) -> bool:
    """True if some process holds the lock at `path`, a file or a folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A shared lock, released at once: a starting engine tries more than once.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks: the engine reports it
    finally:
        os.close(descriptor)
    return False


def write_holder(descriptor: int, holder: Holder) -> None:
    """Write the holder of the lock that is open as `descriptor`.

    Raises:
        OSError: it cannot be written.
    """
    text = f"{holder.process or ''}\n{holder.socket or ''}\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("utf-8", "surrogateescape"), 0)


def read_holder(path: Path) -> Holder:
    """Last engine that wrote into the lock at `path`."""
    try:
        text = path.read_text("utf-8", "surrogateescape")
    except OSError:
        return Holder()
    process, _, socket = text.partition("\n")
    socket = socket.rstrip("\n")
    return Holder(
        process=int(process) if process.isdecimal() else None,
        socket=Path(socket) if socket.startswith("/") else None,
    )
