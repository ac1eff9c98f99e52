"""Lamps of contacts by a real Kamailio, beside real calls."""

from __future__ import annotations

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.lamps import Lamp, LampState
from voip.model import CallState
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.people import ContactsPage, GetContacts, LampEvent, LookedUp, LookUp

CARD = f"BEGIN:VCARD\nVERSION:4.0\nFN:Bob\nIMPP:sip:bob@{DOMAIN}\nEND:VCARD\n"


def write_contacts(phone: Phone, cards: str) -> None:
    folder = phone.folder / "config" / "contacts"
    folder.mkdir(parents=True)
    (folder / "people.vcf").write_text(cards)


async def shows(phone: Phone, state: LampState, position: int = 0) -> None:
    await phone.until(LampEvent, lambda e: e.lamp.state is state, position)


@pytest.mark.parametrize("transport", ["tls", "udp", "tcp"])
async def test_a_colleague_rings_talks_and_is_free(
    server: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    alice, bob, carol = await new_phone("a"), await new_phone("b"), await new_phone("c")
    write_contacts(alice, CARD)
    if transport == "tls":
        await alice.add_secure("alice", LOOPBACK, server.tls_port, authority.file, lamps="dialog")
    else:
        await alice.add_open("alice", LOOPBACK, server.port, transport, lamps="dialog")
    await bob.add_secure("bob", LOOPBACK, server.tls_port, authority.file)
    await carol.add_secure("carol", LOOPBACK, server.tls_port, authority.file)
    for phone, name in ((alice, "alice"), (bob, "bob"), (carol, "carol")):
        await phone.until_registered(name)
    await shows(alice, LampState.FREE)

    out = await carol.call(f"bob@{DOMAIN}")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await shows(alice, LampState.RINGING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await shows(alice, LampState.BUSY)
    busy = Lamp("alice", f"bob@{DOMAIN}", LampState.BUSY)
    page = await alice.client.get(GetContacts(), ContactsPage)
    assert [number.lamps for number in page.contacts[0].numbers] == [(busy,)]
    found = await alice.client.get(LookUp(text="Bob"), LookedUp)
    assert found.lamp == busy
    assert (await alice.status()).lamps == (busy,)
    assert "alice: busy" in (await alice.run("people"))[0]
    position = len(alice.events)
    await carol.client.ask(HangUp(call=out))
    await shows(alice, LampState.FREE, position)

    position = len(alice.events)
    await alice.client.ask(EditAccount(name="alice", fields={"enabled": False}))
    await shows(alice, LampState.UNKNOWN, position)
    assert (await alice.status()).lamps == ()
