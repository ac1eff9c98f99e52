"""Calls that ask to take the place of another (RFC 3891), by hostile callers."""

from __future__ import annotations

import pytest

from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import HostileServer
from voip.model import Call, CallState, NameFrom, Outcome
from voip.protocol.calls import CallEvent, HangUp, Hold, Mute, Play, Record

pytestmark = pytest.mark.asyncio(loop_scope="session")

_GONE = "it asked to take the place of a call that is not there"
_WENT_ON = "it asked to take the place of another call, which went on"


def _of(far: FarEnd) -> str:
    """The call that the phone has made, as its far end names it."""
    invite = far.offered
    return f"{invite.get('Call-ID')};to-tag={_tag(far)};from-tag=far"


def _tag(far: FarEnd) -> str:
    return far.offered.get("From").partition("tag=")[2]


async def _asks(far: FarEnd, *values: str, sender: str = MALLORY, body: str | None = None) -> None:
    """Call in the place of the call that a value of Replaces names."""
    far.headers = (*(f"Replaces: {value}" for value in values), "Require: replaces")
    await far.calls(sender, body)
    far.headers = ()


def _invite(register: sip.Message, far: FarEnd, value: str) -> bytes:
    """A call beside the far end's own, to the address that is registered."""
    return sip.request(
        "INVITE", register.get("Contact").split("<", 1)[1].split(">", 1)[0], via=far.via,
        to=register.get("To"), contact=far.contact, body=far.session(),
        extra=(f"Replaces: {value}", "Require: replaces"),
    )  # fmt: skip


async def _answer(server: HostileServer, request: bytes) -> sip.Message:
    lines = request.decode().splitlines()
    call_id = next(x for x in lines if x.startswith("Call-ID: ")).removeprefix("Call-ID: ")
    _, final = await server.until(lambda m: m.status >= 200 and m.get("Call-ID") == call_id)
    return final


def _published(stage: Stage, since: int) -> list[Call]:
    events = [e.event for e in stage.phone.events[since:]]
    return [e.call for e in events if isinstance(e, CallEvent)]


async def _goes_on(stage: Stage, call: str, since: int, state: CallState) -> None:
    """Check that one call is left, as it was, and that nothing has rung."""
    (shown,) = (await stage.phone.status()).calls
    assert (shown.id, shown.state, shown.cause) == (call, state, None)
    assert shown.lock.closed is state.answered
    assert not [c for c in _published(stage, since) if c.state is CallState.INCOMING]


async def _taken(stage: Stage, since: int, caller: str = "Mallory") -> Call:
    """The call of the one who has come, once it is up; it has not rung."""
    new = await stage.phone.until_call(
        lambda c: c.remote.name == caller and c.state.answered and c.lock.closed, since
    )
    assert not [c for c in _published(stage, since) if c.state is CallState.INCOMING]
    return new


_NAMES = {
    "no call": (481, "nobody@evil.test;to-tag={tag};from-tag=far"),
    "another local tag": (481, "{id};to-tag=x{tag};from-tag=far"),
    "another remote tag": (481, "{id};to-tag={tag};from-tag=fa"),
    "tags the other way round": (481, "{id};to-tag=far;from-tag={tag}"),
    "the local tag alone": (481, "{id};to-tag={tag}"),
    "the remote tag alone": (481, "{id};from-tag=far"),
    "no tags": (481, "{id}"),
    "tags of RFC 2543": (481, "{id};to-tag=0;from-tag=0"),
    "a longer call": (481, "{id}x;to-tag={tag};from-tag=far"),
    "nothing": (481, ";to-tag={tag};from-tag=far"),
    "early-only": (486, "{id};to-tag={tag};from-tag=far;early-only"),
}


@pytest.mark.parametrize("name", list(_NAMES))
async def test_what_names_no_call_that_is_up_gets_nothing(stage: Stage, name: str) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    code, value = _NAMES[name]
    await _asks(far, value.format(id=far.offered.get("Call-ID"), tag=_tag(far)))
    assert await far.turned_away() == (code,)
    entry = await stage.until_refused()
    assert entry.reason == f"refused: {_GONE if code == 481 else _WENT_ON}"
    await _goes_on(stage, call, since, CallState.ACTIVE)


async def test_two_calls_cannot_be_named_at_once(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    await _asks(far, _of(far), "x@evil.test;to-tag=1;from-tag=2")
    assert await far.turned_away() == (400,)
    await _goes_on(stage, call, since, CallState.ACTIVE)


async def test_the_server_of_another_account_learns_nothing_of_a_call(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    home = stage.ground.home
    connection, register = await home.until(lambda m: m.method == "REGISTER")
    request = _invite(register, far, _of(far))
    connection.send(request)
    assert (await _answer(home, request)).status == 481
    await _goes_on(stage, call, since, CallState.ACTIVE)


async def test_a_call_that_only_rings_at_the_far_end_is_not_replaced(stage: Stage) -> None:
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    far.rings()
    await stage.phone.until_state(call, CallState.RINGING)
    since = len(stage.phone.events)
    await _asks(far, _of(far))
    assert await far.turned_away() == (603,)
    assert (await stage.until_refused()).reason == _WENT_ON
    await _goes_on(stage, call, since, CallState.RINGING)


async def test_a_call_that_rings_here_is_not_replaced(stage: Stage) -> None:
    far = await stage.far_end()
    await far.calls('"Bob" <sip:bob@pbx.test>')
    call = await stage.rung("Bob")
    _, ringing = await far.server.until(lambda m: m.status == 180)
    names = [ringing.get("Call-ID"), *(ringing.get(x).partition("tag=")[2] for x in ("To", "From"))]
    await _asks(far, "{};to-tag={};from-tag={}".format(*names))
    assert await far.turned_away() == (481,)
    (shown,) = (await stage.phone.status()).calls
    assert (shown.id, shown.state) == (call, CallState.INCOMING)


async def test_a_call_that_has_ended_is_not_replaced(stage: Stage) -> None:
    far, call = await stage.up()
    await stage.phone.client.ask(HangUp(call=call))
    # At once: PJSIP may know it still.
    await _asks(far, _of(far))
    assert (await far.turned_away())[-1] in (481, 603)
    await stage.until_logged(call)
    assert (await stage.until_refused()).reason.endswith(_GONE)
    assert (await stage.phone.status()).calls == ()


async def test_a_session_without_srtp_replaces_nothing(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    plain = sip.sdp(stage.host, stage.sinks.open_udp())
    await _asks(far, _of(far), body=plain)
    assert await far.turned_away() == (488,)
    assert (await stage.until_refused()).reason == "refused: the caller offered no encryption"
    await _goes_on(stage, call, since, CallState.ACTIVE)


async def test_a_late_session_without_srtp_replaces_nothing(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    far.will_acknowledge(sip.sdp(stage.host, stage.sinks.open_udp()))
    await _asks(far, _of(far), body="")
    ended = await stage.phone.until_call(
        lambda c: c.remote.name == "Mallory" and c.state is CallState.ENDED, since
    )
    assert ended.outcome is Outcome.REFUSED
    await _goes_on(stage, call, since, CallState.ACTIVE)


async def test_a_caller_who_never_confirms_replaces_nothing(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    value, far.acknowledges = _of(far), False
    await _asks(far, value)
    await far.server.until(lambda m: m.status == 200 and m.get("CSeq") == "1 INVITE")
    shown = {c.id: c.state for c in (await stage.phone.status()).calls}
    assert shown.pop(call) is CallState.ACTIVE
    assert list(shown.values()) == [CallState.CONNECTING]
    await stage.phone.client.ask(HangUp(call=next(iter(shown))))
    far.acknowledges = True
    await _goes_on_alone(stage, call)
    assert not [c for c in _published(stage, since) if c.state is CallState.INCOMING]


async def _goes_on_alone(stage: Stage, call: str) -> None:
    await stage.phone.until_call(lambda c: c.id != call and c.state is CallState.ENDED)
    (shown,) = (await stage.phone.status()).calls
    assert (shown.id, shown.state, shown.lock.closed) == (call, CallState.ACTIVE, True)


async def test_of_two_at_once_one_takes_the_place(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    value = _of(far)
    await _asks(far, value)
    connection, register = await far.server.until(lambda m: m.method == "REGISTER")
    request = _invite(register, far, value)
    connection.send(request)
    assert (await _answer(far.server, request)).status in (481, 603)
    new = await _taken(stage, since)
    assert (await stage.until_logged(call)).outcome is Outcome.TRANSFERRED
    (shown,) = (await stage.phone.status()).calls
    assert shown.id == new.id


async def test_the_name_is_the_callers_own_word(stage: Stage) -> None:
    """Neither the name of the one who leaves, nor a name that the phone vouches for."""
    far, call = await stage.up()
    since = len(stage.phone.events)
    await _asks(far, _of(far), sender='"Verified" <sip:bob@pbx.test>')
    new = await _taken(stage, since, "Verified")
    assert (new.remote.uri, new.remote.name_from) == ("sip:bob@pbx.test", NameFrom.CLAIM)
    assert new.in_place_of is not None
    assert new.in_place_of.uri == "sip:bob@pbx.test"
    entry = await stage.until_logged(call)
    assert entry.remote.name != "Verified"
    assert entry.reason == "bob@pbx.test took the place of bob@pbx.test"


async def test_a_held_call_is_held_again_and_nothing_is_said(stage: Stage) -> None:
    far, call = await stage.up()
    await stage.phone.client.ask(Mute(call=call))
    await stage.phone.client.ask(Hold(call=call, wait=True))
    since = len(stage.phone.events)
    await _asks(far, _of(far))
    new = await stage.phone.until_call(
        lambda c: c.remote.name == "Mallory" and c.state is CallState.HELD, since
    )
    assert (await stage.until_logged(call)).outcome is Outcome.TRANSFERRED
    (shown,) = (await stage.phone.status()).calls
    assert (shown.id, shown.state, shown.muted, shown.playing) == (
        new.id, CallState.HELD, True, False,
    )  # fmt: skip


async def test_neither_file_nor_recording_goes_on_with_another(stage: Stage) -> None:
    far, call = await stage.up()
    path = str(stage.ground.folder / f"{stage.account}.wav")
    await stage.phone.client.ask(Play(call=call, path=str(stage.ground.speech)))
    await stage.phone.client.ask(Record(call=call, path=path))
    since = len(stage.phone.events)
    await _asks(far, _of(far))
    new = await _taken(stage, since)
    await stage.until_logged(call)
    shown = [c for c in _published(stage, since) if c.id == new.id]
    assert not [c for c in shown if c.recording or c.playing]


async def test_a_call_that_took_a_place_can_be_replaced_in_turn(stage: Stage) -> None:
    far, call = await stage.up()
    since = len(stage.phone.events)
    await _asks(far, _of(far))
    first = await _taken(stage, since)
    await stage.until_logged(call)
    _, ok = await far.server.until(lambda m: m.status == 200 and m.get("CSeq") == "1 INVITE")
    names = [ok.get("Call-ID"), *(ok.get(x).partition("tag=")[2] for x in ("To", "From"))]
    await _asks(far, "{};to-tag={};from-tag={}".format(*names), sender='"Last" <sip:l@evil.test>')
    last = await _taken(stage, since, "Last")
    assert (await stage.until_logged(first.id)).outcome is Outcome.TRANSFERRED
    assert [c.id for c in (await stage.phone.status()).calls] == [last.id]
