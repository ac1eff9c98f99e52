"""Server that knows of the states of people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority


@pytest.fixture
async def server(place: Path, authority: Authority) -> AsyncIterator[Kamailio]:
    leaf = authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK])
    server = Kamailio(place / "kamailio", leaf, presence=True)
    await server.start()
    yield server
    await server.stop()
