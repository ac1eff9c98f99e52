from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from tests.support.network.namespace import INSIDE
from tests.support.peers.nameserver import NameServer

# These tests need a machine of their own: `test_inside` runs them in one.
collect_ignore_glob = [] if INSIDE in os.environ else ["test_*.py"]


@pytest.fixture
async def nameserver() -> AsyncIterator[NameServer]:
    server = NameServer("127.0.0.1")
    await server.start()
    yield server
    await server.stop()
