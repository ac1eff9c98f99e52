"""The words of a text are in no log and no trace, delivered or not."""

from __future__ import annotations

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from voip.protocol.people import MessageEvent, SendMessage
from voip.protocol.phone import SipMessageEvent, Subscribe
from voip.texts import TextMessage, TextState

_WORDS = "xylophone quartz"


async def test_no_words_in_logs_and_traces(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
        await phone.client.ask(Subscribe(sip=True))
    states = []
    for target in (f"bob@{DOMAIN}", f"nobody@{DOMAIN}"):
        sent = await alice.client.get(SendMessage(target=target, text=_WORDS), TextMessage)
        states.append(sent.state)
    assert states == [TextState.DELIVERED, TextState.FAILED]
    await bob.until(MessageEvent, lambda e: e.message.text == _WORDS)
    for phone in (alice, bob):
        trace = await phone.until(SipMessageEvent, lambda e: e.lines[0].startswith("MESSAGE "))
        assert trace.sent is (phone is alice)
        assert trace.lines[-1] == "[masked]"
        told = [e.event for e in phone.events if not isinstance(e.event, MessageEvent)]
        assert "xylophone" not in repr(told)
        assert "xylophone" not in phone.log
