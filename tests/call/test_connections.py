"""Calls whose connection breaks, or whose answer cannot be acknowledged."""

from __future__ import annotations

import socket
from functools import partial

import pytest

from tests.support.peers.farend import FarEnd
from tests.support.phone import Phone
from voip.model import Call, CallState, Outcome
from voip.protocol.calls import HangUp
from voip.protocol.phone import NoticeEvent

_UNACKNOWLEDGED = "the far end took the call, but nothing could be sent to it any more"
_UNREACHABLE = "the far end answered from an address that this account's connection cannot reach"
_WAITS_S = (30, 60, 85)
"""Seconds of silence on the way to 90, after which the call ends."""
_GONE = "the connection to the server is gone, and nothing comes from the far end any more"


@pytest.mark.parametrize("taken", [False, True])
async def test_an_answer_that_cannot_be_acknowledged_is_no_call(
    phone: Phone, far: FarEnd, taken: bool
) -> None:
    """Contact without a listener, or with one that accepts and stays silent."""
    with socket.socket() as elsewhere:
        elsewhere.bind((far.server.host, 0))
        if taken:
            elsewhere.listen()
        call = await phone.call("bob")
        await far.invited()
        where = f"{far.server.host}:{elsewhere.getsockname()[1]}"
        far.contact = f"<sip:far@{where};transport=tls>"
        far.answers()
        entry = await phone.until_logged(call)
    assert entry.reason in (_UNACKNOWLEDGED, _UNREACHABLE)
    assert CallState.ACTIVE not in {shown.state for shown in phone.locks(call)}
    assert not [shown for shown in phone.locks(call) if shown.lock.closed]


def _is_silent(seconds: float, call: Call) -> bool:
    return (call.quality.silent_s or 0) > seconds


@pytest.mark.waits
async def test_a_call_without_its_connection_says_so_and_ends_in_silence(
    phone: Phone, far: FarEnd
) -> None:
    call = await phone.call("bob")
    await far.invited()
    far.answers()
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(phone.events)
    far.code = 503
    far.drop_connection()
    opened = await phone.until_call(lambda c: c.id == call and not c.lock.closed, position)
    assert opened.lock.why == "the TLS connection to the server has dropped"
    notice = await phone.until(NoticeEvent, lambda e: "has dropped in the call" in e.text)
    assert notice.level == "warning"
    # A lost network looks the same: the call waits for it.
    for silent_s in _WAITS_S:
        await phone.until_call(partial(_is_silent, silent_s), len(phone.events))
    entry = await phone.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.LOST, _GONE)


async def test_a_call_is_ended_over_the_connection_that_took_the_others_place(
    phone: Phone, far: FarEnd
) -> None:
    call = await phone.call("bob")
    await far.invited()
    far.answers()
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(phone.events)
    far.drop_connection()
    await phone.until_call(lambda c: c.id == call and not c.lock.closed, position)
    await phone.until_registered("alice", position)
    assert [shown.state for shown in (await phone.status()).calls] == [CallState.ACTIVE]
    await phone.client.ask(HangUp(call=call))
    await far.server.until(lambda m: m.method == "BYE")
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED


async def test_a_call_that_cannot_be_read_is_told_to_somebody(phone: Phone, far: FarEnd) -> None:
    far.headers = ("Expires: soon",)
    await far.calls('"Bob" <sip:bob@pbx.test>')
    notice = await phone.until(NoticeEvent, lambda e: "could not be read" in e.text)
    assert notice.text.startswith("account alice: ")
    assert (await far.refusal()).status == 400
    assert (await phone.status()).calls == ()
