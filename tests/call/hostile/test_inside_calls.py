"""In-call redirections: Contact, Record-Route, Via."""

from __future__ import annotations

import contextlib

import pytest

from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import Connection, registrar
from voip.client.errors import CommandFailed
from voip.model import CallState, Outcome
from voip.protocol.accounts import RemoveAccount
from voip.protocol.calls import AnswerCall, DeclineCall, DigitsEvent, HangUp, SendDigits

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OPEN = ("udp", "tcp")
_UNREACHABLE = "the far end answered from an address that this account's connection cannot reach"

_WAYS = {
    "contact": "Contact",
    "contact by name": "Contact",
    "record-route": "Record-Route",
    "record-route by name": "Record-Route",
    "route": "Route",
    "path": "Path",
    "service-route": "Service-Route",
}


def _points(stage: Stage, far: FarEnd, way: str, transport: str) -> None:
    """Make the far end name an address in the clear from now on."""
    host = "evil.hostile.test" if "name" in way else stage.host
    leak = f"<sip:x@{host}:{stage.sinks.open_both()};transport={transport};lr>"
    if _WAYS[way] == "Contact":
        far.contact = leak
    else:
        far.headers = (f"{_WAYS[way]}: {leak}",)


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", list(_WAYS))
async def test_an_early_answer_moves_no_request(stage: Stage, way: str, transport: str) -> None:
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    _points(stage, far, way, transport)
    # Ask for PRACK (RFC 3262), which is a request of its own.
    far.headers += ("Require: 100rel", "RSeq: 1")
    far.rings()
    await stage.phone.until_state(call, CallState.RINGING)
    await stage.phone.client.ask(HangUp(call=call))
    assert (await stage.until_logged(call)).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", ["contact", "record-route"])
async def test_an_answer_that_points_to_an_open_transport_ends_the_call(
    stage: Stage, way: str, transport: str
) -> None:
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    _points(stage, far, way, transport)
    far.answers()
    assert (await stage.until_logged(call)).reason == _UNREACHABLE


_NO_PLACES = ("<tel:+15550100>", "<mailto:x@y>")


@pytest.mark.parametrize("contact", _NO_PLACES)
async def test_an_answer_from_no_place_ends_in_its_own_time(stage: Stage, contact: str) -> None:
    """Neither ACK nor BYE can be sent to it; the other calls go on."""
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    far.contact = contact
    far.answers()
    assert (await stage.until_logged(call)).reason == _UNREACHABLE


@pytest.mark.parametrize("contact", [*_NO_PLACES, "<sip:x@nowhere.invalid;transport=tls>"])
async def test_a_call_that_moves_to_no_place_can_be_ended(stage: Stage, contact: str) -> None:
    far, call = await stage.up()
    far.contact = contact
    await far.answered(far.offers(far.session()))
    await stage.phone.client.ask(HangUp(call=call))
    await stage.until_logged(call)


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", list(_WAYS))
@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_a_later_request_moves_no_request(
    stage: Stage, method: str, way: str, transport: str
) -> None:
    far, call = await stage.up()
    _points(stage, far, way, transport)
    answer = await far.answered(far.offers(far.session(), method), method)
    assert answer.status == 200
    await stage.phone.client.ask(HangUp(call=call))
    assert (await stage.until_logged(call)).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", list(_WAYS))
async def test_a_digit_in_an_info_request_is_not_sent_elsewhere(
    stage: Stage, way: str, transport: str
) -> None:
    far, call = await stage.up(dtmf="info")
    _points(stage, far, way, transport)
    answer = await far.answered(far.offers(far.session()))
    assert answer.status == 200
    with contextlib.suppress(CommandFailed):
        await stage.phone.client.ask(SendDigits(call=call, digits="1"))
        await stage.phone.until(DigitsEvent, lambda e: e.call == call)
    await stage.phone.client.ask(HangUp(call=call))
    await stage.until_logged(call)


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", list(_WAYS))
async def test_a_caller_that_is_elsewhere_gets_nothing_there(
    stage: Stage, way: str, transport: str
) -> None:
    stage.lock_may_close = True
    far = await stage.far_end()
    _points(stage, far, way, transport)
    await far.calls(MALLORY)
    call = await stage.answer()
    # A call that is ended before it is up is declined.
    await stage.phone.until_state(call, CallState.ACTIVE)
    await stage.phone.client.ask(HangUp(call=call))
    assert (await stage.until_logged(call)).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("ending", ["answered", "declined", "given up"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_an_answer_goes_where_the_request_came_from(
    stage: Stage, transport: str, ending: str
) -> None:
    stage.lock_may_close = ending == "answered"
    far = await stage.far_end()
    where = f"{stage.host}:{stage.sinks.open_both()}"
    far.via = f"SIP/2.0/{transport.upper()} {where};received={stage.host};maddr={stage.host}"
    await far.calls(MALLORY)
    call = await stage.rung()
    if ending == "answered":
        await stage.phone.client.ask(AnswerCall(call=call))
        await stage.phone.until_state(call, CallState.ACTIVE)
    elif ending == "declined":
        await stage.phone.client.ask(DeclineCall(call=call))
        await stage.until_logged(call)
    else:
        far.gives_up()
        await stage.until_logged(call)
    await far.server.until(lambda m: m.status >= 200 and m.get("CSeq").endswith("INVITE"))


@pytest.mark.parametrize("ending", ["answered", "declined"])
@pytest.mark.parametrize("transport", _OPEN)
async def test_an_answer_is_not_sent_elsewhere_when_its_connection_is_gone(
    stage: Stage, transport: str, ending: str
) -> None:
    far = await stage.far_end()
    where = f"{stage.host}:{stage.sinks.open_both()}"
    far.via = f"SIP/2.0/{transport.upper()} {where}"
    await far.calls(MALLORY)
    call = await stage.rung()
    # Without it the call could be over before it can be answered or declined.
    await far.server.until(lambda m: m.status == 180)
    position = len(stage.phone.events)
    far.code = 503
    far.drop_connection()
    await stage.phone.until_failed(stage.account, position)
    if ending == "declined":
        await stage.phone.client.ask(DeclineCall(call=call))
        await stage.until_logged(call)
        return
    gone = "the connection that the call came by is gone, so it cannot be answered"
    with pytest.raises(CommandFailed, match=gone):
        await stage.phone.client.ask(AnswerCall(call=call))
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.FAILED, gone)


@pytest.mark.parametrize("transport", _OPEN)
@pytest.mark.parametrize("way", ["Contact", "Record-Route"])
async def test_a_subscription_does_not_end_elsewhere(
    stage: Stage, way: str, transport: str
) -> None:
    leak = f"<sip:mail@{stage.host}:{stage.sinks.open_both()};transport={transport};lr>"

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "SUBSCRIBE":
            own = f"<sip:mail@{stage.host}:{stage.servers[-1].port};transport=tls;lr>"
            contact, *extra = (leak,) if way == "Contact" else (own, f"Record-Route: {leak}")
            extra.append("Expires: 600")
            connection.send(sip.response(message, 200, contact=contact, extra=tuple(extra)))

    server = await stage.registered(behave)
    await server.until(lambda m: m.method == "SUBSCRIBE")
    await stage.phone.client.ask(RemoveAccount(name=stage.account))
    await server.until(lambda m: m.method == "REGISTER" and "0" in m.all("Expires"))
