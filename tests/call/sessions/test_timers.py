"""Session timers (RFC 4028) and confirmed ringing (RFC 3262) of an account."""

from __future__ import annotations

import pytest

from tests.call.sessions.conftest import Up
from tests.support.peers.farend import FarEnd
from tests.support.peers.party import Party
from tests.support.phone import Phone
from voip.causes import CauseKind
from voip.model import CallState, Outcome
from voip.protection import Transport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, HangUp

_BOB = '"Bob" <sip:bob@pbx.test>'
_PACKETS = 50
"""Packets of a far end's voice in a second."""

_udp = pytest.mark.parametrize("party", [Transport.UDP], indirect=True)
_tls = pytest.mark.parametrize("party", [Transport.TLS], indirect=True)


async def _pass(party: Party, seconds: int) -> None:
    """Hear the phone for that long, which is shown to have a voice all the time."""
    for _ in range(0, seconds, 10):
        await party.voice.until_heard(10 * _PACKETS)


async def _edit(phone: Phone, **fields: str | int) -> None:
    if fields == {"prack": "off"}:
        return  # it is so: nothing would change
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields=dict(fields)))
    await phone.until_registered("alice", position)


@pytest.mark.waits
@pytest.mark.timeout(240)
@_tls
async def test_a_call_goes_on_while_the_far_end_renews_it_and_ends_after(
    party_phone: Phone, party: Party, up: Up
) -> None:
    party.headers = ("Require: timer", "Session-Expires: 90;refresher=uas")
    call = await up()
    await _pass(party, 40)
    renewed = ("Supported: timer", "Session-Expires: 90;refresher=uac")
    assert (await party.offer_again(extra=renewed)).status == 200
    # Without it the call would have ended after 60 seconds.
    await _pass(party, 40)
    (shown,) = (await party_phone.status()).calls
    assert (shown.id, shown.state, shown.lock.closed) == (call, CallState.ACTIVE, True)
    ended = await party_phone.until_call(lambda c: c.id == call and c.state is CallState.ENDED)
    assert ended.cause is not None
    assert (ended.outcome, ended.cause.kind) == (Outcome.LOST, CauseKind.NOT_RENEWED)
    assert ended.reason == "the far end did not renew the call in time (session timer)"
    assert await party.until_received("BYE", 1)


@pytest.mark.waits
@pytest.mark.timeout(180)
@_udp
async def test_the_phone_renews_a_call_after_half_of_the_time(
    party_phone: Phone, party: Party, up: Up
) -> None:
    party.headers = ("Require: timer", "Session-Expires: 90;refresher=uac")
    call = await up(session_expires_s=90)
    (invite,) = await party.until_received("INVITE", 1)
    assert invite.get("Session-Expires") == "90"
    await _pass(party, 40)
    assert party.offers == 0
    await party.until_offered(1)
    renewal = (await party.until_received("INVITE", 2))[1]
    assert renewal.get("Session-Expires") == "90;refresher=uac"
    # Beyond the time of which nobody had renewed the call.
    await _pass(party, 50)
    (shown,) = (await party_phone.status()).calls
    assert (shown.id, shown.state) == (call, CallState.ACTIVE)


@pytest.mark.parametrize(
    ("timer", "supports", "requires"),
    [("off", False, False), ("optional", True, False), ("always", True, False),
     ("required", True, True)],
)  # fmt: skip
async def test_an_offer_asks_for_a_session_timer_as_the_account_does(
    party: Party, up: Up, timer: str, supports: bool, requires: bool
) -> None:
    if requires:
        party.headers = ("Require: timer", "Session-Expires: 300;refresher=uac")
    await up(session_timer=timer, session_expires_s=300, session_min_s=120)
    invite = next(m for m in party.received if m.method == "INVITE")
    assert ("timer" in ", ".join(invite.all("Supported"))) is supports
    assert ("timer" in ", ".join(invite.all("Require"))) is requires
    assert invite.all("Session-Expires") == ["300"] * supports
    assert invite.all("Min-SE") == ["120"] * supports


async def test_a_far_end_that_cannot_do_a_required_timer_has_no_call(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, session_timer="required")
    call = await phone.call("bob")
    await far.invited()
    far.answers()
    entry = await phone.until_logged(call)
    assert (entry.outcome, entry.reason) == (
        Outcome.FAILED, "the far end has no session timer, which this account requires"
    )  # fmt: skip


async def test_a_caller_with_too_short_a_session_is_told_the_shortest(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, session_min_s=600)
    far.headers = ("Supported: timer", "Session-Expires: 300")
    await far.calls(_BOB)
    refusal = await far.refusal()
    assert (refusal.status, refusal.get("Min-SE")) == (422, "600")


@pytest.mark.parametrize(
    ("prack", "requires"), [("off", False), ("optional", False), ("required", True)]
)
async def test_an_offer_asks_for_confirmed_ringing_as_the_account_does(
    phone: Phone, far: FarEnd, prack: str, requires: bool
) -> None:
    await _edit(phone, prack=prack)
    call = await phone.call("bob")
    await far.invited()
    assert "100rel" in ", ".join(far.offered.all("Supported") + far.offered.all("Require"))
    assert ("100rel" in ", ".join(far.offered.all("Require"))) is requires
    await phone.client.ask(HangUp(call=call))


@pytest.mark.parametrize("prack", ["off", "optional", "required"])
async def test_ringing_is_confirmed_by_a_caller_that_can_do_it(
    phone: Phone, far: FarEnd, prack: str
) -> None:
    await _edit(phone, prack=prack)
    far.headers = ("Supported: 100rel",)
    await far.calls(_BOB)
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    _, ringing = await far.server.until(lambda m: m.status == 180)
    assert bool(ringing.all("RSeq")) is (prack != "off")
    if prack != "off":
        assert "100rel" in ringing.get("Require")
        number = far.confirms(ringing)
        assert (await far.answered(number, "PRACK")).status == 200
    await phone.client.ask(AnswerCall(call=call.id))
    await phone.until_call(lambda c: c.id == call.id and c.lock.closed)


async def test_a_caller_that_cannot_confirm_is_refused_where_that_is_required(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, prack="required")
    await far.calls(_BOB)
    assert (await far.refusal()).status == 421
