"""Limit of the time that real-time priority may take without a pause."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

_LIMIT = """
import resource, signal
from voip.worker.media import realtime
highest = {highest}
if highest is not None:
    resource.setrlimit(resource.RLIMIT_RTTIME, (highest, highest))
realtime.limit()
blocked = signal.SIGXCPU in signal.pthread_sigmask(signal.SIG_BLOCK, ())
realtime.watch()
still = signal.SIGXCPU in signal.pthread_sigmask(signal.SIG_BLOCK, ())
print([*resource.getrlimit(resource.RLIMIT_RTTIME), blocked, still])
"""


@pytest.mark.parametrize(
    ("highest", "limits"), [(None, [100_000, 200_000]), (50_000, [50_000, 50_000])]
)
def test_its_end_comes_before_that_of_the_process(highest: int | None, limits: list[int]) -> None:
    script = _LIMIT.format(highest=highest)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    # Threads that begin before `watch` leave the signal to the one that handles it.
    assert ast.literal_eval(done.stdout) == [*limits, True, False]
