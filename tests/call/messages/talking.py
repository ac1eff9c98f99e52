"""Calls of two phones that can write in them, through a real Kamailio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protocol.calls import AnswerCall
from voip.protocol.people import GetRealtimeText, RealtimeText, RealtimeTextEvent

AddAccount = Callable[[Phone, str, bool], Awaitable[None]]
"""Adds the account of a user to a phone; the flag says if it offers text."""


class Talk:
    """A call of two phones that offer text; `ids` are its numbers at each."""

    def __init__(self, alice: Phone, bob: Phone, ids: tuple[str, str]) -> None:
        self.alice, self.bob = alice, bob
        self.a, self.b = ids

    async def lines(self, phone: Phone) -> tuple[tuple[bool, str, bool], ...]:
        """Lines that a phone has: if they are its own, their text, and if they have ended."""
        call = self.a if phone is self.alice else self.b
        shown = await phone.client.get(GetRealtimeText(call=call), RealtimeText)
        return tuple((line.ours, line.text, line.ended) for line in shown.lines)


async def talking(
    new_phone: NewPhone, add: AddAccount, texts: tuple[bool, bool] = (True, True)
) -> Talk:
    """Have alice call bob; `texts` tell which of them offers text."""
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user, has_text in ((alice, "alice", texts[0]), (bob, "bob", texts[1])):
        await add(phone, user, has_text)
        await phone.until_registered(user)
    here = await alice.call(f"bob@{DOMAIN}")
    there = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=there.id))
    await alice.until_state(here, CallState.ACTIVE)
    await bob.until_state(there.id, CallState.ACTIVE)
    return Talk(alice, bob, (here, there.id))


def secure(server: Kamailio, authority: Authority, **fields: str | bool) -> AddAccount:
    """Adds a TLS account with further fields to a phone."""

    async def add(phone: Phone, user: str, has_text: bool) -> None:
        await phone.add_secure(
            user, LOOPBACK, server.tls_port, authority.file, realtime_text=has_text, **fields
        )

    return add


def unsafe(server: Kamailio) -> AddAccount:
    """Adds a UDP account to a phone."""

    async def add(phone: Phone, user: str, has_text: bool) -> None:
        await phone.add_open(user, LOOPBACK, server.port, realtime_text=has_text)

    return add


async def typed(phone: Phone, end: str) -> str:
    """Text that the far end has typed, once it ends like this."""
    came = ""

    def is_whole(event: RealtimeTextEvent) -> bool:
        nonlocal came
        if event.ours:
            return False
        events = [e.event for e in phone.events if isinstance(e.event, RealtimeTextEvent)]
        came = "".join(one.text for one in events if not one.ours)
        return came.endswith(end)

    await phone.until(RealtimeTextEvent, is_whole)
    return came
