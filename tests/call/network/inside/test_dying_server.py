"""A server that dies during a call: the voice goes on, and the account elsewhere."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.call.network.inside.ground import DOMAIN, PREFIX, tell
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.kamailio import Kamailio
from tests.support.peers.nameserver import NameServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, HeldBy
from voip.protection import LockState, Transport
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import AnswerCall, HangUp, Hold
from voip.protocol.phone import NoticeEvent, SipMessageEvent, Subscribe

_SOON_S = 20.0
"""Much less than the 32 seconds of SIP's own timeouts, on a busy machine too."""
_UNNOTICED_S = 40.0
"""Over UDP a closed port is noticed within 20 seconds, on a quiet machine."""
_OPTIONS = re.compile(r"CSeq: \d+ OPTIONS")

pytestmark = pytest.mark.timeout(200)


class _Servers:
    """Two Kamailios of one domain, the first before the second."""

    def __init__(
        self, first: Kamailio, second: Kamailio, transport: Transport, authority: Authority
    ) -> None:
        self.first, self.second, self.transport = first, second, transport
        self._authority = authority

    @property
    def is_secure(self) -> bool:
        return self.transport is Transport.TLS

    async def add(self, phone: Phone, user: str) -> None:
        trust = {"ca_file": str(self._authority.file)} if self.is_secure else {}
        await phone.add(
            user, password=f"secret-{user}", user=user, domain=DOMAIN,
            transport=self.transport.value, **trust,
        )  # fmt: skip
        await phone.until_registered(user)


@pytest.fixture(params=list(Transport), ids=str)
async def servers(
    request: pytest.FixtureRequest, nameserver: NameServer, authority: Authority, place: Path
) -> AsyncIterator[_Servers]:
    transport: Transport = request.param
    leaf = authority.issue("both", dns=[DOMAIN])
    async with Parts() as parts:
        first = await parts.begin(Kamailio(place / "first", leaf))
        second = await parts.begin(Kamailio(place / "second", leaf))
        secure = transport is Transport.TLS
        rows = [
            f"{number} 0 {server.tls_port if secure else server.port} host.{DOMAIN}."
            for number, server in enumerate((first, second))
        ]
        nameserver.add(f"host.{DOMAIN}", "A", LOOPBACK)
        nameserver.add(f"{PREFIX[transport]}.{DOMAIN}", "SRV", *rows)
        yield _Servers(first, second, transport, authority)


async def _talk(servers: _Servers, alice: Phone, bob: Phone) -> tuple[str, str]:
    """Connect a call between the phones; its number at each."""
    await servers.add(alice, "alice")
    await servers.add(bob, "bob")
    out = await alice.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    for phone, number in ((alice, out), (bob, ringing.id)):
        await phone.until_state(number, CallState.ACTIVE)
        if servers.is_secure:
            await _closed(phone, number)
    return out, ringing.id


async def _closed(phone: Phone, call: str) -> None:
    await phone.until_call(lambda c: c.id == call and c.lock.closed)


async def _answers_questions(phone: Phone) -> None:
    """Wait until the server has answered a question whether it is there, over UDP."""
    await phone.client.ask(Subscribe(sip=True))
    await phone.until(
        SipMessageEvent,
        lambda e: not e.sent and any(_OPTIONS.match(line) for line in e.lines),
        patience_s=_UNNOTICED_S,
    )
    await phone.client.ask(Subscribe())


async def _dies(servers: _Servers, *phones: Phone) -> None:
    """Stop the first server; wait until the phones are registered with the second."""
    positions = [len(phone.events) for phone in phones]
    began = time.monotonic()
    await servers.first.stop()
    for phone, position in zip(phones, positions, strict=True):
        (account,) = (await phone.status()).accounts
        left = await phone.until(
            AccountEvent,
            lambda e: e.account.registration.cause is not None,
            position,
            patience_s=_UNNOTICED_S,
        )
        assert left.account.name == account.name
        await phone.until_registered(account.name, position)
    tell("REGISTER", "dies in a call", servers.transport, began)


async def _goes_on(servers: _Servers, phone: Phone, call: str) -> None:
    """Packets arrive still: a report comes each second, and shows no silence."""
    shown = await phone.until_call(lambda c: c.id == call, len(phone.events))
    assert shown.state is CallState.ACTIVE
    assert shown.quality.silent_s is None
    assert shown.lock.state is LockState.OPEN
    if servers.is_secure:
        assert "connection" in shown.lock.why


async def test_a_call_lives_on_while_its_server_dies(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, into = await _talk(servers, alice, bob)
    if servers.transport is Transport.UDP:
        # Without a connection, only a server that has answered is missed.
        await asyncio.gather(*map(_answers_questions, (alice, bob)))
    await _dies(servers, alice, bob)
    await _goes_on(servers, alice, out)
    await _goes_on(servers, bob, into)
    await alice.client.ask(HangUp(call=out))
    await alice.until_logged(out)
    # The second server carries the next call.
    position = len(bob.events)
    await alice.call(f"bob@{DOMAIN}")
    await bob.until_call(lambda c: c.state is CallState.INCOMING, position)


async def test_a_hold_without_its_server_is_refused_in_plain_words(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, _ = await _talk(servers, alice, bob)
    await servers.first.stop()
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


async def test_a_call_without_its_server_is_hung_up_at_once_and_the_next_goes_on(
    servers: _Servers, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    out, _ = await _talk(servers, alice, bob)
    await servers.first.stop()
    began = time.monotonic()
    await alice.client.ask(HangUp(call=out))
    await alice.until_logged(out)
    assert time.monotonic() - began < _SOON_S
    began = time.monotonic()
    # The second server knows nobody of this name, and says so.
    entry = await alice.until_logged(await alice.call(f"nobody@{DOMAIN}"))
    tell("INVITE", "dies in a call", servers.transport, began)
    assert entry.code == 404
