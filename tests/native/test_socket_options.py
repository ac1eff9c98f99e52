"""0040: a connection has its configured options, over TLS and TCP."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.support.peers.hostile import HostileServer, registrar
from tests.support.pki import Authority, Leaf


@pytest.mark.parametrize("transport", ["tls", "tcp"])
async def test_a_connection_sends_at_once_and_notices_that_its_other_end_is_gone(
    host: str, authority: Authority, leaf: Leaf, transport: str
) -> None:
    server = HostileServer(host, registrar, leaf if transport == "tls" else None)
    await server.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("probe") / "socket_options.py"),
        transport, f"{host}:{server.port}", str(authority.file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await process.communicate()
    await server.stop()
    report = json.loads(out)
    assert report == {
        "registered": True,
        "found": [
            {
                "TCP_NODELAY": 1,
                "SO_KEEPALIVE": 1,
                "TCP_USER_TIMEOUT": 10_000,
                "TCP_KEEPIDLE": 10,
                "TCP_KEEPINTVL": 5,
                "TCP_KEEPCNT": 3,
            }
        ],
    }
