"""A played file, a busy answer and a stopping engine, as clients see them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.media.pulse import RATE, Samples
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import DeclineCall, HangUp, Play
from voip.protocol.phone import Stop, StoppingEvent


def silence(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * int(16000 * seconds)))
    return path


def quiet(samples: Samples) -> bool:
    return len(samples) > RATE // 4 and not loud(samples)


def loud(samples: Samples) -> bool:
    return bool(np.abs(samples[-RATE // 4 :].astype(int)).max(initial=0) > 300)


async def test_a_file_plays_until_it_is_over(new_phone: NewPhone, place: Path) -> None:
    phone = await new_phone()
    file = silence(place / "a.wav", 1)
    call = await phone.call("echo", play=str(file))
    assert not phone.locks(call)[0].playing, "nothing plays before the answer"
    playing = await phone.until_call(lambda c: c.id == call and c.playing)
    over = await phone.until_call(lambda c: c.duration_s > 0 and not c.playing)
    assert playing.state is CallState.ACTIVE
    assert over.state is CallState.ACTIVE
    position = len(phone.events)
    await phone.client.ask(Play(call=call, path=str(silence(place / "b.wav", 60))))
    await phone.until_call(lambda c: c.playing, position)
    position = len(phone.events)
    await phone.client.ask(Play(call=call, path=None))
    await phone.until_call(lambda c: not c.playing, position)
    await phone.client.ask(Play(call=call, path=str(silence(place / "c.wav", 60))))
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    assert not phone.locks(call)[-1].playing


async def test_a_file_that_another_replaces_is_closed(new_phone: NewPhone, place: Path) -> None:
    phone = await new_phone()
    call = await phone.call("echo", play=str(silence(place / "a.wav", 60)))
    await phone.until_call(lambda c: c.id == call and c.playing)
    assert _sounds(phone) == ["a.wav"]
    await phone.client.ask(Play(call=call, path=str(silence(place / "b.wav", 60))))
    while _sounds(phone) != ["b.wav"]:
        # Its measurements come each second.
        await phone.until_call(lambda c: c.id == call, len(phone.events))


def _sounds(phone: Phone) -> list[str]:
    """Names of the files that the workers play."""
    names: list[str] = []
    for pid in phone.worker_pids():
        for file in Path(f"/proc/{pid}/fd").iterdir():
            # One may be closed while they are looked at.
            with contextlib.suppress(FileNotFoundError):
                names.append(file.readlink().name)
    return sorted(name for name in names if name.endswith(".wav"))


@pytest.mark.parametrize("placed_with_a_file", [False, True])
async def test_the_microphone_comes_back_after_a_file_if_it_was_in_use(
    new_pulse: NewPulse,
    new_sound_phone: NewSoundPhone,
    place: Path,
    tone: Path,
    placed_with_a_file: bool,
) -> None:
    desk = await new_pulse("desk")
    phone = await new_sound_phone(desk.client_environment)
    pause = str(silence(place / "pause.wav", 2))
    async with desk.listen() as ear:
        speaking = asyncio.create_task(desk.speak(tone))
        try:
            if placed_with_a_file:
                call = await phone.call("echo", play=pause)
            else:
                call = await phone.call("echo")
                await ear.until(loud)
                await phone.client.ask(Play(call=call, path=pause))
            position = len(phone.events)
            await phone.until_call(lambda c: c.playing)
            await ear.until(quiet, ear.position)
            await phone.until_call(lambda c: c.state.answered and not c.playing, position)
            if placed_with_a_file:
                assert quiet(await ear.hear(2))
            else:
                await ear.until(loud, ear.position)
        finally:
            speaking.cancel()
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


@pytest.mark.parametrize(("busy", "code"), [(True, 486), (False, 603)])
async def test_an_incoming_call_is_answered_with_busy_or_declined(
    kamailio: Kamailio, new_phone: NewPhone, busy: bool, code: int
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_open(user, LOOPBACK, kamailio.port)
        await phone.until_registered(user)
    out = await alice.call("bob")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(DeclineCall(call=ringing.id, busy=busy))
    entry = await alice.until_logged(out)
    assert entry.code == code
    assert entry.outcome is (Outcome.BUSY if busy else Outcome.DECLINED)
    assert (await bob.until_logged(ringing.id)).outcome is Outcome.DECLINED


@pytest.mark.parametrize("by", ["command", "signal"])
async def test_clients_hear_that_the_engine_stops(new_phone: NewPhone, by: str) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    if by == "command":
        await phone.client.ask(Stop(force=True))
    else:
        assert phone.process is not None
        phone.process.send_signal(signal.SIGTERM)
    await phone.until(StoppingEvent, lambda e: True)
    # The call's end is still reported.
    await phone.until_logged(call)
    kinds = [type(e.event) for e in phone.events]
    assert kinds.count(StoppingEvent) == 1
    assert kinds.index(StoppingEvent) < len(kinds) - 1


_ODD_FILES = {
    "a chunk of odd length before the sound": (b"LIST\x03\0\0\0abc\0", 2000),
    "an empty chunk before the sound": (b"JUNK\0\0\0\0", 2000),
    "a length that nobody knew": (b"", 0),
}


@pytest.mark.parametrize("kind", list(_ODD_FILES))
async def test_a_file_that_was_written_in_another_way_is_heard(
    new_phone: NewPhone, place: Path, kind: str
) -> None:
    before, length = _ODD_FILES[kind]
    phone = await new_phone()
    tone = (10_000 * np.sin(np.arange(32_000) / 4)).astype("<i2").tobytes()
    plain = (silence(place / "plain.wav", 0)).read_bytes()[:36]
    file = place / "odd.wav"
    size = len(tone) if length else 0
    whole = 4 + 24 + len(before) + 8 + len(tone) if length else 0
    file.write_bytes(
        plain[:4] + whole.to_bytes(4, "little") + plain[8:] + before
        + b"data" + size.to_bytes(4, "little") + tone
    )  # fmt: skip
    back = place / "back.wav"
    call = await phone.call("echo", play=str(file), record=str(back))
    await phone.until_call(lambda c: c.id == call and c.duration_s > 0 and not c.playing)
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    # Two seconds of a tone, at more than half of its strength.
    loud_parts = np.abs(sound.load(back)) > 5000
    assert loud_parts.sum() / sound.RATE > 0.5


async def test_a_file_that_cannot_be_played_is_refused_before_anything_rings(
    new_phone: NewPhone, place: Path
) -> None:
    phone = await new_phone()
    (place / "music.wav").write_bytes(b"ID3\x03 music")
    _, err = await phone.run("call", "echo", "--play", str(place / "music.wav"), status=1)
    assert "music.wav is not a WAV file: save it as a WAV file, 16-bit PCM" in err
    assert (await phone.json("history"))["entries"] == []
