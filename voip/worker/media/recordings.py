"""Recordings of calls as WAV files."""

from __future__ import annotations

from pathlib import Path


def is_complete(recording: Path) -> bool:
    """True if a WAV file's header has the file's length.

    PJMEDIA writes it last, on its own thread, after the end of the call.
    """
    try:
        with recording.open("rb") as file:
            head = file.read(8)
    except OSError:
        return True  # waiting for a removed file would hold the call's end back
    return head[4:8] not in (b"", b"\0\0\0\0")
