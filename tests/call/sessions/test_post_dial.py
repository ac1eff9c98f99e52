"""Tones of a dial string, sent once its call is active."""

from __future__ import annotations

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.pki import Authority
from voip.model import CallState, PostDial
from voip.protocol.calls import AnswerCall, DigitEvent


async def test_dial_string_is_heard_after_the_answer_and_waits_where_it_says(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "200200")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
    call = await alice.call("200 200,,55#;1*")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    assert ringing.remote.uri.startswith("sip:alice@")
    await bob.client.ask(AnswerCall(call=ringing.id))

    def heard() -> str:
        events = [numbered.event for numbered in bob.events]
        return "".join(event.digit for event in events if isinstance(event, DigitEvent))

    await bob.until(DigitEvent, lambda e: len(heard()) >= 3)
    waiting = await alice.until_call(
        lambda c: c.id == call and c.post_dial is not None and c.post_dial.waits
    )
    assert waiting.lock.closed
    assert waiting.post_dial == PostDial(sent=3, total=5, begun=True, waits=True)
    assert heard() == "55#"
    await alice.run("dtmf", call, "--rest")
    await bob.until(DigitEvent, lambda e: len(heard()) >= 5)
    assert heard() == "55#1*"
    (now,) = (await alice.status()).calls
    assert now.post_dial is None
