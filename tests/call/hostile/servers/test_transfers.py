"""Transfers with a hostile far end: its NOTIFY, its REFER, and the way of ours."""

from __future__ import annotations

import pytest

from tests.call.hostile.stage import Stage
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from voip.client.errors import CommandFailed
from voip.model import Call, CallState, Outcome, Transfer, TransferState
from voip.protocol.calls import TransferCall, TransferEvent

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _asked(stage: Stage) -> tuple[FarEnd, str]:
    """A secure call whose far end has accepted a REFER."""
    far, call = await stage.up()
    await stage.phone.client.ask(TransferCall(call=call, target="carol"))
    await far.server.until(lambda m: m.method == "REFER")
    return far, call


async def _reaches(stage: Stage, call: str, state: TransferState) -> Transfer:
    event = await stage.phone.until(
        TransferEvent, lambda e: e.call == call and e.transfer.state is state
    )
    return event.transfer


async def _now(stage: Stage, call: str) -> Call:
    return next(c for c in (await stage.phone.status()).calls if c.id == call)


_WAYS = ("Contact", "Record-Route")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("way", _WAYS)
async def test_a_transfer_is_asked_for_over_the_accounts_connection_alone(
    stage: Stage, way: str, transport: str
) -> None:
    far, call = await stage.up()
    leak = f"<sip:x@{stage.host}:{stage.sinks.open_both()};transport={transport};lr>"
    if way == "Contact":
        far.contact = leak
    else:
        far.headers = (f"Record-Route: {leak}",)
    assert (await far.answered(far.offers(far.session(), "UPDATE"), "UPDATE")).status == 200
    asked = stage.phone.client.ask(TransferCall(call=call, target="carol"))
    if way == "Contact":
        with pytest.raises(CommandFailed, match="transport"):
            await asked
        await _reaches(stage, call, TransferState.FAILED)
    else:
        await asked
        # A route is fixed by the first answer (RFC 3261 section 12.2).
        await far.server.until(lambda m: m.method == "REFER")


async def test_the_target_is_called_with_the_protection_of_the_account(stage: Stage) -> None:
    far, _ = await _asked(stage)
    _, refer = await far.server.until(lambda m: m.method == "REFER")
    assert refer.get("Refer-To") == "<sip:carol@pbx.test;transport=tls>"


_ODD = {
    "empty": "",
    "no status": "INVITE sip:x@evil.test SIP/2.0\r\n\r\n",
    "a status later": "\r\n\r\nSIP/2.0 200 OK\r\n",
    "no number": "SIP/2.0 abc OK\r\n",
    "too small": "SIP/2.0 99 OK\r\n",
    "too large": "SIP/2.0 999 OK\r\n",
    "too long": "SIP/2.0 20000 OK\r\n",
    "another version": "SIP/3.0 200 OK\r\n",
    "many headers": "SIP/2.0 100 Trying\r\n" + "X-Header: abcdefgh\r\n" * 400,
    "a long phrase": f"SIP/2.0 100 {'x' * 6000}\r\n",
    "binary": "\x01\x02\x7f\ufffd" * 50,
    "lines alone": "\r\n" * 500,
}


@pytest.mark.parametrize("kind", list(_ODD))
async def test_an_odd_report_decides_nothing(stage: Stage, kind: str) -> None:
    far, call = await _asked(stage)
    assert (await far.answered(far.notifies(_ODD[kind], False), "NOTIFY")).status == 200
    now = await _now(stage, call)
    assert now.state is CallState.HELD
    assert now.transfer is not None
    assert now.transfer.state is TransferState.TRYING
    far.notifies("SIP/2.0 200 OK\r\n", True)
    assert (await stage.until_logged(call)).outcome is Outcome.TRANSFERRED


async def test_a_report_that_names_another_place_is_not_followed(stage: Stage) -> None:
    far, call = await _asked(stage)
    where = f"{stage.host}:{stage.sinks.open_both()}"
    fragment = f"SIP/2.0 302 Moved\r\nContact: <sip:x@{where};transport=udp>\r\n"
    far.notifies(fragment, True)
    transfer = await _reaches(stage, call, TransferState.FAILED)
    assert transfer.reason == "the server sent the call elsewhere, which is not followed"
    await stage.phone.until_call(
        lambda c: c.id == call and c.transfer == transfer and c.state is CallState.ACTIVE
    )
    assert (await _now(stage, call)).lock.closed


async def test_the_words_of_a_report_are_text(stage: Stage) -> None:
    far, call = await _asked(stage)
    far.notifies("SIP/2.0 499 \x1b[31m\u202eRed\u202c “transferred”\r\n", True)
    transfer = await _reaches(stage, call, TransferState.FAILED)
    assert "\x1b" not in transfer.reason
    assert "\u202e" not in transfer.reason
    assert transfer.reason.startswith("the server says “")
    assert transfer.reason.count("“") == transfer.reason.count("”") == 1


# PJSIP finds the dialog of another call by its tags, and answers.
_OTHERS = {"another call": 200, "another tag": 481, "no call": 489}


@pytest.mark.parametrize("of", list(_OTHERS))
async def test_a_report_of_another_dialog_decides_nothing(stage: Stage, of: str) -> None:
    far, call = await _asked(stage)
    connection, refer = await far.server.until(lambda m: m.method == "REFER")
    sender, to = refer.get("To"), refer.get("From")
    if of == "another tag":
        sender = f"{sender.split(';tag=')[0]};tag=other"
    if of == "no call":
        to = to.split(";tag=")[0]
    dialog = sip.Dialog(
        sender=sender,
        to=to,
        call_id=refer.get("Call-ID") if of == "another tag" else "other@evil.test",
        target=refer.get("Contact").split("<")[1].split(">")[0],
    )
    connection.send(
        sip.within(
            dialog, "NOTIFY", 77, via=far.via, contact=far.contact, body="SIP/2.0 200 OK\r\n",
            extra=(
                "Event: refer", "Subscription-State: terminated;reason=noresource",
                "Content-Type: message/sipfrag",
            ),
        )
    )  # fmt: skip
    assert (await far.answered(77, "NOTIFY")).status == _OTHERS[of]
    now = await _now(stage, call)
    assert now.transfer is not None
    assert now.transfer.state is TransferState.TRYING


async def test_a_report_that_nobody_asked_for_changes_nothing(stage: Stage) -> None:
    far, call = await stage.up()
    answer = await far.answered(far.notifies("SIP/2.0 200 OK\r\n", True), "NOTIFY")
    assert answer.status == 481
    now = await _now(stage, call)
    assert (now.state, now.transfer) == (CallState.ACTIVE, None)
