"""Measure the gap in the voice of a phone that moves into another network.

Run by hand: python -m tests.bench.moves

Each line is one change over one transport: the longest time without a packet
of the phone's at the far end, the longest silence of the far end's tone in the
phone's recording, and the states of the lock in order.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.support.network.namespace import run_inside

_FOLDER = Path(__file__).parents[1] / "call" / "network" / "cables"
_FILES = ("test_moves.py", "test_families.py")


async def main() -> int:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        files = (str(_FOLDER / file) for file in _FILES)
        words = (sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *files)
        status, output = await run_inside(Path(name), *words)
    lines = [line.lstrip(".") for line in output.splitlines()]
    print("\n".join(line for line in lines if "gap" in line) if status == 0 else output)
    return status


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
