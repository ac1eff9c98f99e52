"""Recordings: who is heard on each side of the file, and who hears of it."""

from __future__ import annotations

import asyncio
import itertools
import resource
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.call.hearing.table import ME, TONES, Sides, Table
from tests.support.media.voice import Voice, tones_in
from voip.protection import Transport
from voip.protocol.calls import Hold, Mute, Record, Resume, TalkAside
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(300)]

_BEEP = "c"
"""Party whose tone is that of the beep, and who is never called here."""

_PIECE_S = 0.05
_SPACE_BYTES = 300_000


def on(near: str, far: str) -> Sides:
    return frozenset(near.split()), frozenset(far.split())


async def record(table: Table, name: str, place: Path) -> Path:
    path = place / f"{name}.wav"
    await table.phone.client.ask(Record(call=table.calls[name], path=str(path)))
    return path


async def test_each_side_has_a_channel_as_the_call_goes(
    table: Table, place: Path, transport: Transport
) -> None:
    await table.invite(transport, "a")
    await table.call("a")
    file = await record(table, "a", place)
    ask, call = table.phone.client.ask, table.calls["a"]
    await table.files_hear({file: on(ME, "a")})
    await ask(Mute(call=call))
    await table.files_hear({file: on("", "a")})
    await ask(Mute(call=call, on=False))
    await table.files_hear({file: on(ME, "a")})

    await ask(Hold(call=call, wait=True))
    await table.hear("a")
    size = file.stat().st_size
    await table.hear("a")
    assert file.stat().st_size == size
    await ask(Resume(call=call, wait=True))
    await table.files_hear({file: on(ME, "a")})

    # Nobody hears of it unasked.
    await table.hear("me a")
    await ask(Record(call=call, path=None))
    size = file.stat().st_size
    await table.hear("me a")
    with wave.open(str(file)) as whole:
        assert 44 + 4 * whole.getnframes() == file.stat().st_size >= size


async def test_a_conference_has_all_far_ends_on_one_side(
    table: Table, place: Path, transport: Transport
) -> None:
    await table.invite(transport, "a", "b")
    await table.call("a", "b")
    first = await record(table, "b", place)
    await table.files_hear({first: on(ME, "b")})
    await table.join("b", "a")
    await table.files_hear({first: on(ME, "a b")})
    second = await record(table, "a", place)
    await table.files_hear({first: on(ME, "a b"), second: on(ME, "a b")})
    await table.phone.client.ask(TalkAside(call=table.calls["a"]))
    await table.files_hear({first: on("", "b"), second: on(ME, "a")})
    await table.join("a")
    await table.files_hear({first: on(ME, "a b"), second: on(ME, "a b")})
    await table.hear("me a b")


async def test_far_ends_hear_a_beep_if_that_is_set(table: Table, place: Path) -> None:
    await table.invite(Transport.TLS, "a", "b")
    await table.call("a", "b")
    await table.join("a", "b")
    await table.hear("me a b")
    await table.phone.client.ask(ChangeSettings(changes={"audio.recording_beep": True}))
    voices = {name: table.parties[name].voice for name in "ab"}
    since = {name: len(voice.frames) for name, voice in voices.items()}
    file = await record(table, "a", place)
    async with asyncio.timeout(20):
        while not all(_has_heard_it(voices[name], since[name]) for name in "ab"):
            await table.pass_time(0.1)
    # Two beeps, and what is between them.
    await table.pass_time(16)
    await table.phone.client.ask(Record(call=table.calls["a"], path=None))
    with wave.open(str(file)) as whole:
        rate, count = whole.getframerate(), whole.getnframes()
        both = np.frombuffer(whole.readframes(count), "<i2").reshape(-1, 2) / 32768
    near, far = (_beeps(side, rate) for side in both.T)
    assert not far
    first, second = near
    assert second - first == pytest.approx(15, abs=2 * _PIECE_S)


async def test_a_disk_without_space_is_said_and_the_call_goes_on(table: Table, place: Path) -> None:
    await table.invite(Transport.TLS, "a")
    await table.call("a")
    (worker,) = table.phone.worker_pids()
    _, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (_SPACE_BYTES, hard))
    since = len(table.phone.events)
    file = await record(table, "a", place)
    notice = await table.phone.until(NoticeEvent, lambda e: "recorded" in e.text, since)
    assert notice.text == (
        f"call {table.calls['a']} is not recorded any more: its file cannot be written "
        "(File too large)"
    )
    assert not (await table.now("a")).recording
    await table.hear("me a")
    with wave.open(str(file)) as whole:
        assert 44 + 4 * whole.getnframes() == file.stat().st_size <= _SPACE_BYTES
        assert whole.getnframes() > 0


def _has_heard_it(voice: Voice, since: int) -> bool:
    return any(TONES[_BEEP] in frame.tones for frame in voice.frames[since:])


def _beeps(side: NDArray[np.float64], rate: int) -> list[float]:
    """Seconds at which a beep begins."""
    size, beep = int(_PIECE_S * rate), TONES[_BEEP]
    pieces = [side[at : at + size] for at in range(0, len(side), size)]
    beeping = [beep in tones_in(piece, rate, (beep,)) for piece in pieces]
    turns = enumerate(itertools.pairwise([False, *beeping]))
    return [at * _PIECE_S for at, (before, now) in turns if now and not before]
