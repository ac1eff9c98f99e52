"""The engine's log file: bounded, private, no secrets, no acting text."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from voip.security.masking import mask
from voip.security.text import clean

_MAX_BYTES = 4 * 1024 * 1024
_BACKUPS = 2
_MAX_LINE = 2000
_MAX_TAIL = 1024 * 1024  # fits in a reply several times over


class _SafeFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        lines = mask(super().format(record)).splitlines()
        return "\n".join(clean(line, _MAX_LINE) for line in lines)


def start(path: Path, foreground: bool) -> None:
    """Send the program's log to `path`, and to standard error in foreground.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
    path.chmod(0o600)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=_BACKUPS, encoding="utf-8")
    ]
    if foreground:
        handlers.append(logging.StreamHandler())
    formatter = _SafeFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=handlers)
    logging.captureWarnings(True)
    # On a full disk each line would print a traceback to standard error.
    logging.raiseExceptions = False


def tail(path: Path, limit: int) -> list[str]:
    """Last lines of a log, oldest first: at most `limit`, and 1 MiB.

    A log that cannot be read gives one line, which says so.
    """
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _MAX_TAIL)
            file.seek(start)
            lines = file.read(_MAX_TAIL).splitlines()
    except OSError as error:
        return [f"{path} cannot be read: {error}"]
    if start:
        del lines[0]  # cut off: its beginning was not read
    newest = lines[-limit:] if limit > 0 else []
    # Other programs may write to the file, and no line may act on a terminal.
    return [clean(line.decode("utf-8", errors="replace"), _MAX_LINE) for line in newest]
