"""Voice streams are heard in full, and go on undisturbed."""

from __future__ import annotations

import asyncio
import itertools
import socket
import wave
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import NewServer
from tests.native import listening
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.media.opus import Speaker
from tests.support.media.pace import Pace
from tests.support.media.sound import load, speak
from tests.support.media.srtp import KEY_BYTES, Srtp
from tests.support.peers import sip

_QUIET = 500  # of 32767
_LOWEST_HZ, _STEP_HZ, _STEPS = 400, 100, 30
_PACE = ((20, 20), (30, 40), (30, 60), (20, 20))
"""Numbers of packets and their time (ms), each a step above the last.

Concealment continues a steady tone over lost packets, and hides them.
"""
_PREFETCH_MS = 100
_BURSTS = 5
_STEADY = ((25 * (_BURSTS + 1), 20),)
_LOST = frozenset(25 * burst + number for burst in range(_BURSTS) for number in range(17, 25))
"""Eight packets in a row, again and again: five are all that the jitter buffer has."""


# 0071: Opus whose packet time changes


async def test_every_packet_time_of_opus_is_heard(
    new_probe: NewProbe, new_server: NewServer, place: Path
) -> None:
    heard = place / "heard.wav"
    caller = await registered(new_probe, new_server, answer=200, record=str(heard))
    offer = listening.session(caller.server.host, 9, *listening.CODECS["Opus"], sip.crypto())
    assert (await caller.ask("INVITE", offer)).status == 200
    where = (await caller.probe.until("srtp"))["port"]
    await _speak(where)
    assert await caller.probe.quit() == 0
    sent = sum(count for count, _ in _PACE)
    assert _steps_up(heard) >= sent * 0.75


async def _speak(
    where: str, paces: Sequence[tuple[int, int]] = _PACE, lost: Container[int] = ()
) -> None:
    """Send a scale in packets of `paces`, in real time; those numbered in `lost` are not sent."""
    host, _, port = where.rpartition(":")
    srtp, speaker = Srtp(bytes(KEY_BYTES)), Speaker(listening.OPUS)  # the key of `sip.crypto`
    pace, step = Pace(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, milliseconds in enumerate(ms for count, ms in paces for _ in range(count)):
            packet = srtp.protect(speaker.packet(_LOWEST_HZ + step * _STEP_HZ, milliseconds))
            if number not in lost:
                sender.sendto(packet, (host, int(port)))
            step = (step + 1) % _STEPS
            await pace.after(milliseconds / 1000)
    speaker.close()


def _steps_up(recording: Path) -> int:
    """Number of times a tone of the scale followed the one below."""
    with wave.open(str(recording)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    size = rate // 50
    heard = [
        _step(samples[start : start + size], rate)
        for start in range(0, len(samples) - size + 1, size // 4)
    ]
    return sum((before + 1) % _STEPS == after for before, after in itertools.pairwise(heard))


def _step(samples: NDArray[np.int16], rate: int) -> int:
    """Step of the loudest tone; _STEPS or more for a tone outside the scale."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), rate // 10))
    loudest = int(np.argmax(spectrum))
    if spectrum[loudest] < len(samples) * _QUIET:
        return 2 * _STEPS
    return round((loudest * 10 - _LOWEST_HZ) / _STEP_HZ)


# 0108: packets that are lost while the jitter buffer runs empty


async def test_losses_that_empty_the_jitter_buffer_are_concealed(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200, prefetch_ms=_PREFETCH_MS)
    offer = listening.session(caller.server.host, 9, *listening.CODECS["Opus"], sip.crypto())
    assert (await caller.ask("INVITE", offer)).status == 200
    state = await caller.probe.until("srtp")
    await _speak(state["port"], _STEADY, _LOST)
    # Without the patch none is: the buffer has forgotten them.
    await caller.probe.until("srtp", lambda event: event["concealed"] >= _BURSTS)
    assert await caller.probe.quit() == 0


# 0110: a loss in speech is filled with speech


async def test_speech_goes_on_over_lost_packets(
    new_probe: NewProbe, new_server: NewServer, place: Path
) -> None:
    heard = place / "heard.wav"
    caller = await registered(
        new_probe, new_server, answer=200, record=str(heard), prefetch_ms=_PREFETCH_MS
    )
    offer = listening.session(caller.server.host, 9, *listening.CODECS["Opus"], sip.crypto())
    assert (await caller.ask("INVITE", offer)).status == 200
    where = (await caller.probe.until("srtp"))["port"]
    spoken = load(speak(place / "spoken.wav", " ".join("amanuallilyowlmanual" * 3)))
    await listening.say(where, spoken, lambda number: number % 15 >= 9)
    assert await caller.probe.quit() == 0
    # Each loss would begin with an echo of what was said, and fade away.
    assert listening.audible(load(heard)) > 0.98 * listening.audible(spoken)


# 0072: parameters that are not repeated stay


@pytest.mark.parametrize("kind", list(listening.CODECS))
async def test_an_answer_that_is_said_again_leaves_the_stream_alone(
    new_probe: NewProbe, new_server: NewServer, host: str, kind: str
) -> None:
    server = await new_server()
    with listening.ear(host) as ear:
        probe, invite, send = await listening.called(new_probe, server)
        body = listening.answer(invite, host, ear, *listening.CODECS[kind])
        for code in (183, 180, 200):
            send(sip.response(invite, code, "Said", contact=listening.contact(server), body=body))
            # A stream with initial pauses would have had them by now.
            await listening.packets(ear, 40)
        await probe.until("call", lambda event: event["state"] == "CONFIRMED")
    assert await probe.quit() == 0
    assert _streams(probe) == 1


def _streams(probe: Probe) -> int:
    return sum(event["event"] == "stream" for event in probe.events)


# 0105: a stream that has sent nothing yet


async def test_a_stream_after_one_that_sent_nothing_begins_at_a_random_number(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    with listening.ear(host) as ear:
        port, keyed = ear.getsockname()[1], (sip.crypto(),)
        speaks = sip.sdp(caller.server.host, port, "RTP/SAVP", keyed)
        quiet = await caller.ask("INVITE", speaks.replace("a=sendrecv", "a=sendonly"))
        assert quiet.status == 200
        assert (await caller.reinvite(quiet, "RTP/SAVP", keyed, port)).status == 200
        async with asyncio.timeout(listening.PATIENCE_S):
            packet = await asyncio.get_running_loop().sock_recv(ear, 2048)
    # One in 32,768 is where it began without the patch.
    assert int.from_bytes(packet[2:4]) != 1
    assert await caller.probe.quit() == 0
