"""The engine stand-in and the real engine hold the same conversations.

Screens are tested against the stand-in (`tests.support.standin`): what is true
of it here is true of the engine with real workers, real TLS and real SRTP.
"""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract import transcript
from tests.contract.engines import ACCOUNT, SIDES, Side
from tests.support.attached import connect
from voip.client import Client
from voip.model import CallState, LockReport, LockState, Outcome, RegistrationState, Status
from voip.protocol import client as told
from voip.starting import CommandFailed, NoEngine

BOB = '"Bob" <sip:bob@example.com>'

ANSWERED = [
    "row: ongoing",
    "dialing open",
    "connecting open",
    "row: ongoing",
    "active closed",
]
ENDED = ["row: answered", "ended open"]


@pytest.fixture(params=list(SIDES))
async def side(request: pytest.FixtureRequest, place: Path) -> AsyncIterator[Side]:
    built = SIDES[request.param](place)
    await built.start()
    yield built
    await built.stop()


@pytest.fixture
def speech_file(tmp_path: Path) -> Path:
    """A moment of silence to play: short enough to be over at once."""
    path = tmp_path / "hello.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * 1600))
    return path


async def refusal(side: Side, command: told.AnyCommand) -> str:
    """The kind of error that a command gets, which has words too."""
    try:
        await side.engine.client.ask(command)
    except CommandFailed as error:
        assert str(error)
        return error.kind
    raise AssertionError(f"{command} was accepted")


async def events_until_the_end(client: Client) -> list[told.AnyEvent]:
    return [numbered.event async for numbered in client.events()]


# The conversation itself


async def test_hello_says_who_answers(side: Side) -> None:
    hello = await side.engine.client.get(told.Hello(), told.HelloData)
    status = await side.engine.status()
    assert hello.protocol == told.PROTOCOL_VERSION
    assert (hello.version, hello.pid) == (status.engine.version, status.engine.pid)


async def test_a_new_engine_has_nothing_and_its_first_event_follows_the_snapshot(
    side: Side,
) -> None:
    async with await connect(side.engine.socket) as late:
        snapshot = await late.get(told.Subscribe(), told.Snapshot)
        assert (snapshot.status.accounts, snapshot.status.calls) == ((), ())
        assert snapshot.status.engine.pjsip is None
        await side.engine.client.ask(told.AddAccount(name=ACCOUNT, fields=side.fields()))
        first = await anext(late.events())
        assert first.seq == snapshot.seq + 1
        assert isinstance(first.event, told.AccountEvent)


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        (b"hello", "bad_request", None),
        (b'{"id":7,"command":{"do":"fly"}}', "bad_request", 7),
        (b'{"id":7,"command":{"do":"hold","call":3}}', "bad_request", 7),
        (b'{"id":7,"command":{"do":"hold","call":"3"}}', "no_call", 7),
    ],
)
async def test_a_request_that_is_none_is_answered(
    side: Side, line: bytes, kind: str, number: int | None
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(side.engine.socket))
    writer.write(line + b"\n")
    reply = json.loads(await asyncio.wait_for(reader.readline(), 20))
    assert (reply["ok"], reply["reply"], reply["error"]["kind"]) == (False, number, kind)
    writer.close()


async def test_two_clients_are_told_the_same(side: Side) -> None:
    async with (
        await connect(side.engine.socket) as one,
        await connect(side.engine.socket) as other,
    ):
        snapshots = [await client.get(told.Subscribe(), told.Snapshot) for client in (one, other)]
        assert snapshots[0].seq == snapshots[1].seq
        call = await side.echo()
        await side.engine.client.ask(told.HangUp(call=call))
        await side.engine.until_state(call, CallState.ENDED)
        await side.engine.client.ask(told.Stop())
        told_to = [await events_until_the_end(client) for client in (one, other)]
    assert told_to[0] == told_to[1]
    assert any(isinstance(event, told.LogEvent) for event in told_to[0])


async def test_a_client_that_was_away_sees_the_call_as_it_is(side: Side) -> None:
    call = await side.echo()
    before = (await side.engine.status()).calls[0]
    await side.engine.detach()
    await side.engine.attach()
    async with await connect(side.engine.socket) as again:
        (now,) = (await again.get(told.Subscribe(), told.Snapshot)).status.calls
    assert (now.id, now.state, now.lock, now.answered) == (
        call, before.state, before.lock, before.answered,
    )  # fmt: skip
    assert now.duration_s >= before.duration_s


async def test_stopping_is_announced_before_the_connection_ends(side: Side) -> None:
    async with await connect(side.engine.socket) as client:
        await client.ask(told.Subscribe())
        await client.ask(told.Stop())
        assert (await events_until_the_end(client))[-1] == told.StoppingEvent()
        with pytest.raises(NoEngine):
            await client.ask(told.Hello())


async def test_a_stop_is_refused_while_a_call_is_up_unless_it_is_forced(side: Side) -> None:
    call = await side.echo()
    assert await refusal(side, told.Stop()) == "busy"
    async with await connect(side.engine.socket) as client:
        await client.ask(told.Subscribe())
        await client.ask(told.Stop(force=True))
        events = await events_until_the_end(client)
    assert told.StoppingEvent() in events
    (row,) = [event.entry for event in events if isinstance(event, told.LogEvent)]
    assert (row.id, row.outcome) == (call, Outcome.ANSWERED)


# A call to the echo line


async def test_an_echo_call_from_its_beginning_to_its_row(side: Side) -> None:
    call = await side.echo()
    side.time_passes(call)
    measured = await side.engine.until_call(lambda c: c.quality.mos is not None)
    assert (measured.id, measured.account, measured.direction) == (call, "echo", "out")
    assert measured.remote.name == "Echo line"
    assert measured.lock.why == "encrypted to 127.0.0.1; beyond it, unknown"
    assert measured.lock.signalling.version == "TLSv1.3"
    assert [s.keying for s in measured.lock.media] == ["sdes"]
    assert measured.codec
    assert measured.answered
    await side.engine.client.ask(told.HangUp(call=call))
    ended = await side.engine.until_state(call, CallState.ENDED)
    assert (ended.code, ended.lock.why) == (200, "the call has ended")
    assert transcript.of_call(side.engine.events, call) == [*ANSWERED, *ENDED]
    (row,) = (await side.engine.client.get(told.GetHistory(), told.HistoryPage)).entries
    assert (row.id, row.outcome, row.code, row.reason) == (call, Outcome.ANSWERED, 200, "")
    assert (row.lock, row.lock_was_open, row.codec) == (LockState.CLOSED, False, ended.codec)
    assert (await side.engine.status()).calls == ()
    side.engine.check_lock_evidence(call)


async def test_hold_resume_and_mute(side: Side) -> None:
    call = await side.echo()
    client = side.engine.client
    await client.ask(told.Hold(call=call))
    await side.engine.until_state(call, CallState.HELD)
    position = len(side.engine.events)
    await client.ask(told.Resume(call=call))
    await side.engine.until_call(lambda c: c.state is CallState.ACTIVE, position)
    await client.ask(told.Mute(call=call))
    await client.ask(told.Mute(call=call, on=False))
    await client.ask(told.SendDigits(call=call, digits="12*#,D"))
    await client.ask(told.HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *ANSWERED,
        "held closed",
        "active closed",
        "active closed muted",
        "active closed",
        *ENDED,
    ]


async def test_a_file_takes_the_microphones_place_until_it_is_over(
    side: Side, speech_file: Path
) -> None:
    call = await side.echo()
    await side.engine.client.ask(told.Play(call=call, path=str(speech_file)))
    await side.engine.until_call(lambda c: c.playing)
    position = len(side.engine.events)
    side.file_ends(call)
    await side.engine.until_call(lambda c: not c.playing, position)
    position = len(side.engine.events)
    await side.engine.client.ask(told.Play(call=call, path=str(speech_file)))
    await side.engine.until_call(lambda c: c.playing, position)
    position = len(side.engine.events)
    await side.engine.client.ask(told.Play(call=call, path=None))
    await side.engine.until_call(lambda c: not c.playing, position)
    assert [
        word for word in transcript.of_call(side.engine.events, call) if word.startswith("active")
    ] == [
        "active closed",
        "active closed playing",
        "active closed",
        "active closed playing",
        "active closed",
    ]


async def test_a_recording_is_begun_and_ended_in_a_call(side: Side, tmp_path: Path) -> None:
    call = await side.echo()
    file = tmp_path / "said.wav"
    await side.engine.client.ask(told.Record(call=call, path=str(file)))
    await side.engine.client.ask(told.Record(call=call))
    await side.engine.client.ask(told.HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *ANSWERED,
        "active closed recording",
        "active closed",
        *ENDED,
    ]
    assert file.exists()


async def test_a_call_can_record_and_end_by_itself(side: Side, tmp_path: Path) -> None:
    file = tmp_path / "said.wav"
    call = await side.engine.call("echo", record=str(file), hangup_after_s=0.2)
    entry = await side.engine.until_logged(call)
    assert (entry.outcome, entry.lock) == (Outcome.ANSWERED, LockState.CLOSED)
    await side.engine.until_state(call, CallState.ENDED)
    words = transcript.of_call(side.engine.events, call)
    assert words[-3:] == ["active closed recording", "row: answered", "ended open recording"]
    with wave.open(str(file)) as recording:
        assert recording.getnframes() > 0


async def test_levels_come_to_those_alone_who_asked(side: Side) -> None:
    async with await connect(side.engine.socket) as watcher:
        await watcher.ask(told.Subscribe(levels=True))
        call = await side.echo()
        side.time_passes(call)
        async for numbered in watcher.events():
            if isinstance(numbered.event, told.LevelsEvent):
                assert numbered.event.call == call
                assert 0 <= numbered.event.rx <= 1
                assert 0 <= numbered.event.tx <= 1
                break
    kinds = {type(numbered.event) for numbered in side.engine.events}
    assert told.LevelsEvent not in kinds


# Several calls


async def test_a_second_call_holds_the_first_and_a_switch_swaps_them(side: Side) -> None:
    first = await side.echo()
    second = await side.echo()
    position = len(side.engine.events)
    await side.engine.until_state(first, CallState.HELD)
    await side.engine.client.ask(told.Resume(call=first))
    await side.engine.until_call(lambda c: c.id == first and c.state is CallState.ACTIVE, position)
    states = {c.id: c.state for c in (await side.engine.status()).calls}
    assert states == {first: CallState.ACTIVE, second: CallState.HELD}
    await side.engine.client.ask(told.HangUp(call=first))
    await side.engine.until_state(first, CallState.ENDED)
    states = {c.id: c.state for c in (await side.engine.status()).calls}
    assert states == {second: CallState.HELD}


async def test_a_call_that_plays_a_file_holds_no_other(side: Side, speech_file: Path) -> None:
    first = await side.echo()
    await side.echo(play=str(speech_file))
    assert "held closed" not in transcript.of_call(side.engine.events, first)


# Refusals


def _long(digits: int) -> str:
    return "1" * digits


async def test_what_cannot_be_done_is_refused_by_kind(side: Side, tmp_path: Path) -> None:
    await side.engine.client.ask(
        told.AddAccount(name="off", fields=side.fields(enabled=False, register=False))
    )
    assert await refusal(side, told.PlaceCall(target="bob")) == "no_account"
    await side.engine.client.ask(told.AddAccount(name=ACCOUNT, fields=side.fields(register=False)))
    call = await side.echo()
    for command, kind in (
        (told.HangUp(call="99"), "no_call"),
        (told.Mute(call="99"), "no_call"),
        (told.GetLock(call="99"), "no_call"),
        (told.AnswerCall(call=call), "wrong_state"),
        (told.DeclineCall(call=call), "wrong_state"),
        (told.Resume(call=call), "wrong_state"),
        (told.SendDigits(call=call, digits="12x"), "bad_digits"),
        (told.SendDigits(call=call, digits=""), "bad_digits"),
        (told.SendDigits(call=call, digits=_long(65)), "bad_digits"),
        (told.PlaceCall(target="bob", account="nobody"), "no_account"),
        (told.PlaceCall(target="bob", account="off"), "disabled"),
        (told.PlaceCall(target="bob@-", account=ACCOUNT), "bad_target"),
        (told.PlaceCall(target="echo", play="/nonexistent.wav"), "bad_file"),
        (told.PlaceCall(target="echo", record=str(tmp_path / "x.mp3")), "bad_file"),
        (told.Play(call=call, path="relative.wav"), "bad_file"),
        (told.Record(call=call, path="/nonexistent/x.wav"), "bad_file"),
        (told.RegisterAccount(account="nobody"), "no_account"),
        (told.CheckAccount(name="nobody"), "no_account"),
        (told.AddAccount(name=ACCOUNT, fields=side.fields()), "bad_account"),
        (told.AddAccount(name="echo", fields=side.fields()), "bad_account"),
        (told.AddAccount(name="x", fields={"user": "x"}), "bad_account"),
        (told.EditAccount(name=ACCOUNT, fields={"expires_s": 1}), "bad_account"),
        (told.EditAccount(name="nobody", fields={}), "bad_account"),
        (told.EditAccount(name=ACCOUNT, fields={}, version="another"), "changed"),
        (told.RemoveAccount(name="nobody"), "bad_account"),
        (told.MoveAccount(name="nobody", place=0), "bad_account"),
        (told.GetLock(), "bad_request"),
        (told.GetHistory(before="x"), "bad_request"),
        (told.ChangeSettings(changes={"audio.frame_ms": 15}), "bad_settings"),
        (told.ChangeSettings(changes={"nonsense": 1}), "bad_settings"),
        (told.Stop(), "busy"),
    ):
        assert (command, await refusal(side, command)) == (command, kind)
    # None of it has harmed the call.
    (now,) = (await side.engine.status()).calls
    assert (now.state, now.lock.state) == (CallState.ACTIVE, LockState.CLOSED)


# Accounts and their server


async def test_an_account_registers_with_the_chain_that_its_server_showed(side: Side) -> None:
    await side.register()
    (account,) = (await side.engine.status()).accounts
    assert (account.name, account.aor) == (ACCOUNT, "sip:alice@pbx.example.com")
    registration = account.registration
    assert (registration.state, registration.code, registration.reason) == (
        RegistrationState.REGISTERED, 200, "OK",
    )  # fmt: skip
    assert registration.expires_s == 300
    assert account.tls is not None
    assert (account.tls.version, account.tls.verified) == ("TLSv1.3", True)
    assert account.tls.peer == account.tls.chain[0]
    assert account.tls.peer.names == (side.host,)
    assert transcript.of_account(side.engine.events, ACCOUNT) == [
        "offline",
        "registering",
        "registered",
    ]
    engine = (await side.engine.status()).engine
    assert engine.pjsip == "2.17"
    assert (engine.tls_library or "").startswith("OpenSSL 3.")


@pytest.mark.parametrize(
    ("code", "words"),
    [(403, "the server does not allow it"), (404, "there is nobody of that name"), (599, "Said")],
)
async def test_a_server_that_says_no(side: Side, code: int, words: str) -> None:
    side.server_says(code)
    await side.register()
    (account,) = (await side.engine.status()).accounts
    registration = account.registration
    assert (registration.state, registration.code) == (RegistrationState.FAILED, code)
    assert registration.reason == words
    assert account.tls is not None
    side.server_says(200)
    await side.engine.client.ask(told.RegisterAccount(account=ACCOUNT))
    await side.engine.until_registered(ACCOUNT)


async def test_a_server_that_is_not_there(side: Side) -> None:
    side.server_is_gone()
    await side.register()
    (account,) = (await side.engine.status()).accounts
    registration = account.registration
    assert (registration.state, registration.code) == (RegistrationState.FAILED, 503)
    assert registration.reason.startswith("the connection failed: ")
    assert account.tls is None
    call = await side.engine.call("100")
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.reason) == (Outcome.FAILED, 503, registration.reason)


async def test_accounts_are_added_changed_moved_and_removed(side: Side) -> None:
    client = side.engine.client
    for name in ("a", "b"):
        await side.register(name, user=name)
    assert [a.name for a in (await side.engine.status()).accounts] == ["a", "b"]

    await client.ask(told.MoveAccount(name="b", place=0))
    await side.engine.until(told.AccountsOrdered, lambda e: e.names == ("b", "a"))
    assert [a.name for a in (await side.engine.status()).accounts] == ["b", "a"]

    listing = await client.get(told.GetAccounts(), told.AccountList)
    fields = next(a for a in listing.accounts if a.name == "a")
    assert fields.fields == side.fields(user="a")
    position = len(side.engine.events)
    await client.ask(
        told.EditAccount(name="a", fields={"display_name": "Al"}, version=fields.version)
    )
    await side.engine.until_registered("a", position)
    again = await client.get(told.GetAccounts(), told.AccountList)
    changed = next(a for a in again.accounts if a.name == "a")
    assert changed.fields["display_name"] == "Al"
    assert changed.version != fields.version

    position = len(side.engine.events)
    await client.ask(told.EditAccount(name="a", fields={"enabled": False}))
    off = await side.engine.until(told.AccountEvent, lambda e: e.account.name == "a", position)
    assert (off.account.enabled, off.account.registration.state) == (False, "offline")
    await client.ask(told.EditAccount(name="a", fields={"enabled": None}))
    await side.engine.until_registered("a", position)

    await client.ask(told.RemoveAccount(name="a"))
    await side.engine.until(told.AccountRemoved, lambda e: e.name == "a")
    assert [a.name for a in (await side.engine.status()).accounts] == ["b"]


async def test_fields_are_checked_without_saving_them(side: Side) -> None:
    client = side.engine.client
    good = await client.get(
        told.CheckFields(name=ACCOUNT, fields=side.fields(), new=True), told.FieldProblems
    )
    assert good.problems == {}
    assert good.password_place
    bad = await client.get(
        told.CheckFields(name="-", fields=side.fields(expires_s=1), new=True), told.FieldProblems
    )
    assert set(bad.problems) == {"name", "expires_s"}
    assert (await side.engine.status()).accounts == ()


async def test_a_password_is_kept_and_never_told(side: Side) -> None:
    saved = await side.engine.client.get(
        told.AddAccount(name=ACCOUNT, fields=side.fields(), password="correct horse"),
        told.AccountSaved,
    )
    assert saved.password_place
    await side.engine.until_registered(ACCOUNT)
    for command in (told.GetAccounts(), told.GetStatus(), told.GetEngineLog()):
        answer = await side.engine.client.get(command, dict[str, Any])
        assert "correct horse" not in json.dumps(answer)


async def test_a_connection_that_drops_opens_the_lock_and_is_made_again(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    side.answers(call)
    await side.engine.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(side.engine.events)
    side.drop_connection()
    dropped = await side.engine.until_call(lambda c: not c.lock.closed, position)
    assert dropped.state is CallState.ACTIVE
    assert dropped.lock.why == "the TLS connection to the server has dropped"
    await side.engine.until_registered(ACCOUNT, position)
    assert transcript.of_account(side.engine.events[position:], ACCOUNT) == [
        "registering",
        "registered",
    ]
    # A new connection is another one: this call's lock stays open.
    (now,) = (await side.engine.status()).calls
    assert (now.state, now.lock.state) == (CallState.ACTIVE, LockState.OPEN)


async def test_a_worker_that_dies_costs_its_calls_alone(side: Side) -> None:
    await side.register()
    call = await side.echo()
    position = len(side.engine.events)
    await side.worker_dies()
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.reason) == (
        Outcome.LOST,
        "lost: the worker was ended by SIGKILL",
    )
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *ANSWERED,
        "row: lost",
        "ended open",
    ]
    await side.engine.until(told.WorkerEvent, lambda e: not e.up, position)
    await side.engine.until(told.WorkerEvent, lambda e: e.up, position)
    await side.engine.until_registered(ACCOUNT, position)
    assert transcript.of_account(side.engine.events[position:], ACCOUNT) == [
        "unregistered",
        "registering",
        "registered",
    ]
    assert (await side.engine.status()).calls == ()


# Calls through the account's server


async def test_a_call_that_rings_and_is_answered(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    side.rings(call)
    ringing = await side.engine.until_state(call, CallState.RINGING)
    assert (ringing.code, ringing.lock.why) == (180, "no voice is flowing yet")
    assert ringing.remote.uri == "sip:100@pbx.example.com"
    side.answers(call)
    active = await side.engine.until_state(call, CallState.ACTIVE)
    assert active.lock.why == f"encrypted to {side.host}; beyond it, unknown"
    side.holds(call, on=True)
    await side.engine.until_state(call, CallState.REMOTE_HELD)
    position = len(side.engine.events)
    side.holds(call, on=False)
    await side.engine.until_call(lambda c: c.state is CallState.ACTIVE, position)
    side.hangs_up(call)
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        "row: ongoing",
        "dialing open",
        "ringing open",
        "connecting open",
        "row: ongoing",
        "active closed",
        "remote_held closed",
        "active closed",
        *ENDED,
    ]
    side.engine.check_lock_evidence(call)


@pytest.mark.parametrize(
    ("code", "reason", "outcome", "words"),
    [
        (486, "Busy Here", Outcome.BUSY, "busy"),
        (603, "Decline", Outcome.DECLINED, "declined"),
        (404, "Not Found", Outcome.FAILED, "there is nobody of that name"),
        (599, "Gone fishing", Outcome.FAILED, "Gone fishing"),
    ],
)
async def test_a_call_that_is_refused(
    side: Side, code: int, reason: str, outcome: Outcome, words: str
) -> None:
    await side.register()
    call = await side.dial("100")
    side.refuses(call, code, reason)
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.reason) == (outcome, code, words)
    ended = await side.engine.until_state(call, CallState.ENDED)
    assert (ended.code, ended.reason) == (code, words)
    assert transcript.of_call(side.engine.events, call) == [
        "row: ongoing",
        "dialing open",
        f"row: {outcome}",
        "ended open",
    ]


async def test_a_call_that_is_given_up(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    side.rings(call)
    await side.engine.until_state(call, CallState.RINGING)
    await side.engine.client.ask(told.HangUp(call=call))
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.answered) == (Outcome.CANCELLED, 487, None)


async def test_somebody_calls_and_is_answered(side: Side) -> None:
    await side.register()
    call = await side.incoming(BOB)
    await side.engine.client.ask(told.AnswerCall(call=call))
    active = await side.engine.until_state(call, CallState.ACTIVE)
    assert (active.direction, active.account) == ("in", ACCOUNT)
    assert (active.remote.name, active.remote.uri) == ("Bob", "sip:bob@example.com")
    await side.engine.client.ask(told.HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        "row: ongoing",
        "incoming open",
        "connecting open",
        "row: ongoing",
        "active closed",
        *ENDED,
    ]


async def test_answering_holds_the_other_call(side: Side) -> None:
    await side.register()
    first = await side.echo()
    second = await side.incoming(BOB)
    await side.engine.client.ask(told.AnswerCall(call=second))
    await side.engine.until_state(second, CallState.ACTIVE)
    held = await side.engine.until_state(first, CallState.HELD)
    assert held.lock.closed


@pytest.mark.parametrize("busy", [False, True])
async def test_somebody_calls_and_is_declined(side: Side, busy: bool) -> None:
    await side.register()
    call = await side.incoming(BOB)
    await side.engine.client.ask(told.DeclineCall(call=call, busy=busy))
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code) == (Outcome.DECLINED, 486 if busy else 603)
    assert transcript.of_call(side.engine.events, call) == [
        "row: ongoing",
        "incoming open",
        "row: declined",
        "ended open",
    ]


async def test_somebody_calls_and_gives_up(side: Side) -> None:
    await side.register()
    call = await side.incoming(BOB)
    side.gives_up(call)
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.direction) == (Outcome.MISSED, 487, "in")
    missed = await side.engine.client.get(told.GetHistory(missed=True), told.HistoryPage)
    assert [entry.id for entry in missed.entries] == [call]


async def test_a_name_full_of_control_characters_is_harmless_text(side: Side) -> None:
    await side.register()
    name = "\x1b]0;owned\x07 \u202eevil\u2066" + "x" * 200
    call = await side.incoming(f'"{name}" <sip:bob@example.com>')
    ringing = await side.engine.until_state(call, CallState.INCOMING)
    assert not set("\x1b\x07\u202e\u2066") & set(ringing.remote.name)
    assert len(ringing.remote.name) <= 80
    assert "evil" in ringing.remote.name


# What a screen asks for


async def test_the_lock_of_a_call_and_of_an_account_in_detail(side: Side) -> None:
    await side.register()
    of_account = await side.engine.client.get(told.GetLock(account=ACCOUNT), LockReport)
    assert of_account.state is LockState.CLOSED
    assert of_account.tls is not None
    call = await side.dial("100")
    opened = await side.engine.client.get(told.GetLock(call=call), LockReport)
    assert (opened.state, opened.streams) == (LockState.OPEN, ())
    assert opened.remedy
    side.answers(call)
    await side.engine.until_call(lambda c: c.lock.closed)
    closed = await side.engine.client.get(told.GetLock(call=call), LockReport)
    assert closed.why == f"encrypted to {side.host}; beyond it, unknown"
    assert closed.remedy is None
    assert all(fact.holds for fact in closed.facts)
    # What is known of a call grows with it, in the same order.
    names = [fact.name for fact in opened.facts]
    assert [fact.name for fact in closed.facts][: len(names)] == names
    assert closed.tls == of_account.tls
    (stream,) = closed.streams
    assert (stream.kind, stream.srtp, stream.keying) == ("voice", True, "sdes")
    assert stream.suite
    assert stream.codec


async def test_the_log_is_paged_and_filtered(side: Side) -> None:
    await side.register()
    calls = []
    for _ in range(2):
        call = await side.engine.call("echo", hangup_after_s=0)
        await side.engine.until_logged(call)
        calls.append(call)
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)

    async def page(**wanted: Any) -> tuple[list[str], int]:
        answer = await side.engine.client.get(told.GetHistory(**wanted), told.HistoryPage)
        return [entry.id for entry in answer.entries], answer.total

    first, second = calls
    assert await page() == ([missed, second, first], 3)
    assert await page(limit=2) == ([missed, second], 3)
    assert await page(limit=2, offset=2) == ([first], 3)
    assert (await page(before=second))[0] == [first]
    assert await page(search="bob") == ([missed], 1)
    assert await page(search="nobody at all") == ([], 0)
    assert await page(missed=True) == ([missed], 1)
    assert await page(account="echo") == ([second, first], 2)
    assert await page(secure=True) == ([second, first], 2)
    assert await page(secure=False) == ([missed], 1)


async def test_settings_are_changed_for_everybody_and_kept(side: Side) -> None:
    client = side.engine.client
    before = await client.get(told.GetSettings(), told.SettingsData)
    assert before.problem is None
    assert before.folder == str(side.engine.folder / "config")
    await client.ask(told.ChangeSettings(changes={"screen.theme": "light", "audio.ring": False}))
    event = await side.engine.until(told.SettingsEvent, lambda e: True)
    after = await client.get(told.GetSettings(), told.SettingsData)
    assert after.settings == event.settings
    assert (after.settings.screen.theme, after.settings.audio.ring) == ("light", False)
    await client.ask(told.ChangeSettings(changes={"screen.theme": None}))
    back = await client.get(told.GetSettings(), told.SettingsData)
    assert back.settings.screen == before.settings.screen
    assert "theme" not in (side.engine.folder / "config" / "config.toml").read_text()


async def test_devices_are_looked_up_anew(side: Side) -> None:
    devices = await side.engine.client.get(told.GetDevices(), told.Devices)
    assert devices.in_use == "sound is switched off"


async def test_the_doctor_finds_that_calls_can_be_made(side: Side) -> None:
    report = await side.engine.client.get(told.Doctor(), told.DoctorReport)
    assert report.ok, report.findings
    assert (report.pjsip, report.tls13) == ("2.17", True)
    assert "AEAD_AES_256_GCM" in report.srtp_suites


async def test_the_log_of_the_engine_tells_its_beginning(side: Side) -> None:
    log = await side.engine.client.get(told.GetEngineLog(limit=50), told.EngineLog)
    assert log.path == str(side.engine.folder / "state" / "engine.log")
    version = (await side.engine.status()).engine.version
    assert any(f"Offhook {version} is up" in line for line in log.lines)


async def test_the_echo_line_starts_and_stops(side: Side) -> None:
    started = await side.engine.client.get(told.StartEcho(), told.EchoStarted)
    event = await side.engine.until(told.EchoEvent, lambda e: e.uri is not None)
    assert event.uri == started.uri
    assert started.uri.startswith("sip:echo@127.0.0.1:")
    await side.engine.client.ask(told.StopEcho())
    await side.engine.until(told.EchoEvent, lambda e: e.uri is None)
    assert not (side.engine.folder / "run" / "echo").exists()


async def test_the_status_is_what_the_events_left(side: Side) -> None:
    await side.register()
    call = await side.echo()
    await side.engine.client.ask(told.Mute(call=call))
    async with await connect(side.engine.socket) as other:
        status = await other.get(told.GetStatus(), Status)
    accounts: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    for numbered in side.engine.events:
        if isinstance(numbered.event, told.AccountEvent):
            accounts[numbered.event.account.name] = numbered.event.account
        elif isinstance(numbered.event, told.CallEvent):
            calls[numbered.event.call.id] = numbered.event.call
    assert tuple(accounts.values()) == status.accounts
    assert [(c.id, c.state, c.lock, c.muted) for c in calls.values()] == [
        (c.id, c.state, c.lock, c.muted) for c in status.calls
    ]
