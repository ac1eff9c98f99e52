"""Tones in the voice take the microphone's place, and give it back."""

from __future__ import annotations

import pytest

from tests.call.hearing.conftest import MICROPHONE, NETWORK, Placed
from voip.choices import Dtmf
from voip.protection import Transport
from voip.protocol.calls import DigitsEvent, Mute, SendDigits

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="session")]

_DIGITS = {"7": {852, 1209}, "8": {852, 1336}, "9": {852, 1477}}
_TONES = (852, 1209, 1336, 1477)
_LEAST = 0.1
"""A digit that begins or pauses within a frame leaks up to 0.07 into every pitch."""


@pytest.fixture
def listened() -> tuple[int, ...]:
    return (MICROPHONE, *_TONES)


async def _press(placed: Placed, digits: str) -> DigitsEvent:
    position = len(placed.phone.events)
    await placed.phone.client.ask(SendDigits(call=placed.call, digits=digits))
    return await placed.phone.until(DigitsEvent, lambda e: e.call == placed.call, position)


def _heard(placed: Placed, since: int) -> tuple[str, set[int]]:
    """Digits that the far end heard, and other tones from the first to the last."""
    heard, beside = "", set[int]()
    frames = [frame.tones for frame in placed.party.voice.frames[since:]]
    first, last = (
        next(i for i in order if frames[i] & set(_TONES))
        for order in (range(len(frames)), range(len(frames) - 1, -1, -1))
    )
    before: frozenset[int] = frozenset()
    for tones in frames[first : last + 1]:
        beside |= tones - set(_TONES)
        if tones != before and tones in _DIGITS.values():
            heard += next(digit for digit, pair in _DIGITS.items() if pair == tones)
        before = tones
    return heard, beside


async def test_the_microphone_is_off_while_tones_are_in_the_voice(placed: Placed) -> None:
    placed.party.events = False
    await placed.answered()
    await placed.hears(NETWORK)
    voice = placed.party.voice
    voice.least = _LEAST
    await voice.until_heard(20)
    since = len(voice.frames)
    done = await _press(placed, "7989")
    assert (done.lost, done.way) == (0, Dtmf.INBAND)
    await voice.until_heard(20)
    assert _heard(placed, since) == ("7989", set())
    # The person is heard again, and the lock has kept its promise all the time.
    assert voice.hears(len(voice.frames) - 5) == {MICROPHONE}
    assert voice.clear == 0
    assert voice.events == []
    assert not [m for m in placed.party.received if m.method == "INFO"]
    (call,) = (c for c in (await placed.phone.status()).calls if c.id == placed.call)
    assert call.lock.closed == (placed.party.transport is Transport.TLS)
    placed.phone.check_lock_evidence(placed.call)


async def test_tones_are_sent_in_a_muted_call_which_stays_muted(placed: Placed) -> None:
    placed.party.events = False
    await placed.answered()
    await placed.phone.client.ask(Mute(call=placed.call))
    voice = placed.party.voice
    voice.least = _LEAST
    await voice.until_heard(20)
    since = len(voice.frames)
    await _press(placed, "8")
    await voice.until_heard(20)
    assert _heard(placed, since) == ("8", set())
    assert voice.hears(since) == _DIGITS["8"]
