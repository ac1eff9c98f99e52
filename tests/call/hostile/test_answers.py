"""A far end's answers to the phone's offer, early or late, and its offers."""

from __future__ import annotations

import pytest

from tests.call.hostile import sessions
from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import Stage
from tests.support.peers.farend import FarEnd
from voip.model import CallState, Outcome
from voip.protocol.calls import AcceptTransfer, CallStarted, HangUp, Hold, RefuseTransfer

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("code", [183, 200])
@pytest.mark.parametrize("kind", list(sessions.ANSWERS))
async def test_an_answer_without_encryption_ends_the_call(
    stage: Stage, kind: str, code: int
) -> None:
    await _ended(stage, sessions.ANSWERS[kind], code, "sdes")


@pytest.mark.parametrize("code", [183, 200])
@pytest.mark.parametrize("kind", list(sessions.DTLS_LATER))
async def test_an_answer_without_dtls_ends_the_call(stage: Stage, kind: str, code: int) -> None:
    await _ended(stage, sessions.DTLS_LATER[kind], code, "dtls")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("kind", list(sessions.SDES_LATER))
async def test_a_later_offer_without_encryption_is_refused_and_the_call_stays_as_it_is(
    stage: Stage, kind: str, method: str
) -> None:
    far, call = await stage.up()
    await _offered_in_vain(stage, far, sessions.SDES_LATER[kind], method)
    await stage.phone.client.ask(HangUp(call=call))
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.ANSWERED, "")


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("kind", list(sessions.PLAIN))
async def test_nor_is_it_taken_while_the_call_is_held(stage: Stage, kind: str, method: str) -> None:
    far, call = await stage.up()
    far.holds(True)
    await stage.phone.until_state(call, CallState.REMOTE_HELD)
    await _offered_in_vain(stage, far, sessions.PLAIN[kind], method, CallState.REMOTE_HELD)
    position = len(stage.phone.events)
    far.holds(False)
    await stage.phone.until_call(
        lambda c: c.id == call and c.state is CallState.ACTIVE and c.lock.closed, position
    )
    await far.settled()
    await stage.phone.client.ask(Hold(call=call, wait=True))
    await stage.phone.until_state(call, CallState.HELD)
    await _offered_in_vain(stage, far, sessions.PLAIN[kind], method, CallState.HELD)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("kind", list(sessions.NOWHERE))
async def test_a_later_offer_without_an_address_is_refused(
    stage: Stage, kind: str, method: str
) -> None:
    far, _ = await stage.up()
    await _offered_in_vain(stage, far, sessions.NOWHERE[kind], method)


@pytest.mark.parametrize("code", [183, 200])
@pytest.mark.parametrize("kind", [*sessions.NOWHERE, *sessions.UNUSED])
async def test_an_answer_without_an_address_ends_the_call(
    stage: Stage, kind: str, code: int
) -> None:
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    answer = (sessions.NOWHERE | sessions.UNUSED)[kind]
    far.answers(answer.text(stage.host, stage.sinks.open_udp()), code)
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.reason) in (
        (Outcome.FAILED, "the far end answered with something unusable"),
        (Outcome.REFUSED, "refused: the far end offered no encryption"),
        (Outcome.REFUSED, "refused: the far end offered no encryption that this account accepts"),
    )


_TRANSFERS = {
    "by UDP": ("<sip:x@{where};transport=udp>",),
    "by TCP": ("<sip:x@{where};transport=tcp>",),
    "by TLS": ("<sip:x@{where};transport=tls>",),
    "with headers": ("<sip:x@{where}?Route=%3Csip:{where};lr%3E&Subject=x>",),
    "in place of a call": ("<sip:x@{where}?Replaces=1%40x%3Bto-tag%3D1%3Bfrom-tag%3D2>",),
    "without a report": ("<sip:x@{where}>", "Refer-Sub: false"),
    "on behalf of somebody": ("<sip:x@{where}>", "Referred-By: <sip:boss@pbx.test>"),
    "as something else": ("<tel:112>",),
}


@pytest.mark.parametrize("kind", list(_TRANSFERS))
async def test_nor_after_a_transfer_which_is_refused(stage: Stage, kind: str) -> None:
    far, call = await stage.up()
    await _asked(stage, far, call, kind)
    await stage.phone.client.ask(RefuseTransfer(call=call))
    await _offered_in_vain(stage, far, sessions.PLAIN["plain"], "INVITE")


@pytest.mark.parametrize("kind", list(_TRANSFERS))
async def test_an_accepted_transfer_goes_through_the_accounts_server(
    stage: Stage, kind: str
) -> None:
    far, call = await stage.up()
    await _asked(stage, far, call, kind)
    new = await stage.phone.client.get(AcceptTransfer(call=call), CallStarted)
    await far.invited()
    assert far.offered.uri.endswith(";transport=tls")
    assert not [
        far.offered.all(name) for name in ("Subject", "Referred-By") if far.offered.all(name)
    ]
    assert bool(far.offered.all("Replaces")) == (kind == "in place of a call")
    far.answers(sessions.PLAIN["plain"].text(stage.host, stage.sinks.open_udp()))
    entry = await stage.until_logged(new.call)
    assert entry.outcome is Outcome.REFUSED


async def _asked(stage: Stage, far: FarEnd, call: str, kind: str) -> None:
    """A far end asks, and before the user's answer nobody is called."""
    where = f"{stage.host}:{stage.sinks.open_both()}"
    target, *extra = (part.format(where=where) for part in _TRANSFERS[kind])
    answer = await far.answered(far.transfers(target, *extra), "REFER")
    assert answer.status == 202
    await stage.phone.until_call(lambda c: c.id == call and c.asked is not None)
    await far.settled()
    invites = [m for c in far.server.connections for m in c.messages if m.method == "INVITE"]
    assert len(invites) == 1


async def _offered_in_vain(
    stage: Stage, far: FarEnd, offer: Session, method: str, state: CallState = CallState.ACTIVE
) -> None:
    body = offer.text(stage.host, stage.sinks.open_udp())
    answer = await far.answered(far.offers(body, method), method)
    assert answer.status in (415, 488)
    (shown,) = (await stage.phone.status()).calls
    assert shown.state is state
    assert shown.lock.closed, shown.lock.why


async def _ended(stage: Stage, answer: Session, code: int, keying: str) -> None:
    far = await stage.far_end(media_keying=keying)
    call = await stage.call()
    await far.invited()
    far.answers(answer.text(stage.host, stage.sinks.open_udp()), code)
    entry = await stage.until_logged(call)
    assert entry.outcome is Outcome.REFUSED
    assert entry.reason == f"refused: {sessions.description(answer, 'far end', answers=True)}"
    assert CallState.ACTIVE not in {c.state for c in stage.phone.locks(call)}
