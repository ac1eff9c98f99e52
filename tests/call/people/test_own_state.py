"""The user's own state at a real Kamailio, as a colleague's phone sees it."""

from __future__ import annotations

import pytest

from tests.call.people.test_kamailio import CARD, shows, write_contacts
from tests.conftest import NewPhone
from tests.support.network.capture import IN_THE_CLEAR, Capture, ports_of
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.lamps import LampState
from voip.model import CallState, Publication
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.settings import ChangeSettings


async def published(phone: Phone, state: LampState, since: int = 0) -> None:
    """Wait until the server has a state of Bob."""
    wanted = Publication(state)
    await phone.until(AccountEvent, lambda e: e.account.publication == wanted, since)


@pytest.mark.parametrize("transport", ["tls", "tcp", "udp"])
async def test_a_colleague_sees_free_busy_do_not_disturb_and_gone(
    server: Kamailio,
    new_phone: NewPhone,
    authority: Authority,
    capture: Capture,
    transport: str,
) -> None:
    alice, bob, carol = await new_phone("a"), await new_phone("b"), await new_phone("c")
    write_contacts(alice, CARD)
    if transport == "tls":
        await bob.add_secure("bob", LOOPBACK, server.tls_port, authority.file, publish_state=True)
    else:
        await bob.add_open("bob", LOOPBACK, server.port, transport, publish_state=True)
    await published(bob, LampState.FREE)
    await alice.add_secure("alice", LOOPBACK, server.tls_port, authority.file, lamps="presence")
    await shows(alice, LampState.FREE)
    await carol.add_secure("carol", LOOPBACK, server.tls_port, authority.file)
    await carol.until_registered("carol")

    out = await carol.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await shows(alice, LampState.BUSY)
    assert "others see you as busy" in (await bob.run("status"))[0]
    position = len(alice.events)
    await carol.client.ask(HangUp(call=out))
    await shows(alice, LampState.FREE, position)
    await bob.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))
    await shows(alice, LampState.DND, position)

    capture.ports |= ports_of(bob.worker_pids())
    await bob.stop()
    await shows(alice, LampState.OFFLINE, position)
    await capture.stop()
    in_the_clear = await capture.shown(IN_THE_CLEAR)
    assert (in_the_clear == []) is (transport == "tls")
