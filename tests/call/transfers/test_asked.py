"""Transfers that a far end asks for: the user answers, and the far end learns it."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.phone import Phone
from voip.model import CallState, Outcome, Party
from voip.protocol.calls import AnswerCall, HangUp

_CAROL = '"Carol" <sip:carol@pbx.test>'


async def _asked(phone: Phone, far: FarEnd, refer_to: str, *headers: str) -> str:
    """A call whose far end has asked."""
    await far.calls('"Bob" <sip:bob@pbx.test>')
    call = (await phone.until_call(lambda call: True)).id
    await phone.client.ask(AnswerCall(call=call))
    await phone.until_state(call, CallState.ACTIVE)
    answer = await far.answered(far.transfers(refer_to, *headers), "REFER")
    assert answer.status == 202
    return call


def _reports(far: FarEnd) -> list[sip.Message]:
    sent = [m for connection in far.server.connections for m in connection.messages]
    return [m for m in sent if m.method == "NOTIFY" and m.get("Event").startswith("refer")]


async def _last_report(far: FarEnd) -> str:
    _, last = await far.server.until(
        lambda m: m.method == "NOTIFY" and m.get("Subscription-State").startswith("terminated")
    )
    return last.body.strip()


async def test_an_accepted_transfer_is_called_and_reported(phone: Phone, far: FarEnd) -> None:
    call = await _asked(phone, far, _CAROL)
    asked = await phone.until_call(lambda shown: shown.asked is not None)
    assert asked.asked is not None
    assert (asked.asked.uri, asked.asked.name) == ("sip:carol@pbx.test", "Carol")
    assert asked.asked.claimed
    out, _ = await phone.run("accept-transfer", call)
    new = out.strip()
    await phone.until_state(call, CallState.HELD)
    await far.invited()
    assert far.offered.uri == "sip:carol@pbx.test;transport=tls"
    far.answers()
    await phone.until_state(new, CallState.ACTIVE)
    assert (await _last_report(far)).startswith("SIP/2.0 200")
    await phone.client.ask(HangUp(call=new))
    await phone.until_logged(new)


async def test_a_refused_one_is_reported_and_the_call_goes_on(phone: Phone, far: FarEnd) -> None:
    call = await _asked(phone, far, _CAROL)
    await phone.until_call(lambda shown: shown.asked is not None)
    since = len(phone.events)
    await phone.run("refuse-transfer", call)
    assert (await _last_report(far)).startswith("SIP/2.0 603")
    shown = await phone.until_call(lambda shown: shown.asked is None, since)
    assert shown.state is CallState.ACTIVE
    # The next question is a new one.
    answer = await far.answered(far.transfers(_CAROL), "REFER")
    assert answer.status == 202
    await phone.until_call(lambda shown: shown.asked is not None, since)


async def test_a_target_that_does_not_answer_brings_the_user_back(
    phone: Phone, far: FarEnd
) -> None:
    call = await _asked(phone, far, _CAROL)
    await phone.until_call(lambda shown: shown.asked is not None)
    new = (await phone.run("accept-transfer", call))[0].strip()
    await far.invited()
    since = len(phone.events)
    far.refuses(486, "Busy Here")
    assert (await phone.until_logged(new)).outcome is Outcome.BUSY
    assert (await _last_report(far)).startswith("SIP/2.0 486")
    await phone.until_call(lambda c: c.id == call and c.state is CallState.ACTIVE, since)


async def test_a_call_to_take_over_is_named_to_the_target(phone: Phone, far: FarEnd) -> None:
    replaces = "abc%40pbx.test%3Bto-tag%3D1%3Bfrom-tag%3D2"
    call = await _asked(phone, far, f"<sip:carol@pbx.test?Replaces={replaces}&Subject=x>")
    await phone.until_call(lambda shown: shown.asked is not None)
    await phone.run("accept-transfer", call)
    await far.invited()
    assert far.offered.all("Replaces") == ["abc@pbx.test;to-tag=1;from-tag=2"]
    assert far.offered.all("Require") == ["replaces"]
    assert far.offered.all("Subject") == []


@pytest.mark.parametrize(
    "refer_to",
    [
        "<http://pbx.test/>",
        "<sip:anonymous@anonymous.invalid>",
        "<sip:carol@pbx.test?Replaces=odd>",
    ],
)
async def test_what_cannot_be_called_is_refused_without_a_question(
    phone: Phone, far: FarEnd, refer_to: str
) -> None:
    call = await _asked(phone, far, refer_to)
    assert (await _last_report(far)).startswith("SIP/2.0 603")
    assert all(shown.asked is None for shown in phone.locks(call))


async def test_a_second_question_waits_for_the_first(phone: Phone, far: FarEnd) -> None:
    await _asked(phone, far, _CAROL)
    answer = await far.answered(far.transfers("<sip:dave@pbx.test>"), "REFER")
    assert answer.status == 491
    assert {report.body.strip() for report in _reports(far)} == {"SIP/2.0 100 Trying"}


async def test_a_far_end_that_wants_no_reports_gets_none(phone: Phone, far: FarEnd) -> None:
    call = await _asked(phone, far, _CAROL, "Refer-Sub: false")
    await phone.until_call(lambda shown: shown.asked is not None)
    new = (await phone.run("accept-transfer", call))[0].strip()
    await far.invited()
    far.answers()
    await phone.until_state(new, CallState.ACTIVE)
    await far.settled()
    assert _reports(far) == []


async def test_a_far_end_that_has_left_says_whom_to_call(phone: Phone, far: FarEnd) -> None:
    call = await _asked(phone, far, _CAROL)
    await phone.until_call(lambda shown: shown.asked is not None)
    far.hangs_up()
    entry = await phone.until_logged(call)
    assert entry.remote == Party("sip:bob@pbx.test", "Bob", name_from=entry.remote.name_from)
    _, error = await phone.run("accept-transfer", call, status=1)
    assert f"there is no call {call}" in error


async def test_of_two_clients_one_has_them_called(phone: Phone, far: FarEnd) -> None:
    call = await _asked(phone, far, _CAROL)
    await phone.until_call(lambda shown: shown.asked is not None)
    both = [phone.run("accept-transfer", call, status=None) for _ in range(2)]
    answers = await asyncio.gather(*both)
    assert sorted(bool(out) for out, _ in answers) == [False, True]
    await far.invited()
    await far.settled()
    sent = [m for c in far.server.connections for m in c.messages if m.method == "INVITE"]
    assert len([m for m in sent if "tag=" not in m.get("To")]) == 1
