"""Replaces or creates a private file in one step: no crash leaves half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, content: bytes, last_look: Callable[[], None] = lambda: None) -> None:
    """Replace a file by `content`, for its owner alone, folder included.

    `last_look` is called before the step that cannot be undone; if it raises,
    the file stays as it was.

    Raises:
        OSError: it cannot be written.
    """
    new = _beside(path, content)
    try:
        last_look()
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def create(path: Path, content: bytes) -> None:
    """Create a file for its owner alone, folder included.

    Raises:
        FileExistsError: there is one.
        OSError: it cannot be written.
    """
    new = _beside(path, content)
    try:
        # Unlike a rename, this fails if there is a file, however late it came.
        path.hardlink_to(new)
    finally:
        new.unlink(missing_ok=True)


def _beside(path: Path, content: bytes) -> Path:
    """Write a new file beside `path`, which nobody takes for one of its kind."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
