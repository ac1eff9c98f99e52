"""Keys pressed in a call arrive at the far end: each once, in order."""

from __future__ import annotations

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.pki import Authority
from voip.model import CallState
from voip.protocol.calls import AnswerCall, DigitEvent

# Pauses, equal keys in a row, and more than PJMEDIA holds at a time.
KEYS = "1,2,,##AD" + "7777777" + "0123456789*" * 2


async def test_digits_arrive_in_order_with_their_pauses(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
    call = await alice.call("bob")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == call and c.lock.closed)
    await alice.run("dtmf", call, KEYS)
    expected = KEYS.replace(",", "")

    def heard() -> str:
        events = [numbered.event for numbered in bob.events]
        return "".join(event.digit for event in events if isinstance(event, DigitEvent))

    await bob.until(DigitEvent, lambda e: len(heard()) >= len(expected))
    assert heard() == expected
