"""Far ends by the word of the account's server, and who forwarded a call."""

from __future__ import annotations

import pytest

from tests.support.peers.farend import FarEnd
from tests.support.phone import Phone
from voip.model import CallState, NameFrom, Party
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, HangUp

_BOB = '"Bob" <sip:bob@pbx.test>'


async def test_the_server_names_a_caller_and_who_forwarded(phone: Phone, far: FarEnd) -> None:
    far.headers = (
        'P-Asserted-Identity: "Bob" <sip:+49301234@pbx.test>',
        'Diversion: "Reception" <sip:200@pbx.test>;reason=no-answer',
    )
    await far.calls('"Mallory" <sip:mallory@evil.test>')
    call = await phone.until_call(lambda call: True)
    assert call.remote == Party("sip:+49301234@pbx.test", "Bob", name_from=NameFrom.SERVER)
    assert call.forwarded_by == Party("sip:200@pbx.test", "Reception", name_from=NameFrom.SERVER)
    status, _ = await phone.run("status")
    assert 'forwarded by "Reception" <sip:200@pbx.test>' in status
    far.gives_up()
    assert (await phone.until_logged(call.id)).remote == call.remote


async def test_older_headers_name_a_caller_and_who_forwarded(phone: Phone, far: FarEnd) -> None:
    far.headers = (
        'Remote-Party-ID: "Bob" <sip:bob@pbx.test>;party=calling;privacy=off;screen=yes',
        "History-Info: <sip:200@pbx.test>;index=1, <sip:alice@pbx.test;cause=486>;index=1.1",
    )
    await far.calls('"Mallory" <sip:mallory@evil.test>')
    call = await phone.until_call(lambda call: True)
    assert call.remote == Party("sip:bob@pbx.test", "Bob", name_from=NameFrom.SERVER)
    assert call.forwarded_by is not None
    assert call.forwarded_by.uri == "sip:200@pbx.test"
    status, _ = await phone.run("status")
    assert "forwarded by sip:200@pbx.test" in status
    far.gives_up()
    await phone.until_logged(call.id)


async def test_a_caller_who_wants_privacy_stays_as_claimed(phone: Phone, far: FarEnd) -> None:
    far.headers = ("P-Asserted-Identity: <sip:+49301234@pbx.test>", "Privacy: id")
    await far.calls('"Anonymous" <sip:anonymous@anonymous.invalid>')
    call = await phone.until_call(lambda call: True)
    assert call.remote.uri == "sip:anonymous@anonymous.invalid"
    far.gives_up()
    await phone.until_logged(call.id)


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
async def test_another_far_end_is_named_within_the_call(
    phone: Phone, far: FarEnd, method: str
) -> None:
    await far.calls(_BOB)
    call = (await phone.until_call(lambda call: True)).id
    await phone.client.ask(AnswerCall(call=call))
    await phone.until_state(call, CallState.ACTIVE)
    # Telephone systems send an UPDATE without a session for it (RFC 4916).
    far.headers = ('P-Asserted-Identity: "Carol" <sip:carol@pbx.test>',)
    body = "" if method == "UPDATE" else far.session(None)
    assert (await far.answered(far.offers(body, method), method)).status == 200
    now = await phone.until_call(lambda call: call.connected is not None)
    assert now.connected == Party("sip:carol@pbx.test", "Carol", name_from=NameFrom.SERVER)
    assert now.remote.uri == "sip:bob@pbx.test"
    status, _ = await phone.run("status")
    assert 'now with "Carol" <sip:carol@pbx.test>' in status
    since = len(phone.events)
    far.headers = ("P-Asserted-Identity: <sip:bob@pbx.test>",)
    await far.settled()
    await phone.until_call(lambda call: call.connected is None, since)
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


async def test_who_answers_a_call_in_place_of_the_dialled(phone: Phone, far: FarEnd) -> None:
    call = await phone.call("bob")
    await far.invited()
    far.headers = ('P-Asserted-Identity: "Reception" <sip:200@pbx.test>',)
    far.answers()
    now = await phone.until_call(lambda call: call.connected is not None)
    assert now.connected == Party("sip:200@pbx.test", "Reception", name_from=NameFrom.SERVER)
    await phone.client.ask(HangUp(call=call))
    assert (await phone.until_logged(call)).remote.uri.startswith("sip:bob@")


async def test_a_call_names_its_account_and_no_contact(phone: Phone, far: FarEnd) -> None:
    contacts = phone.folder / "config" / "contacts"
    contacts.mkdir(exist_ok=True)
    card = "BEGIN:VCARD\nVERSION:4.0\nFN:Secret Name\nTEL;VALUE=uri:tel:+34600111222\nEND:VCARD\n"
    (contacts / "all.vcf").write_text(card)
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields={"display_name": "Alice A"}))
    await phone.until_registered("alice", position)
    call = await phone.call("Secret Name")
    await far.invited()
    assert far.offered.uri.startswith("sip:+34600111222@")
    assert far.offered.get("From").startswith('"Alice A" <sip:alice@')
    written = "\n".join(f"{name}: {value}" for name, value in far.offered.headers)
    assert "Secret" not in written + far.offered.body
    await phone.client.ask(HangUp(call=call))
