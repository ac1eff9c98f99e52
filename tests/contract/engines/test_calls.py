"""Both engines: calls to the echo line and through an account's server."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from tests.contract.engines import transcript
from tests.contract.engines.sides import ACCOUNT, BOB, Side
from tests.support.attached import connect
from voip.client.errors import CommandFailed
from voip.model import CallState, Outcome, PostDial, TransferState
from voip.protection import LockState
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallStarted,
    DeclineCall,
    GetHistory,
    HangUp,
    HistoryPage,
    Hold,
    Mute,
    Play,
    Record,
    RefuseTransfer,
    Resume,
    SendDigits,
    SendRest,
    TransferCall,
    TransferEvent,
)
from voip.protocol.phone import Subscribe
from voip.protocol.sound import LevelsEvent


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
    await side.engine.client.ask(HangUp(call=call))
    ended = await side.engine.until_state(call, CallState.ENDED)
    assert (ended.code, ended.lock.why) == (200, "the call has ended")
    assert transcript.of_call(side.engine.events, call) == [*transcript.ANSWERED, *transcript.ENDED]
    (row,) = (await side.engine.client.get(GetHistory(), HistoryPage)).entries
    assert (row.id, row.outcome, row.code, row.reason) == (call, Outcome.ANSWERED, 200, "")
    assert (row.lock, row.lock_was_open, row.codec) == (LockState.CLOSED, False, ended.codec)
    assert (await side.engine.status()).calls == ()
    side.engine.check_lock_evidence(call)


async def test_hold_resume_and_mute(side: Side) -> None:
    call = await side.echo()
    client = side.engine.client
    await client.ask(Hold(call=call))
    await side.engine.until_state(call, CallState.HELD)
    position = len(side.engine.events)
    await client.ask(Resume(call=call))
    await side.engine.until_call(lambda c: c.state is CallState.ACTIVE, position)
    await client.ask(Mute(call=call))
    await client.ask(Mute(call=call, on=False))
    await client.ask(SendDigits(call=call, digits="12*#,D"))
    await client.ask(HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *transcript.ANSWERED,
        "held closed",
        "active closed",
        "active closed muted",
        "active closed",
        *transcript.ENDED,
    ]


async def test_a_file_takes_the_microphones_place_until_it_is_over(
    side: Side, speech_file: Path
) -> None:
    call = await side.echo()
    await side.engine.client.ask(Play(call=call, path=str(speech_file)))
    await side.engine.until_call(lambda c: c.playing)
    position = len(side.engine.events)
    side.file_ends(call)
    await side.engine.until_call(lambda c: not c.playing, position)
    position = len(side.engine.events)
    await side.engine.client.ask(Play(call=call, path=str(speech_file)))
    await side.engine.until_call(lambda c: c.playing, position)
    position = len(side.engine.events)
    await side.engine.client.ask(Play(call=call, path=None))
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
    await side.engine.client.ask(Record(call=call, path=str(file)))
    await side.engine.client.ask(Record(call=call))
    await side.engine.client.ask(HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *transcript.ANSWERED,
        "active closed recording",
        "active closed",
        *transcript.ENDED,
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
        await watcher.ask(Subscribe(levels=True))
        call = await side.echo()
        side.time_passes(call)
        async for numbered in watcher.events():
            if isinstance(numbered.event, LevelsEvent):
                assert numbered.event.call == call
                assert 0 <= numbered.event.rx <= 1
                assert 0 <= numbered.event.tx <= 1
                break
    kinds = {type(numbered.event) for numbered in side.engine.events}
    assert LevelsEvent not in kinds


# Several calls


async def test_a_second_call_holds_the_first_and_a_switch_swaps_them(side: Side) -> None:
    first = await side.echo()
    second = await side.echo()
    position = len(side.engine.events)
    await side.engine.until_state(first, CallState.HELD)
    await side.engine.client.ask(Resume(call=first))
    await side.engine.until_call(lambda c: c.id == first and c.state is CallState.ACTIVE, position)
    states = {c.id: c.state for c in (await side.engine.status()).calls}
    assert states == {first: CallState.ACTIVE, second: CallState.HELD}
    await side.engine.client.ask(HangUp(call=first))
    await side.engine.until_state(first, CallState.ENDED)
    states = {c.id: c.state for c in (await side.engine.status()).calls}
    assert states == {second: CallState.HELD}


async def test_a_call_that_plays_a_file_holds_no_other(side: Side, speech_file: Path) -> None:
    first = await side.echo()
    await side.echo(play=str(speech_file))
    assert "held closed" not in transcript.of_call(side.engine.events, first)


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
        *transcript.ENDED,
    ]
    side.engine.check_lock_evidence(call)


async def test_a_transfer_that_fails_and_one_that_does_not(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    side.answers(call)
    await side.engine.until_state(call, CallState.ACTIVE)
    client = side.engine.client
    await client.ask(TransferCall(call=call, target="200"))
    side.transfers(call, 180, "Ringing", last=False)
    side.transfers(call, 486, "Busy Here", last=True)
    event = await side.engine.until(
        TransferEvent, lambda e: e.transfer.state is TransferState.FAILED
    )
    assert event.transfer.target.uri == "sip:200@pbx.example.com"
    assert (event.transfer.code, event.transfer.reason) == (486, "busy")
    failed = event.transfer
    await side.engine.until_call(lambda c: c.state is CallState.ACTIVE and c.transfer == failed)
    await client.ask(TransferCall(call=call, target="300"))
    side.transfers(call, 200, "OK", last=True)
    entry = await side.engine.until_logged(call)
    assert (entry.outcome, entry.reason) == (
        Outcome.TRANSFERRED,
        "transferred to 300@pbx.example.com",
    )
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *transcript.ANSWERED,
        "held closed",
        "active closed",
        "held closed",
        "row: transferred",
        "ended open",
    ]
    side.engine.check_lock_evidence(call)


async def test_dial_string_waits_for_the_user(side: Side) -> None:
    await side.register()
    call = await side.dial("100,1;2")
    side.answers(call)
    progress = await side.engine.until_call(
        lambda c: c.id == call and c.post_dial is not None and c.post_dial.waits
    )
    assert progress.post_dial == PostDial(sent=1, total=2, begun=True, waits=True)
    position = len(side.engine.events)
    await side.engine.client.ask(SendRest(call=call))
    await side.engine.until_call(lambda c: c.id == call and c.post_dial is None, position)
    side.hangs_up(call)
    await side.engine.until_state(call, CallState.ENDED)


@pytest.mark.parametrize(
    ("code", "reason", "outcome", "words"),
    [
        (486, "Busy Here", Outcome.BUSY, "busy"),
        (603, "Decline", Outcome.DECLINED, "declined"),
        (404, "Not Found", Outcome.FAILED, "there is nobody of that name"),
        (599, "Gone fishing", Outcome.FAILED, "the server says “Gone fishing”"),
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
    await side.engine.client.ask(HangUp(call=call))
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.answered) == (Outcome.CANCELLED, 487, None)


async def test_somebody_calls_and_is_answered(side: Side) -> None:
    await side.register()
    call = await side.incoming(BOB)
    await side.engine.client.ask(AnswerCall(call=call))
    active = await side.engine.until_state(call, CallState.ACTIVE)
    assert (active.direction, active.account) == ("in", ACCOUNT)
    assert (active.remote.name, active.remote.uri) == ("Bob", "sip:bob@example.com")
    await side.engine.client.ask(HangUp(call=call))
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        "row: ongoing",
        "incoming open",
        "connecting open",
        "row: ongoing",
        "active closed",
        *transcript.ENDED,
    ]


async def test_answering_holds_the_other_call(side: Side) -> None:
    await side.register()
    first = await side.echo()
    second = await side.incoming(BOB)
    await side.engine.client.ask(AnswerCall(call=second))
    await side.engine.until_state(second, CallState.ACTIVE)
    held = await side.engine.until_state(first, CallState.HELD)
    assert held.lock.closed


@pytest.mark.parametrize("busy", [False, True])
async def test_somebody_calls_and_is_declined(side: Side, busy: bool) -> None:
    await side.register()
    call = await side.incoming(BOB)
    await side.engine.client.ask(DeclineCall(call=call, busy=busy))
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
    missed = await side.engine.client.get(GetHistory(missed=True), HistoryPage)
    assert [entry.id for entry in missed.entries] == [call]


async def test_text_full_of_control_characters_is_harmless(side: Side) -> None:
    await side.register()
    evil = "\x1b]0;owned\x07 \u202eevil\u2066" + "x" * 4000
    call = await side.incoming(f'"{evil[:200]}" <sip:bob@example.com>')
    ringing = await side.engine.until_state(call, CallState.INCOMING)
    side.gives_up(call)
    await side.engine.until_logged(call)
    call = await side.dial("100")
    side.refuses(call, 599, evil)
    row = await side.engine.until_logged(call)
    ended = await side.engine.until_state(call, CallState.ENDED)
    for text in (ringing.remote.name, row.reason, ended.reason):
        assert "evil" in text
        assert not set("\x1b\x07\u202e\u2066") & set(text)
    assert len(ringing.remote.name) <= 80


async def test_a_far_end_asks_to_connect_the_user_with_somebody(side: Side) -> None:
    await side.register()
    call = await side.incoming(BOB)
    await side.engine.client.ask(AnswerCall(call=call))
    await side.engine.until_state(call, CallState.ACTIVE)
    side.asks_for_transfer(call, '"Carol" <sip:carol@pbx.example.com>')
    asked = await side.engine.until_call(lambda c: c.asked is not None)
    assert asked.asked is not None
    assert (asked.asked.uri, asked.asked.name) == ("sip:carol@pbx.example.com", "Carol")
    position = len(side.engine.events)
    await side.engine.client.ask(RefuseTransfer(call=call))
    await side.engine.until_call(lambda c: c.asked is None, position)
    with pytest.raises(CommandFailed, match="does not ask to connect you"):
        await side.engine.client.ask(RefuseTransfer(call=call))
    position = len(side.engine.events)
    side.asks_for_transfer(call, "<sip:carol@pbx.example.com>")
    await side.engine.until_call(lambda c: c.asked is not None, position)
    new = await side.engine.client.get(AcceptTransfer(call=call), CallStarted)
    placed = await side.engine.until_call(lambda c: c.id == new.call)
    assert placed.remote.uri == "sip:carol@pbx.example.com"
    await side.engine.until_state(call, CallState.HELD)
