"""Calls that a party answers, over UDP and TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.conftest import NewPhone
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Transport

Up = Callable[..., Awaitable[str]]


@pytest.fixture(params=[Transport.UDP, Transport.TLS], ids=str)
async def party(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[Party]:
    host = own_host()
    found = Party(host, request.param, authority.issue("party", addresses=[host]), 1000, ())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def party_phone(new_phone: NewPhone) -> Phone:
    """A phone without an account, until `up` adds one."""
    return await new_phone()


@pytest.fixture
async def up(party_phone: Phone, party: Party, authority: Authority) -> AsyncIterator[Up]:
    """Adds an account with fields, and makes a call that the party answers."""

    async def make(**fields: object) -> str:
        if party.transport is Transport.TLS:
            fields["ca_file"] = str(authority.file)
        await party_phone.add(
            "work", password="secret", user="alice", domain=DOMAIN,
            server=f"{party.server.host}:{party.server.port}",
            transport=party.transport.value, **fields,
        )  # fmt: skip
        await party_phone.until_registered("work")
        call = await party_phone.call("bob")
        await party.take()
        await party_phone.until_state(call, CallState.ACTIVE)
        return call

    yield make
    await party.leave()
