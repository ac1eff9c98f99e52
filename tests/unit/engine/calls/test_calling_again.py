"""Calls that go on to the next target of their account's server."""

from __future__ import annotations

import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.support.standin.script import Held
from voip.causes import Cause, CauseKind
from voip.engine.calls.live import Voice
from voip.engine.network.failures import SHORT_SILENCE_S
from voip.engine.registration import attempts
from voip.model import CallState, Outcome
from voip.protection import Transport
from voip.protocol.accounts import EditAccount, RegisterAccount
from voip.protocol.calls import AnswerCall, HangUp, LogEvent, Mute
from voip.protocol.worker.accounts import RegisterNow, Target, UseTarget
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import CallStateEvent, MuteCall, StartCall
from voip.protocol.worker.process import ConnectionEvent

HOST = "pbx.example.com"
PIN = facts.server(HOST).chain[0].key_sha256
FIRST, SECOND = "192.0.2.1", "192.0.2.2"


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    """Return a phone with an account whose server has two targets."""
    standin.names.addresses_of[HOST] = (FIRST, SECOND)
    await standin.add_account("work")
    return standin


def starts(phone: StandIn) -> list[StartCall]:
    return phone.script.of_kind(StartCall)


def aims(phone: StandIn) -> list[str]:
    return [order.target.address for order in phone.script.of_kind(UseTarget)]


def registers(phone: StandIn) -> int:
    return len(phone.script.of_kind(RegisterNow))


async def test_a_call_that_a_target_does_not_serve_goes_on_to_the_next(phone: StandIn) -> None:
    call = await phone.call("100")
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 2)
    assert aims(phone) == [SECOND]
    phone.remote_answers(call)
    await phone.reaches_call(call, lambda c: c.state is CallState.ACTIVE)


async def test_a_call_waits_shortly_for_a_silent_target_while_another_is_left(
    phone: StandIn,
) -> None:
    call = await phone.call("100")
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 2)
    assert [start.patience_s for start in starts(phone)] == [SHORT_SILENCE_S, None]


async def test_a_call_goes_on_after_a_silent_target(phone: StandIn) -> None:
    call = await phone.call("100")
    phone.script.worker(Role.SECURE).send(
        CallStateEvent(
            call=int(call), state=CallState.ENDED, code=408, reason="Request Timeout",
            cause=Cause(CauseKind.SERVER_SILENT),
        )
    )  # fmt: skip
    await phone.script.until(StartCall, 2)
    assert aims(phone) == [SECOND]


async def test_a_call_tries_each_target_once(
    phone: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Servers that are silent for longer than a target rests.
    monkeypatch.setattr(attempts, "spread", lambda bound_s: 0.0)
    call = await phone.call("100")
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 2)
    phone.remote_refuses(call, 503)
    assert (await phone.until_logged(call)).outcome is Outcome.FAILED
    await phone.idle("work")
    assert len(starts(phone)) == 2


async def test_two_calls_that_fail_at_one_target_both_go_on(phone: StandIn) -> None:
    calls = [await phone.call("100"), await phone.call("200")]
    for call in calls:
        phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 4)
    assert set(aims(phone)) == {SECOND}


async def test_a_call_goes_on_where_the_registration_has_gone_before(phone: StandIn) -> None:
    call = await phone.call("100")
    live = phone.engine.registrations.get("work")
    live.targets.use(Target(SECOND, 5061))
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 2)
    assert aims(phone) == [SECOND]


async def between(phone: StandIn) -> tuple[str, Held]:
    """Make a call that is in no worker until what holds it is released."""
    call = await phone.call("100", account="work")
    hold = phone.script.hold(UseTarget)
    phone.remote_refuses(call, 503)
    await hold.come()
    return call, hold


async def test_a_call_is_given_up_between_targets(phone: StandIn) -> None:
    call, hold = await between(phone)
    await phone.client.ask(HangUp(call=call))
    hold.release()
    entry = await phone.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.CANCELLED, "cancelled")
    assert len(starts(phone)) == 1


async def mutes(phone: StandIn, call: str) -> None:
    """Check that the second start of a call is muted."""
    await phone.script.until(StartCall, 2)
    orders = phone.script.orders
    _, again = (place for place, order in enumerate(orders) if isinstance(order, StartCall))
    assert await phone.script.until(MuteCall, since=again) == [MuteCall(call=int(call), on=True)]


async def test_a_muted_call_stays_muted_at_the_next_target(phone: StandIn) -> None:
    call = await phone.call("100")
    await phone.client.ask(Mute(call=call, on=True))
    phone.remote_refuses(call, 503)
    await mutes(phone, call)


async def test_a_call_is_muted_between_targets(phone: StandIn) -> None:
    call, hold = await between(phone)
    await phone.client.ask(Mute(call=call, on=True))
    hold.release()
    await mutes(phone, call)


async def test_a_call_that_has_lost_the_microphone_goes_on_without_it(phone: StandIn) -> None:
    await phone.add_account("open", transport=Transport.UDP.value)
    call = await phone.call("100", account="work")
    await phone.call("200", account="open")
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 3)
    assert [start.voice for start in starts(phone)] == [True, True, False]


async def test_another_call_is_answered_while_one_is_between_targets(phone: StandIn) -> None:
    await phone.add_account("open", transport=Transport.UDP.value)
    _, hold = await between(phone)
    other = await phone.incoming("open")
    await phone.client.ask(AnswerCall(call=other))
    hold.release()
    await phone.script.until(StartCall, 2)
    assert [start.voice for start in starts(phone)] == [True, False]


async def test_a_call_whose_worker_dies_between_targets_is_lost_once(phone: StandIn) -> None:
    call, _ = await between(phone)
    phone.worker_dies(Role.SECURE)
    assert (await phone.until_logged(call)).outcome is Outcome.LOST
    await phone.status()
    entries = [e.event.entry for e in phone.events if isinstance(e.event, LogEvent)]
    outcomes = [entry.outcome for entry in entries if entry.id == call]
    assert outcomes == [Outcome.ONGOING, Outcome.LOST]


async def test_a_stopped_account_calls_no_other_target(phone: StandIn) -> None:
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="work", fields={"pin": PIN}))
    await phone.until_registered("work", position)
    call = await phone.call("100")
    before = registers(phone)
    phone.script.worker(Role.SECURE).send(
        ConnectionEvent(
            id=99, up=False, outgoing=True, transport=Transport.TLS, host=HOST, port=5061,
            cause=Cause(CauseKind.OTHER_KEY), other_key="0123456789abcdef" * 4,
            accounts=("work",),
        )
    )  # fmt: skip
    phone.remote_refuses(call, 503)
    await phone.until_failed("work")
    assert (await phone.until_logged(call)).outcome is Outcome.FAILED
    await phone.idle("work")
    assert len(starts(phone)) == 1
    assert registers(phone) == before


async def test_a_call_does_not_hurry_an_account_that_waits(phone: StandIn) -> None:
    phone.refuse_account("work", 403)
    position = len(phone.events)
    await phone.client.ask(RegisterAccount(account="work"))
    await phone.until_failed("work", position)
    before = registers(phone)
    call = await phone.call("100")
    phone.remote_refuses(call, 503)
    await phone.script.until(StartCall, 2)
    await phone.idle("work")
    assert registers(phone) == before


async def test_a_call_gets_the_microphone_back_between_targets(phone: StandIn) -> None:
    await phone.add_account("open", transport=Transport.UDP.value)
    call = await phone.call("100", account="work")
    other = await phone.call("200", account="open")
    hold = phone.script.hold(UseTarget)
    phone.remote_refuses(call, 503)
    await hold.come()
    phone.remote_refuses(other, 486)
    await phone.until_logged(other)
    await phone.status()
    hold.release()
    await phone.script.until(StartCall, 3)
    live = phone.engine.book.find(call)
    assert live is not None
    assert (starts(phone)[-1].voice, live.voice) == (True, Voice.HERE)
