"""The real library while nothing happens."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.native.conftest import NewProbe

# 0122: the thread of media


async def test_the_thread_of_media_sleeps_until_a_packet_comes(new_probe: NewProbe) -> None:
    probe = await new_probe()
    [thread] = [
        task
        for task in Path(f"/proc/{probe.pid}/task").iterdir()
        if (task / "comm").read_text() == "media\n"
    ]
    before = _turns(thread)
    await asyncio.sleep(1)  # one that looks by itself turns a hundred times
    assert _turns(thread) - before < 10
    assert await probe.quit() == 0


def _turns(thread: Path) -> int:
    """Number of times that a thread has waited."""
    found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (thread / "status").read_text(), re.M)
    assert found is not None
    return int(found[1])
