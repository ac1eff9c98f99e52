"""Protection of a process that holds passwords and keys."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4


def harden() -> None:
    """Turn off core dumps and memory access, and make new files private."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # RLIMIT_CORE stops neither a core handler behind a pipe (core(5)) nor
    # another process of this user that reads the memory.
    _prctl(_PR_SET_DUMPABLE)


def problem() -> str | None:
    """Gap in the protection by `harden`, None when there is none."""
    if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        return "a crash would write its memory to a core file"
    if _prctl(_PR_GET_DUMPABLE) != 0:
        return "other programs of the same user can read its memory"
    return None


def _prctl(option: int) -> int:
    if sys.platform != "linux":
        return 0
    answer: int = ctypes.CDLL(None).prctl(option, 0, 0, 0, 0)
    return answer
