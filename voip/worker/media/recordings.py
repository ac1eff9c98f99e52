"""Files that calls are recorded to."""

from __future__ import annotations

from pathlib import Path


def is_complete(recording: Path) -> bool:
    """True if a WAV file's header knows how long the file is.

    PJMEDIA writes that last, on a thread of its own, after a call has ended.
    """
    try:
        with recording.open("rb") as file:
            head = file.read(8)
    except OSError:
        return True  # somebody took it away: there is nothing to wait for
    return head[4:8] not in (b"", b"\0\0\0\0")
