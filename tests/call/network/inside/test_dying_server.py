"""A server that dies during a call: the voice goes on, and the account elsewhere."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.call.network.inside.ground import DOMAIN
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.kamailio import Kamailio
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, HeldBy
from voip.protection import LockState
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import AnswerCall, HangUp, Hold
from voip.protocol.phone import NoticeEvent

_SOON_S = 20.0
"""Much less than the 32 seconds of SIP's own timeouts, on a busy machine too."""


class _Servers:
    """Two Kamailios of one domain, the first before the second."""

    def __init__(self, first: Kamailio, second: Kamailio, authority: Authority) -> None:
        self.first, self.second = first, second
        self._authority = authority

    async def add(self, phone: Phone, user: str) -> None:
        await phone.add(
            user, password=f"secret-{user}", user=user, domain=DOMAIN, transport="tls",
            ca_file=str(self._authority.file),
        )  # fmt: skip
        await phone.until_registered(user)


@pytest.fixture
async def servers(
    nameserver: NameServer, authority: Authority, place: Path
) -> AsyncIterator[_Servers]:
    leaf = authority.issue("both", dns=[DOMAIN])
    async with Parts() as parts:
        first = await parts.begin(Kamailio(place / "first", leaf))
        second = await parts.begin(Kamailio(place / "second", leaf))
        rows = [
            f"{number} 0 {server.tls_port} host.{DOMAIN}."
            for number, server in enumerate((first, second))
        ]
        nameserver.add(f"host.{DOMAIN}", "A", LOOPBACK)
        nameserver.add(f"_sips._tcp.{DOMAIN}", "SRV", *rows)
        yield _Servers(first, second, authority)


async def _talk(servers: _Servers, alice: Phone, bob: Phone) -> tuple[str, str]:
    """Connect a call between the phones; its number at each."""
    await servers.add(alice, "alice")
    await servers.add(bob, "bob")
    out = await alice.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == out and c.lock.closed)
    await bob.until_call(lambda c: c.id == ringing.id and c.lock.closed)
    return out, ringing.id


async def _dies(servers: _Servers, *phones: Phone) -> None:
    """Stop the first server; wait until the phones are registered with the second."""
    positions = [len(phone.events) for phone in phones]
    began = time.monotonic()
    await servers.first.stop()
    for phone, position in zip(phones, positions, strict=True):
        (account,) = (await phone.status()).accounts
        left = await phone.until(
            AccountEvent, lambda e: e.account.registration.cause is not None, position
        )
        assert left.account.name == account.name
        await phone.until_registered(account.name, position)
    assert time.monotonic() - began < _SOON_S


async def _goes_on(phone: Phone, call: str) -> None:
    """Packets arrive still: a report comes each second, and shows no silence."""
    shown = await phone.until_call(lambda c: c.id == call, len(phone.events))
    assert shown.state is CallState.ACTIVE
    assert shown.quality.silent_s is None
    assert shown.lock.state is LockState.OPEN
    assert "connection" in shown.lock.why


async def test_a_call_lives_on_while_its_server_dies(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, into = await _talk(servers, alice, bob)
    await _dies(servers, alice, bob)
    await _goes_on(alice, out)
    await _goes_on(bob, into)


async def test_a_hold_without_its_server_is_refused_in_plain_words(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, _ = await _talk(servers, alice, bob)
    await _dies(servers, alice, bob)
    began, position = time.monotonic(), len(alice.events)
    await alice.client.ask(Hold(call=out))
    held = await alice.until_call(lambda c: c.id == out and c.state is CallState.HELD, position)
    assert held.held_by is HeldBy.US
    notice = await alice.until(NoticeEvent, lambda e: f"call {out}" in e.text, position)
    assert "the call is on hold here" in notice.text
    assert time.monotonic() - began < _SOON_S


async def test_a_hold_by_a_server_that_has_fallen_silent_is_refused_soon(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, _ = await _talk(servers, alice, bob)
    with servers.first.paused():
        began, position = time.monotonic(), len(alice.events)
        await alice.client.ask(Hold(call=out))
        notice = await alice.until(NoticeEvent, lambda e: f"call {out}" in e.text, position)
        assert "no answer came" in notice.text
        assert time.monotonic() - began < _SOON_S
        await alice.client.ask(HangUp(call=out))
        await alice.until_logged(out)


async def test_a_call_without_its_server_is_hung_up_at_once(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, _ = await _talk(servers, alice, bob)
    await _dies(servers, alice, bob)
    began = time.monotonic()
    await alice.client.ask(HangUp(call=out))
    await alice.until_logged(out)
    assert time.monotonic() - began < _SOON_S
    # The second server carries the next call.
    position = len(bob.events)
    await alice.call(f"bob@{DOMAIN}")
    await bob.until_call(lambda c: c.state is CallState.INCOMING, position)
