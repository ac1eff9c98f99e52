"""Measure the traffic of accounts without calls, over UDP, TCP and TLS.

Run by hand: python -m tests.bench.idle [MINUTES]

Each account is at a server beyond a cable of its own machine; all bytes on that
cable count, those of IP and Ethernet too.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.call.network.cables.moving import Place
from tests.support.network.namespace import INSIDE, run_inside
from tests.support.parts import Parts
from tests.support.pki import Authority
from voip.protection import Transport


async def _bytes(place: Place) -> int:
    folder = "/sys/class/net/lan/statistics"
    counts = await place.host.run(
        "unshare", "--mount", "sh", "-ec",
        f"mount -t sysfs sysfs /sys; cat {folder}/rx_bytes {folder}/tx_bytes",
    )  # fmt: skip
    return sum(map(int, counts.split()))


async def _measure(number: int, transport: Transport, folder: Path, minutes: float) -> None:
    async with Parts() as machines, Parts() as parts:
        home = folder / transport.value
        home.mkdir()
        authority = Authority(home / "pki")
        place = Place(number, transport, home)
        await place.start(authority, machines, parts)
        server = f"{place.server}:{place.party.server.port}"
        await place.register(authority, server, place.server)
        await asyncio.sleep(5)
        before = await _bytes(place)
        await asyncio.sleep(minutes * 60)
        an_hour = (await _bytes(place) - before) * 60 / minutes
        print(f"{transport:<4} {an_hour / 1000:6.1f} kB an hour", flush=True)


async def main(minutes: float) -> int:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        folder = Path(name)
        if INSIDE not in os.environ:
            words = (sys.executable, "-m", "tests.bench.idle", str(minutes))
            status, output = await run_inside(folder, *words)
            print(output, end="")
            return status
        cases = enumerate(Transport, 1)
        await asyncio.gather(*(_measure(n, each, folder, minutes) for n, each in cases))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else 20.0)))
