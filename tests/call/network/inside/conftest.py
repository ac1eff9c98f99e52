from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from tests.call.network.inside.ground import Network
from tests.conftest import NewPhone
from tests.support.network.namespace import INSIDE
from tests.support.parts import Parts
from tests.support.peers.nameserver import NameServer
from tests.support.pki import Authority
from voip.protection import Transport

# These tests need a machine of their own: `test_inside` runs them in one.
collect_ignore_glob = [] if INSIDE in os.environ else ["test_*.py"]


@pytest.fixture
async def nameserver() -> AsyncIterator[NameServer]:
    server = NameServer("127.0.0.1")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(params=list(Transport), ids=str)
async def network(
    request: pytest.FixtureRequest,
    new_phone: NewPhone,
    nameserver: NameServer,
    authority: Authority,
) -> AsyncIterator[Network]:
    async with Parts() as parts:
        yield Network(await new_phone(), nameserver, authority, request.param, parts)
