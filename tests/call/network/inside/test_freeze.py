"""Names that are looked up hold up no call (RFC 3263 is the engine's work)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import NewPhone
from tests.support.parts import Parts
from tests.support.peers.nameserver import NameServer
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, RegistrationState
from voip.protection import Transport
from voip.protocol.calls import HangUp, Hold

_HOST = "127.1.0.1"
_HERTZ = 450
_SEARCHING = {"tls": "a.test", "tcp": "b.test", "udp": "c.test"}


@pytest.fixture
async def party(authority: Authority) -> AsyncIterator[Party]:
    async with Parts() as parts:
        leaf = authority.issue("party", addresses=[_HOST])
        yield await parts.begin(Party(_HOST, Transport.TLS, leaf, _HERTZ, ()))


async def _in_a_call(phone: Phone, party: Party, authority: Authority) -> str:
    await phone.add_secure("work", _HOST, party.server.port, authority.file)
    await phone.until_registered("work")
    call = await phone.call("bob")
    await party.take()
    await phone.until_state(call, CallState.ACTIVE)
    return call


async def _search(phone: Phone) -> None:
    """Add three accounts that look for their servers."""
    for transport, domain in _SEARCHING.items():
        await phone.add(transport, password="x", user="x", domain=domain, transport=transport)


async def _is_searching(phone: Phone) -> bool:
    states = {a.name: a.registration.state for a in (await phone.status()).accounts}
    return all(states[name] is not RegistrationState.FAILED for name in _SEARCHING)


@pytest.mark.parametrize("trouble", ["silent", "slow"])
async def test_calls_go_on_while_names_are_looked_up(
    new_phone: NewPhone,
    party: Party,
    authority: Authority,
    nameserver: NameServer,
    trouble: str,
) -> None:
    phone = await new_phone()
    call = await _in_a_call(phone, party, authority)
    nameserver.is_silent = trouble == "silent"
    nameserver.delay_s = 30.0
    await _search(phone)
    offers = party.offers
    await phone.client.ask(Hold(call=call))
    await phone.until_state(call, CallState.HELD)
    await party.until_offered(offers + 1)
    await phone.client.ask(HangUp(call=call))
    await party.server.until(lambda message: message.method == "BYE")
    await phone.until_logged(call)
    # In the same time no lookup has ended.
    assert await _is_searching(phone)
    another = await phone.call("bob", account="work")
    await party.invited()
    assert await _is_searching(phone)
    await phone.client.ask(HangUp(call=another))
    await phone.until_logged(another)


async def test_calls_go_on_without_a_name_server(
    new_phone: NewPhone, party: Party, authority: Authority
) -> None:
    phone = await new_phone()
    call = await _in_a_call(phone, party, authority)
    await _search(phone)
    await phone.client.ask(Hold(call=call))
    await phone.until_state(call, CallState.HELD)
    shown = next(c for c in (await phone.status()).calls if c.id == call)
    assert shown.lock.closed
    await phone.client.ask(HangUp(call=call))
    await party.server.until(lambda message: message.method == "BYE")
