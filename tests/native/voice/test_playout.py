"""Voice waits as long as the network asks for, and losses are filled from both sides."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Container, Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import NewServer
from tests.native import listening
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.support.media.g711 import PCMU, Tone
from tests.support.media.pace import Pace
from tests.support.media.sound import RATE, load
from tests.support.media.srtp import KEY_BYTES, Srtp
from tests.support.peers import sip

_FRAME_S = 0.02
_TONES_HZ = (400, 900)
_RUN, _SHORT_RUN = 10, 4
"""Packets of a tone before the other one follows."""
_QUIET = 500.0  # of 32767
_WINDOW = RATE // 100

_CALM, _UNEASY, _CALM_AGAIN = 100, 100, 250
_AT_ONCE = 5
"""Packets of the uneasy part that arrive together: the first one is 80 ms late."""

_PREFETCH_MS = 100
"""Enough for the packet behind a lost one to be there in time."""


# 0115: a delay that follows the network


async def test_the_delay_follows_the_network_and_no_voice_is_dropped(
    new_probe: NewProbe, new_server: NewServer, place: Path
) -> None:
    heard = place / "heard.wav"
    caller = await registered(new_probe, new_server, answer=200, record=str(heard))
    uneasy = range(_CALM, _CALM + _UNEASY)
    spoken = await _speak(caller, _CALM + _UNEASY + _CALM_AGAIN, _RUN, held=uneasy)
    concealed = [event["concealed"] for event in caller.probe.events if event["event"] == "srtp"]
    assert await caller.probe.quit() == 0
    # Frames that are dropped to catch up are concealed, and heard.
    assert concealed[-1] == 0
    started = [at * _WINDOW / RATE for at in _changes(_tones(heard))]
    delays = [late - soon for late, soon in zip(started, spoken[::_RUN], strict=True)]
    # A busy machine is an uneasy network, too: the least of a part says what its calm has.
    before = min(delays[2 : _CALM // _RUN])
    during = max(delays[_CALM // _RUN + 3 : (_CALM + _UNEASY) // _RUN])
    after = min(delays[-8:])
    assert during - before > (_AT_ONCE - 2) * _FRAME_S
    assert after - before < (during - before) / 2


# 0116: losses that are filled from both sides


@pytest.mark.parametrize("end", [*_TONES_HZ])
async def test_a_loss_is_filled_with_the_voice_after_it_as_well(
    new_probe: NewProbe, new_server: NewServer, place: Path, end: int
) -> None:
    heard = place / "heard.wav"
    caller = await registered(
        new_probe, new_server, answer=200, record=str(heard), prefetch_ms=_PREFETCH_MS
    )
    # The last packet of each run of the tone `end` is lost.
    first = _SHORT_RUN * (_TONES_HZ.index(end) + 1) - 1
    count = 50 * 2 * _SHORT_RUN
    await _speak(caller, count, _SHORT_RUN, lost=range(first, count, 2 * _SHORT_RUN))
    assert await caller.probe.quit() == 0
    tones = _tones(heard)
    fallen, other = (sum(tone == hertz for tone in tones) for hertz in (end, sum(_TONES_HZ) - end))
    # With the voice before it alone, both tones are heard for as long.
    assert fallen < 0.9 * other


async def _speak(
    caller: Caller,
    count: int,
    run: int,
    held: Container[int] = (),
    lost: Container[int] = (),
) -> list[float]:
    """Call the probe, and send two tones by turns, in real time; return when each was due.

    Those packets numbered in `held` wait for others; those in `lost` are not sent.
    """
    offer = listening.session(caller.server.host, 9, *listening.CODECS["PCMU"], sip.crypto())
    assert (await caller.ask("INVITE", offer)).status == 200
    host, _, port = (await caller.probe.until("srtp"))["port"].rpartition(":")
    srtp, pace = Srtp(bytes(KEY_BYTES)), Pace()  # the key of `sip.crypto`
    speakers = [Tone(hertz, PCMU) for hertz in _TONES_HZ]
    waiting, due = list[bytes](), list[float]()
    clock = asyncio.get_running_loop().time
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            due.append(clock())
            packet = srtp.protect(speakers[number // run % 2].packet(number))
            if number not in lost:
                waiting.append(packet)
            if number not in held or (number + 1) % _AT_ONCE == 0:
                _send(sender, waiting, (host, int(port)))
            await pace.after(_FRAME_S)
    return due


def _send(sender: socket.socket, waiting: list[bytes], to: tuple[str, int]) -> None:
    for packet in waiting:
        sender.sendto(packet, to)
    waiting.clear()


def _changes(tones: Iterable[int]) -> list[int]:
    """Windows at which the other tone begins, for three of them at least."""
    numbered = enumerate(tones)
    runs = [
        (tone, [number for number, _ in group])
        for tone, group in itertools.groupby(numbered, lambda pair: pair[1])
    ]
    lasting = [(tone, numbers[0]) for tone, numbers in runs if tone and len(numbers) > 2]
    return [
        start
        for (before, _), (tone, start) in itertools.pairwise([(0, 0), *lasting])
        if tone != before
    ]


def _tones(recording: Path) -> list[int]:
    """The louder tone of each window, in hertz; 0 for silence."""
    samples = load(recording)
    windows = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    return [_louder(window) for window in windows]


def _louder(window: NDArray[np.float64]) -> int:
    time = np.arange(_WINDOW) / RATE
    levels = {
        hertz: abs(np.mean(window * np.exp(-2j * np.pi * hertz * time))) for hertz in _TONES_HZ
    }
    tone = max(_TONES_HZ, key=lambda hertz: levels[hertz])
    return tone if levels[tone] > _QUIET else 0
