"""Threads that carry voice, and an end of their real-time priority if one spins."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

_NAMES = ("media", "threaded-ml")
"""Names of PJMEDIA's thread of sockets, and of libpulse's, which has the frames."""

_LIMITS_US = (100_000, 200_000)
"""Times in real-time priority without a pause: it ends, and the worker ends.

RealtimeKit refuses a process without a limit, or with a higher one.
"""


def limit() -> None:
    """Limit the time of threads that are to come; `watch` has to follow."""
    if sys.platform != "linux":
        return
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return  # its user gave it to the whole process, whose start takes longer
    _, highest = resource.getrlimit(resource.RLIMIT_RTTIME)
    soft, hard = _LIMITS_US
    if highest != resource.RLIM_INFINITY:
        hard = min(hard, highest)
    resource.setrlimit(resource.RLIMIT_RTTIME, (min(soft, hard), hard))
    # Python runs its handlers on the main thread, which must be the one that wakes up.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXCPU})
    signal.signal(signal.SIGXCPU, _end)


def watch() -> tuple[int, ...]:
    """Return the threads that carry voice; this one ends their priority at the limit."""
    if sys.platform != "linux":
        return ()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGXCPU})
    return tuple(thread for thread, name in _threads() if name in _NAMES)


def _end(_signal: int, _frame: FrameType | None) -> None:
    for thread, _ in _threads():
        with contextlib.suppress(OSError):  # it has ended
            os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
    print("sound took the processor for too long: no real-time priority", file=sys.stderr)


def _threads() -> list[tuple[int, str]]:
    found = []
    for folder in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found.append((int(folder.name), (folder / "comm").read_text().strip()))
    return found
