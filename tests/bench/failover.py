"""Measure how soon a phone goes on to the next server of its domain.

Run by hand: python -m tests.bench.failover

Each row is what happens at the first of two servers, each column a request and
a transport: the seconds from the account's start, or from the command to call,
until the second server has it. Where a server dies in a call, they count from
its death until the account is registered with the other. “no failure” is the
part of the phone itself.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from tests.support.network.namespace import run_inside
from voip.protection import Transport

_FOLDER = Path(__file__).parents[1] / "call" / "network" / "inside"
_FILES = ("test_failover.py", "test_calls.py", "test_silence.py", "test_dying_server.py")
_CASES = (
    "the_only_one_asked or refused_connection or black_hole or is_silent or unavailable"
    " or not_prove or without_a_route or lives_on or next_goes_on"
)
_LINE = re.compile(r"(REGISTER|INVITE), (.+), (udp|tcp|tls): ([0-9.]+) s$")
_REQUESTS = ("REGISTER", "INVITE")


async def main() -> int:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        files = (str(_FOLDER / file) for file in _FILES)
        words = (sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider")
        status, output = await run_inside(Path(name), *words, "-k", _CASES, *files)
    if status:
        print(output)
        return status
    seconds: dict[str, dict[tuple[str, str], str]] = {}
    for line in output.splitlines():
        if match := _LINE.search(line):
            request, case, transport, took = match.groups()
            seconds.setdefault(case, {})[request, transport] = took
    columns = [(request, str(transport)) for request in _REQUESTS for transport in Transport]
    print(f"{'':24}" + "".join(f"{' '.join(column):>14}" for column in columns))
    for case, of_case in seconds.items():
        print(f"{case:24}" + "".join(f"{of_case.get(column, '–'):>14}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
