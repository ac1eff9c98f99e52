"""The engine stand-in follows a test's orders."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.examples import members
from tests.support.standin.engine import StandIn
from tests.support.standin.script import TRIAL
from tests.support.standin.worker import ANSWERS
from voip.causes import CauseKind
from voip.client.errors import NoEngine
from voip.client.stream import Client
from voip.engine.files.lock_file import AlreadyRunning, Locks
from voip.model import CallState, Outcome, RegistrationState, Voicemail
from voip.protection import LockState
from voip.protocol.accounts import CheckAccount, CheckReport, RegisterAccount
from voip.protocol.calls import (
    AnswerCall,
    DigitEvent,
    GetHistory,
    HistoryPage,
    LogEvent,
    SendDigits,
)
from voip.protocol.phone import Hello, HelloData, NoticeEvent, Snapshot, Subscribe
from voip.protocol.settings import ChangeSettings
from voip.protocol.sound import Devices, GetDevices, LevelsEvent
from voip.protocol.worker.process import AnyWorkerCommand


def test_every_worker_command_has_a_scripted_answer() -> None:
    assert set(ANSWERS) == members(AnyWorkerCommand)


async def test_it_leaves_the_signals_of_the_process_alone(place: Path) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    async with StandIn(place / "s"):
        assert [signal.getsignal(number) for number in numbers] == before


async def test_this_process_finds_it(standin: StandIn) -> None:
    async with await Client.connect() as client:
        assert (await client.get(Hello(), HelloData)).version == standin.engine.version


async def test_an_account_registers_over_a_connection_with_its_chain(standin: StandIn) -> None:
    await standin.add_account("work")
    (account,) = (await standin.status()).accounts
    assert account.registration.state is RegistrationState.REGISTERED
    assert account.tls is not None
    assert account.tls.verified
    assert account.tls.peer == account.tls.chain[0]
    assert account.tls.peer.names == ("pbx.example.com",)
    assert account.tls.peer.issuer == account.tls.chain[1].subject


@pytest.mark.parametrize("code", [401, 403])
async def test_a_server_refuses_an_account(standin: StandIn, code: int) -> None:
    standin.refuse_account("work", code)
    await standin.add_account("work")
    (account,) = (await standin.status()).accounts
    assert (account.registration.state, account.registration.code) == ("failed", code)
    standin.accept_account("work")
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_registered("work")


async def test_a_connection_is_refused_in_words(standin: StandIn) -> None:
    standin.refuse_connection("work", CauseKind.CERTIFICATE_EXPIRED)
    await standin.add_account("work")
    (account,) = (await standin.status()).accounts
    assert account.registration.reason == "the server's certificate has expired"
    call = await standin.call("100")
    assert (await standin.until_logged(call)).reason == "the server's certificate has expired"


async def test_a_server_that_says_nothing(standin: StandIn) -> None:
    standin.ignore_account("work")
    await standin.add_account("work")
    (account,) = (await standin.status()).accounts
    assert account.registration.state is RegistrationState.REGISTERING


async def test_a_connection_that_drops_is_made_again(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.lock.closed)
    standin.drop_connection("work")
    dropped = await standin.reaches_call(call, lambda c: not c.lock.closed)
    assert dropped.lock.why == "the TLS connection to the server has dropped"
    position = len(standin.events)
    await standin.until_registered("work", position)


async def test_a_call_goes_the_way_the_script_says(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100")
    assert (await standin.status()).calls[0].state is CallState.DIALING
    standin.remote_rings(call)
    await standin.until_state(call, CallState.RINGING)
    standin.remote_answers(call)
    active = await standin.until_state(call, CallState.ACTIVE)
    assert active.lock.state is LockState.CLOSED
    assert active.lock.why == "encrypted to pbx.example.com; beyond it, unknown"
    standin.remote_holds(call)
    await standin.until_state(call, CallState.REMOTE_HELD)
    position = len(standin.events)
    standin.remote_resumes(call)
    await standin.until_call(lambda c: c.state is CallState.ACTIVE, position)
    standin.digit(call, "5")
    assert (await standin.until(DigitEvent, lambda e: e.call == call)).digit == "5"
    await standin.client.ask(SendDigits(call=call, digits="1,2"))
    assert standin.digits_sent(call) == "1,2"
    standin.statistics(call, loss=12.5)
    lossy = await standin.until_call(lambda c: c.quality.rx_loss_pct is not None)
    assert lossy.quality.rx_loss_pct == 12.5
    standin.remote_hangs_up(call)
    entry = await standin.until_logged(call)
    assert (entry.outcome, entry.lock) == (Outcome.ANSWERED, LockState.CLOSED)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (StandIn.remote_busy, Outcome.BUSY),
        (StandIn.remote_declines, Outcome.DECLINED),
        (lambda standin, call: standin.remote_refuses(call, 404), Outcome.FAILED),
    ],
)
async def test_a_far_end_does_not_answer(standin: StandIn, end: Any, outcome: Outcome) -> None:
    await standin.add_account("work")
    call = await standin.call("100")
    end(standin, call)
    assert (await standin.until_logged(call)).outcome is outcome


async def test_somebody_calls(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", '"Bob" <sip:bob@example.com>')
    ringing = await standin.until_state(call, CallState.INCOMING)
    assert (ringing.remote.name, ringing.remote.uri) == ("Bob", "sip:bob@example.com")
    await standin.client.ask(AnswerCall(call=call))
    active = await standin.until_state(call, CallState.ACTIVE)
    assert active.lock.closed
    other = await standin.incoming("work")
    standin.remote_hangs_up(other)
    assert (await standin.until_logged(other)).outcome is Outcome.MISSED


async def test_a_call_without_encryption_is_refused(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.refused_call("work", "sip:eve@example.com")
    event = await standin.until(LogEvent, lambda e: e.entry.outcome is Outcome.REFUSED)
    assert event.entry.reason == "refused: the caller offered no encryption"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_open_account_never_closes_a_lock(standin: StandIn, transport: str) -> None:
    await standin.add_account("home", transport=transport)
    call = await standin.incoming("home")
    await standin.client.ask(AnswerCall(call=call))
    active = await standin.until_state(call, CallState.ACTIVE)
    assert active.lock.state is LockState.OPEN
    assert active.lock.signalling.transport == transport


async def test_a_lock_stays_open_where_the_voice_is_plain(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call, encrypted=False)
    active = await standin.until_state(call, CallState.ACTIVE)
    assert active.lock.why == "the voice is not encrypted"


async def test_levels_reach_those_who_want_them(standin: StandIn) -> None:
    async with await Client.connect() as watcher:
        await watcher.ask(Subscribe(levels=True))
        call = await standin.call("echo")
        await standin.until_state(call, CallState.ACTIVE)
        standin.levels(call, rx=0.5, tx=0.25)
        async for numbered in watcher.events():
            if isinstance(numbered.event, LevelsEvent):
                assert numbered.event == LevelsEvent(call=call, rx=0.5, tx=0.25)
                break


async def test_a_worker_dies_and_comes_back(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("echo")
    await standin.until_state(call, CallState.ACTIVE)
    position = len(standin.events)
    standin.worker_dies()
    assert (await standin.until_logged(call)).outcome is Outcome.LOST
    await standin.until_registered("work", position)


async def test_an_engine_that_crashes_leaves_the_row_of_its_call(standin: StandIn) -> None:
    call = await standin.call("echo")
    await standin.until_state(call, CallState.ACTIVE)
    async with await Client.connect() as other:
        await other.ask(Subscribe())
        await standin.crash()
        last = [numbered.event async for numbered in other.events()]
    assert last == []
    await standin.start()
    page = await standin.client.get(GetHistory(), HistoryPage)
    assert [(e.id, e.outcome) for e in page.entries] == [(call, Outcome.INTERRUPTED)]


async def test_an_engine_that_is_stopped_ends_its_calls(standin: StandIn) -> None:
    call = await standin.call("echo")
    await standin.until_state(call, CallState.ACTIVE)
    await standin.stop()
    await standin.start()
    page = await standin.client.get(GetHistory(), HistoryPage)
    assert [(e.id, e.outcome) for e in page.entries] == [(call, Outcome.ANSWERED)]


async def test_clients_that_are_dropped_find_the_call_again(standin: StandIn) -> None:
    call = await standin.call("echo")
    await standin.until_state(call, CallState.ACTIVE)
    async with await Client.connect() as other:
        await other.ask(Subscribe())
        await standin.drop_clients()
        assert [numbered async for numbered in other.events()] == []
    async with await Client.connect() as again:
        snapshot = await again.get(Subscribe(), Snapshot)
    assert [c.id for c in snapshot.status.calls] == [call]


async def test_no_real_engine_starts_in_its_place(standin: StandIn) -> None:
    await standin.stop()
    with pytest.raises(NoEngine, match="a test starts no real one"):
        await Client.connect(start=True)
    with Locks(standin.paths) as others, pytest.raises(AlreadyRunning):
        others.take()


async def test_an_account_is_tried_before_it_is_saved(standin: StandIn) -> None:
    fields: dict[str, str | int | bool] = {"user": "alice", "domain": "pbx.example.com"}
    command = CheckAccount(name="new", fields=fields, password="x")
    report = await standin.client.get(command, CheckReport)
    assert [(step.step, step.ok) for step in report.steps] == [
        ("name", True), ("tls", True), ("certificate", True), ("registration", True),
    ]  # fmt: skip
    assert report.steps[0].text == "pbx.example.com is at 192.0.2.1"
    standin.refuse_account(TRIAL, 403)
    report = await standin.client.get(command, CheckReport)
    assert report.steps[-1].text == "the server does not allow it (403)"
    standin.refuse_connection(TRIAL, CauseKind.CERTIFICATE_EXPIRED)
    report = await standin.client.get(command, CheckReport)
    assert [step.ok for step in report.steps] == [True, True, False, None]
    standin.lose_name("pbx.example.com")
    report = await standin.client.get(command, CheckReport)
    assert [step.ok for step in report.steps] == [False, None, None, None]


async def test_a_trial_leaves_the_workers_of_the_phone_to_the_script(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.refuse_account("work", 403)
    report = await standin.client.get(CheckAccount(name="work"), CheckReport)
    assert not report.ok
    call = await standin.incoming("work")
    assert await standin.until_state(call, CallState.INCOMING)


async def test_a_server_tells_of_voice_mail(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.voicemail("work", Voicemail(new=3))
    await standin.reaches(lambda status: status.accounts[0].voicemail == Voicemail(new=3))


async def test_a_sound_device_breaks_and_others_are_there(standin: StandIn) -> None:
    devices = await standin.client.get(GetDevices(), Devices)
    assert devices.in_use == "Built-in Audio / Built-in Audio"
    await standin.client.ask(ChangeSettings(changes={"audio.output": "USB"}))
    devices = await standin.client.get(GetDevices(), Devices)
    assert devices.in_use == "Built-in Audio / USB Headset"
    standin.sound_breaks("the sound device has stopped working")
    notice = await standin.until(NoticeEvent, lambda e: e.level == "warning")
    assert notice.text == "the sound device has stopped working"
