"""A newcomer's first call: one command, without account or configuration."""

from __future__ import annotations

import asyncio
import json
import ssl
import wave
from pathlib import Path

from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.phone import Phone
from voip.client.stream import Client
from voip.model import CallState
from voip.protocol.calls import HangUp, Record
from voip.protocol.phone import EchoEvent, StopEcho, Subscribe
from voip.protocol.sound import LevelsEvent


async def test_one_command_calls_the_echo_line_and_the_lock_closes(
    place: Path, speech: Path
) -> None:
    # The engine is not running: the command starts it.
    phone = Phone(place / "p")
    back = place / "back.wav"
    out, err = await phone.run(
        "call", "echo", "--play", str(speech), "--record", str(back),
        "--hangup-after", "8", "--wait", "--json",
    )  # fmt: skip
    await phone.run("stop")
    report = json.loads(out)
    assert report["outcome"] == "answered"
    assert report["lock"]["state"] == "closed"
    assert report["lock"]["signalling"]["version"] == "TLSv1.3"
    assert report["lock"]["media"][0]["suite"] == "AEAD_AES_256_GCM"
    assert "[server] encrypted to 127.0.0.1; beyond it, unknown" in err
    assert sound.piecewise(speech, back) > 0.9


async def test_the_authority_is_trusted_for_that_call_only(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    started = await phone.until(EchoEvent, lambda e: e.uri is not None)
    assert started.uri is not None
    port = started.uri.rpartition(":")[2]
    # An account with the ordinary authorities does not accept the line.
    await phone.add("work", user="me", domain="127.0.0.1", server=f"127.0.0.1:{port}")
    account = await phone.until_failed("work")
    assert "no authority that is trusted" in account.registration.reason
    pem = ssl.get_server_certificate(("127.0.0.1", int(port)))
    assert "BEGIN CERTIFICATE" in pem
    await phone.client.ask(HangUp(call=call))
    await phone.until_state(call, CallState.ENDED)


async def test_the_line_can_be_stopped_and_started_again(new_phone: NewPhone) -> None:
    phone = await new_phone()
    for _ in range(2):
        call = await phone.call("echo", hangup_after_s=0.5)
        entry = await phone.until_logged(call)
        assert entry.outcome == "answered", entry
        await phone.client.ask(StopEcho())
    assert not (phone.folder / "run" / "echo").exists()


async def test_hold_resume_mute_digits_and_recording(new_phone: NewPhone, place: Path) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    await phone.run("hold", call)
    held = await phone.until_state(call, CallState.HELD)
    assert held.lock.closed, held.lock.why
    position = len(phone.events)
    await phone.run("resume", call)
    resumed = await phone.until_call(
        lambda c: c.id == call and c.state is CallState.ACTIVE, position
    )
    assert resumed.lock.closed, resumed.lock.why
    await phone.run("mute", call)
    await phone.until_call(lambda c: c.muted)
    await phone.run("unmute", call)
    await phone.run("dtmf", call, "12#")
    await phone.client.ask(Record(call=call, path=str(place / "r.wav")))
    recorded = await phone.until_call(lambda c: c.recording)
    await phone.until_call(lambda c: c.duration_s > recorded.duration_s, len(phone.events))
    await phone.client.ask(Record(call=call, path=None))
    await phone.run("hangup", call)
    entry = await phone.until_logged(call)
    assert entry.lock == "closed"
    assert not entry.lock_was_open
    assert (place / "r.wav").stat().st_size > 44


async def test_what_does_not_fit_the_state_is_refused_in_words(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    for words, said in (
        (("answer", call), f"call {call} is active: it cannot be answered now"),
        (("resume", call), f"call {call} is active: it cannot be resumed now"),
        (("hold", "99"), "there is no call 99"),
        (("dtmf", call, "12x"), "only 0-9 * # A-D"),
        (("stop",), "a call is up: end it first, or use --force"),
        (("call", "echo", "--play", "/nonexistent.wav"), "there is no file /nonexistent.wav"),
        (
            ("call", "echo", "--record", "/nonexistent/x.wav"),
            "is not a folder that can be written to",
        ),
        (("call", "bob"), "there is no account to call with"),
        (("call", "bob", "--account", "x"), "there is no account x"),
    ):
        _, err = await phone.run(*words, status=1)
        assert said in err
        assert "Traceback" not in err
    assert (await phone.status()).calls[0].state is CallState.ACTIVE


async def test_levels_come_to_those_who_ask(new_phone: NewPhone, speech: Path) -> None:
    phone = await new_phone()
    watcher = Client(*await asyncio.open_unix_connection(str(phone.socket), limit=1 << 23))
    await watcher.ask(Subscribe(levels=True))
    call = await phone.call("echo", play=str(speech))

    async def loud() -> LevelsEvent:
        async for numbered in watcher.events():
            event = numbered.event
            if isinstance(event, LevelsEvent) and event.rx > 0.03 and event.tx > 0.03:
                return event
        raise AssertionError("the engine ended")

    level = await asyncio.wait_for(loud(), 20)
    assert level.call == call
    assert not any(isinstance(e.event, LevelsEvent) for e in phone.events)
    await watcher.__aexit__(None, None, None)


async def test_stopping_by_force_ends_the_call_in_good_order(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    await phone.run("stop", "--force")
    await phone.start()
    (entry,) = (await phone.json("history"))["entries"]
    assert (entry["id"], entry["outcome"]) == (call, "answered")


async def test_a_recording_is_complete_when_its_call_is_said_to_have_ended(
    new_phone: NewPhone, place: Path
) -> None:
    phone = await new_phone()
    for number in range(5):
        file = place / f"{number}.wav"
        call = await phone.call("echo", record=str(file), hangup_after_s=0.3)
        await phone.until_logged(call)
        with wave.open(str(file)) as recording:
            assert recording.getnframes() > 0
