"""The endpoint wakes for a timer, a packet and a file, and for nothing else."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

_PATIENCE_S = 20


async def test_a_wait_without_end_is_ended_by_each_kind_of_work(host: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("waiting.py")), host,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(_PATIENCE_S):
        kind, address = (await process.stdout.readline()).decode().split()
        assert kind == "timer"
        port = int(address.rpartition(":")[2])
        process.stdin.write(b"order\n")
        assert await process.stdout.readline() == b"file order\n"
        assert await _asked(host, port) == b"SIP/2.0 "
        process.stdin.close()
        assert await process.wait() == 0


async def _asked(host: str, port: int) -> bytes:
    """The beginning of the answer to OPTIONS."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.setblocking(False)
        ours.bind((host, 0))
        ours.connect((host, port))
        via = f"SIP/2.0/UDP {host}:{ours.getsockname()[1]};branch=z9hG4bKwake"
        lines = [
            f"OPTIONS sip:{host}:{port} SIP/2.0", f"Via: {via}", "Max-Forwards: 70",
            f"From: <sip:ann@{host}>;tag=1", f"To: <sip:{host}>", "Call-ID: wake",
            "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
        ]  # fmt: skip
        await loop.sock_sendall(ours, "\r\n".join(lines).encode())
        return (await loop.sock_recv(ours, 4096))[:8]
