"""Voice streams are heard in full, and go on undisturbed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import re
import signal
import socket
import wave
from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Event, Probe
from tests.support.media.opus import Speaker
from tests.support.media.pace import Pace
from tests.support.media.pulse import MICROPHONE, SPEAKER, Pulse
from tests.support.media.sound import load, speak
from tests.support.media.srtp import KEY_BYTES, Srtp
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer

_PATIENCE_S = 30
_OPUS = 96
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
_CODECS = {
    "PCMU": ("0", "PCMU/8000", ""),
    "Opus": (str(_OPUS), "opus/48000/2", ""),
    "Opus that may pause": (str(_OPUS), "opus/48000/2", "a=fmtp:96 usedtx=1"),
    "Opus of a low rate": (str(_OPUS), "opus/48000/2", "a=fmtp:96 maxaveragebitrate=16000;cbr=1"),
}


# 0071: Opus whose packet time changes


async def test_every_packet_time_of_opus_is_heard(
    new_probe: NewProbe, new_server: NewServer, place: Path
) -> None:
    heard = place / "heard.wav"
    caller = await registered(new_probe, new_server, answer=200, record=str(heard))
    offer = _session(caller.server.host, 9, *_CODECS["Opus"], sip.crypto())
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
    srtp, speaker = Srtp(bytes(KEY_BYTES)), Speaker(_OPUS)  # the key of `sip.crypto`
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
    offer = _session(caller.server.host, 9, *_CODECS["Opus"], sip.crypto())
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
    offer = _session(caller.server.host, 9, *_CODECS["Opus"], sip.crypto())
    assert (await caller.ask("INVITE", offer)).status == 200
    where = (await caller.probe.until("srtp"))["port"]
    spoken = load(speak(place / "spoken.wav", " ".join("amanuallilyowlmanual" * 3)))
    await _say(where, spoken)
    assert await caller.probe.quit() == 0
    # Each loss would begin with an echo of what was said, and fade away: a tenth is missing.
    assert _audible(load(heard)) > 0.95 * _audible(spoken)


async def _say(where: str, speech: NDArray[np.float64]) -> None:
    """Send speech of 16 kHz in real time, but for six packets of each fifteen."""
    host, _, port = where.rpartition(":")
    srtp, speaker, pace = Srtp(bytes(KEY_BYTES)), Speaker(_OPUS, wide=True), Pace()
    at = np.arange(len(speech) * 3) / 3
    samples = np.interp(at, np.arange(len(speech)), speech).astype(np.int16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, start in enumerate(range(0, len(samples) - 960, 960)):
            packet = srtp.protect(speaker.said(samples[start : start + 960]))
            if number % 15 < 9:
                sender.sendto(packet, (host, int(port)))
            await pace.after(0.02)
    speaker.close()


def _audible(samples: NDArray[np.float64]) -> int:
    """Pieces of 20 ms in which something is heard."""
    pieces = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    return int((np.sqrt((pieces**2).mean(axis=1)) > 300).sum())


# 0072: parameters that are not repeated stay


@pytest.mark.parametrize("kind", list(_CODECS))
async def test_an_answer_that_is_said_again_leaves_the_stream_alone(
    new_probe: NewProbe, new_server: NewServer, host: str, kind: str
) -> None:
    server = await new_server()
    with _ear(host) as ear:
        probe, invite, send = await _called(new_probe, server)
        body = _answer(invite, host, ear, *_CODECS[kind])
        for code in (183, 180, 200):
            send(sip.response(invite, code, "Said", contact=_contact(server), body=body))
            # A stream with initial pauses would have had them by now.
            await _packets(ear, 40)
        await probe.until("call", lambda event: event["state"] == "CONFIRMED")
    assert await probe.quit() == 0
    assert _streams(probe) == 1


def _streams(probe: Probe) -> int:
    return sum(event["event"] == "stream" for event in probe.events)


@contextlib.contextmanager
def _ear(host: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setblocking(False)
        ear.bind((host, 0))
        yield ear


# 0105: a stream that has sent nothing yet


async def test_a_stream_after_one_that_sent_nothing_begins_at_a_random_number(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    with _ear(host) as ear:
        port, keyed = ear.getsockname()[1], (sip.crypto(),)
        speaks = sip.sdp(caller.server.host, port, "RTP/SAVP", keyed)
        quiet = await caller.ask("INVITE", speaks.replace("a=sendrecv", "a=sendonly"))
        assert quiet.status == 200
        assert (await caller.reinvite(quiet, "RTP/SAVP", keyed, port)).status == 200
        async with asyncio.timeout(_PATIENCE_S):
            packet = await asyncio.get_running_loop().sock_recv(ear, 2048)
    # One in 32,768 is where it began without the patch.
    assert int.from_bytes(packet[2:4]) != 1
    assert await caller.probe.quit() == 0


# 0074: a slow sound device


@pytest.mark.parametrize("opens", [True, False])
async def test_packets_are_sent_while_a_sound_device_opens_and_after_it_failed(
    new_probe: NewProbe, new_server: NewServer, place: Path, host: str, opens: bool
) -> None:
    server, pulse = await new_server(), Pulse(place / "desk")
    await pulse.start()
    try:
        with _ear(host) as ear:
            probe, invite, send = await _called(new_probe, server, base=pulse.client_environment)
            body = _answer(invite, host, ear, *_CODECS["PCMU"])
            send(sip.response(invite, 200, "OK", contact=_contact(server), body=body))
            await _packets(ear, 1)
            with pulse.asleep():
                await probe.tell("open sound", device="pulse")
                await probe.until("opening")
                # More than the socket could have queued before.
                await _packets(ear, 100)
                assert not [event for event in probe.events if event["event"] == "opened"]
                if not opens:
                    await pulse.die()
            await probe.until("opened" if opens else "not opened")
            await _packets(ear, 100)
        assert await probe.quit() == 0
    finally:
        await pulse.stop()


# 0106: the sound server's devices


async def test_a_server_s_devices_are_known_by_their_descriptions(
    new_probe: NewProbe, desk: Pulse
) -> None:
    for sink in ("headset", "twin"):
        await desk.ask("load-module", "module-null-sink", f"sink_name={sink}",
                       "sink_properties=device.description=Headset")  # fmt: skip
    await desk.plug_in_a_microphone("boom", "mic")
    probe = await new_probe(base=desk.client_environment, sound_server=True)
    state = await _sound(probe)
    assert state["connected"]
    assert [device[1:] for device in state["devices"] if device[0] == "PulseAudio"] == [
        [SPEAKER, 0, 1],
        [MICROPHONE, 1, 0],
        ["speaker", 0, 1],
        ["mic", 0, 1],
        ["Headset", 0, 1],
        ["Headset [twin]", 0, 1],
        ["boom", 1, 0],
    ]
    # ALSA's stay.
    assert ["ALSA", "pulse", 1, 1] in state["devices"]
    assert await probe.quit() == 0


async def test_a_phone_that_is_silent_connects_to_no_server(
    new_probe: NewProbe, desk: Pulse
) -> None:
    before = await desk.ask("list", "short", "clients")
    probe = await new_probe(base=desk.client_environment)
    state = await _sound(probe)
    assert not state["connected"]
    assert "PulseAudio" not in [device[0] for device in state["devices"]]
    # ALSA's device of the server has been tried, and is gone.
    assert len(before.splitlines()) == len(
        (await desk.ask("list", "short", "clients")).splitlines()
    )
    assert await probe.quit() == 0


async def test_without_its_library_alsa_is_left(
    new_probe: NewProbe, desk: Pulse, place: Path
) -> None:
    (place / "libpulse.so.0").touch()
    surroundings = {**desk.client_environment, "LD_LIBRARY_PATH": str(place)}
    probe = await new_probe(base=surroundings, sound_server=True)
    state = await _sound(probe)
    assert not state["connected"]
    assert {device[0] for device in state["devices"]} == {"ALSA"}
    assert await probe.quit() == 0


async def test_a_call_goes_on_while_the_server_hangs(
    new_probe: NewProbe, new_server: NewServer, desk: Pulse, host: str
) -> None:
    server = await new_server()
    with _ear(host) as ear:
        probe, invite, send = await _called(
            new_probe, server, base=desk.client_environment, sound_server=True
        )
        body = _answer(invite, host, ear, *_CODECS["PCMU"])
        send(sip.response(invite, 200, "OK", contact=_contact(server), body=body))
        await _packets(ear, 1)
        await probe.tell("open sound", device=MICROPHONE, speaker=SPEAKER)
        await probe.until("opened")
        await _packets(ear, 25)
        with desk.asleep():
            gaps = [await _gap(ear) for _ in range(100)]
        # Packets are 20 ms apart.
        assert max(gaps) < 0.5
        assert sum(gaps) < 3
        await _packets(ear, 25)
    assert await probe.quit() == 0


async def test_more_latency_is_asked_for_after_an_underrun(
    new_probe: NewProbe, desk: Pulse
) -> None:
    probe = await new_probe(base=desk.client_environment, sound_server=True)
    await probe.tell("open sound", device=MICROPHONE, speaker=SPEAKER)
    await probe.until("opened")
    state = await _sound(probe, lambda state: state["playback_us"] > 0)
    assert state["underruns"] == 0
    later = state
    async with asyncio.timeout(_PATIENCE_S):
        while not later["underruns"]:
            os.kill(probe.pid, signal.SIGSTOP)
            await asyncio.sleep(0.5)  # longer than any latency
            os.kill(probe.pid, signal.SIGCONT)
            await asyncio.sleep(0.5)
            later = await _sound(probe)
    assert later["buffer_ms"] > state["buffer_ms"]
    assert await probe.quit() == 0


# Helpers


@pytest.fixture
async def desk(place: Path) -> AsyncIterator[Pulse]:
    pulse = Pulse(place / "desk")
    await pulse.start()
    yield pulse
    await pulse.stop()


async def _sound(probe: Probe, condition: Callable[[Event], bool] = lambda _: True) -> Event:
    """State of the sound server's connection, once `condition` is true of it."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            ident = len(probe.events)
            await probe.tell("tell of sound", ident=ident)
            state = await probe.until("sound", functools.partial(_is, ident))
            if condition(state):
                return state
            await asyncio.sleep(0.1)


def _is(ident: int, event: Event) -> bool:
    return bool(event["ident"] == ident)


async def _gap(ear: socket.socket) -> float:
    """Time until the next packet."""
    clock = asyncio.get_running_loop().time
    since = clock()
    await _packets(ear, 1)
    return clock() - since


async def _called(
    new_probe: NewProbe,
    server: HostileServer,
    base: Mapping[str, str] | None = None,
    sound_server: bool = False,
) -> tuple[Probe, sip.Message, Callable[[bytes], None]]:
    """A probe that calls a server, its INVITE, and a way to answer it."""
    asked = asyncio.Queue[tuple[Connection, sip.Message]]()

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "INVITE":
            asked.put_nowait((connection, message))
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    server.behaviour = behave
    probe = await new_probe(bound=server.host, base=base, sound_server=sound_server)
    await probe.tell("call", uri=f"sip:bob@{server.host}:{server.port};transport=tls")
    connection, invite = await asked.get()
    return probe, invite, connection.send


def _contact(server: HostileServer) -> str:
    return f"<sip:bob@{server.host}:{server.port};transport=tls>"


def _answer(
    invite: sip.Message, host: str, ear: socket.socket, number: str, name: str, attribute: str
) -> str:
    suite = re.search(r"a=crypto:(\d+) (\S+)", invite.body)
    assert suite is not None
    crypto = sip.crypto(suite[2], "", int(suite[1]))
    return _session(host, ear.getsockname()[1], number, name, attribute, crypto)


async def _packets(ear: socket.socket, count: int) -> None:
    """Wait until `count` packets have arrived."""
    async with asyncio.timeout(_PATIENCE_S):
        for _ in range(count):
            await asyncio.get_running_loop().sock_recv(ear, 2048)


def _session(host: str, port: int, number: str, name: str, *attributes: str) -> str:
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += [f"m=audio {port} RTP/SAVP {number}", f"a=rtpmap:{number} {name}", "a=sendrecv"]
    return "\r\n".join([*lines, *(line for line in attributes if line), ""])
