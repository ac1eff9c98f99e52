"""Machines of a test's own: network namespaces joined by cables.

They can be made inside the namespace of `namespace.run_inside` alone, which has
the rights to it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self


class Host:
    """A machine with its own interfaces, routes and filters, and our files."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._cables: list[str] = []

    @property
    def prefix(self) -> tuple[str, ...]:
        """Words before a command that is to run on this machine."""
        assert self._process is not None
        return ("nsenter", "--target", str(self._process.pid), "--net")

    async def start(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            "unshare", "--net", "sh", "-ec", "ip link set lo up; echo; exec cat",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert await self._process.stdout.readline(), "no namespace could be made"
        return self

    async def stop(self) -> None:
        """Take its cables away; the machine ends with its last process."""
        assert self._process is not None
        for far in self._cables:
            await _run("ip", "link", "delete", far)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def run(self, *words: str) -> str:
        """Output of a command on this machine, which must succeed."""
        return await _run(*self.prefix, *words)

    async def plug(self, name: str, *addresses: str, far: str, far_addresses: str) -> None:
        """Lay a cable between this machine and the test's own namespace.

        The ends are `name` here and `far` there; addresses are like `10.0.0.1/24`
        and, of the far end, separated by spaces.
        """
        assert self._process is not None
        there = ("name", name, "netns", str(self._process.pid))
        await _run("ip", "link", "add", far, "type", "veth", "peer", *there)
        self._cables.append(far)
        for address in far_addresses.split():
            await _run("ip", "address", "add", address, "dev", far, *_at_once(address))
        await _run("ip", "link", "set", far, "up")
        for address in addresses:
            await self.run("ip", "address", "add", address, "dev", name, *_at_once(address))
        await self.run("ip", "link", "set", name, "up")

    async def join(self, name: str, address: str, other: Host, far: str, far_address: str) -> None:
        """Lay a cable between this machine and another; the ends are as in `plug`."""
        assert self._process is not None and other._process is not None
        await _run("ip", "link", "add", "cable-a", "type", "veth", "peer", "name", "cable-b")
        for end, host, called, at in (
            ("cable-a", self, name, address),
            ("cable-b", other, far, far_address),
        ):
            assert host._process is not None
            await _run("ip", "link", "set", end, "name", called, "netns", str(host._process.pid))
            await host.run("ip", "address", "add", at, "dev", called, *_at_once(at))
            await host.run("ip", "link", "set", called, "up")


async def on_this(*words: str) -> str:
    """Output of a command in the test's own namespace, which must succeed."""
    return await _run(*words)


def _at_once(address: str) -> tuple[str, ...]:
    # Without it an IPv6 address cannot be used for its first second.
    return ("nodad",) if ":" in address else ()


async def _run(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, (words, output)
    return output.decode()
