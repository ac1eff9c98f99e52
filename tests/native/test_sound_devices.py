"""Sound devices of the real library: none holds up the voice of a call."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.conftest import NewServer
from tests.native import listening
from tests.native.conftest import NewProbe
from tests.native.driver import Event, Probe
from tests.support.media.pulse import MICROPHONE, SPEAKER, Pulse
from tests.support.peers import sip


@pytest.fixture
async def desk(place: Path) -> AsyncIterator[Pulse]:
    pulse = Pulse(place / "desk")
    await pulse.start()
    yield pulse
    await pulse.stop()


# 0074: a slow sound device


@pytest.mark.parametrize("opens", [True, False])
async def test_packets_are_sent_while_a_sound_device_opens_and_after_it_failed(
    new_probe: NewProbe, new_server: NewServer, place: Path, host: str, opens: bool
) -> None:
    server, pulse = await new_server(), Pulse(place / "desk")
    await pulse.start()
    try:
        with listening.ear(host) as ear:
            probe, invite, send = await listening.called(
                new_probe, server, base=pulse.client_environment
            )
            body = listening.answer(invite, host, ear, *listening.CODECS["PCMU"])
            send(sip.response(invite, 200, "OK", contact=listening.contact(server), body=body))
            await listening.packets(ear, 1)
            with pulse.asleep():
                await probe.tell("open sound", device="pulse")
                await probe.until("opening")
                # More than the socket could have queued before.
                await listening.packets(ear, 100)
                assert not [event for event in probe.events if event["event"] == "opened"]
                if not opens:
                    await pulse.die()
            await probe.until("opened" if opens else "not opened")
            await listening.packets(ear, 100)
        assert await probe.quit() == 0
    finally:
        await pulse.stop()


# 0111: a call that begins while the device is idle


async def test_a_call_keeps_the_device_that_was_about_to_close(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    server = await new_server()
    with listening.ear(host) as ear:
        probe, invite, send = await listening.called(new_probe, server, rests=True)
        body = listening.answer(invite, host, ear, *listening.CODECS["PCMU"])
        # What is only listened to is connected to nothing here.
        body = body.replace("sendrecv", "sendonly")
        send(sip.response(invite, 200, "OK", contact=listening.contact(server), body=body))
        # A packet each five seconds keeps its way; the device would close after one.
        await listening.packets(ear, 3)
    assert await probe.quit() == 0


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


# 0123: ALSA's names of the server


async def test_alsa_s_devices_of_a_server_connect_to_none(new_probe: NewProbe, desk: Pulse) -> None:
    before = await _clients_so_far(desk)
    probe = await new_probe(base=desk.client_environment, sound_server=True)
    assert (await _sound(probe))["connected"]
    # It, the one who asks, and ALSA's own configuration, which looks twice for a server.
    assert await _clients_so_far(desk) <= before + 4
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
    with listening.ear(host) as ear:
        probe, invite, send = await listening.called(
            new_probe, server, base=desk.client_environment, sound_server=True
        )
        body = listening.answer(invite, host, ear, *listening.CODECS["PCMU"])
        send(sip.response(invite, 200, "OK", contact=listening.contact(server), body=body))
        await listening.packets(ear, 1)
        await probe.tell("open sound", device=MICROPHONE, speaker=SPEAKER)
        await probe.until("opened")
        await listening.packets(ear, 25)
        with desk.asleep():
            gaps = [await _gap(ear) for _ in range(100)]
        # The device counts as broken after three seconds: until then calls went silent.
        assert max(gaps) < 2
        await listening.packets(ear, 25)
    assert await probe.quit() == 0


async def test_more_latency_is_asked_for_after_an_underrun(
    new_probe: NewProbe, desk: Pulse
) -> None:
    probe = await new_probe(base=desk.client_environment, sound_server=True)
    await probe.tell("open sound", device=MICROPHONE, speaker=SPEAKER)
    await probe.until("opened")
    state = await _sound(probe, lambda state: state["playback_us"] > 0)
    later = state
    async with asyncio.timeout(listening.PATIENCE_S):
        while later["buffer_ms"] <= state["buffer_ms"]:
            os.kill(probe.pid, signal.SIGSTOP)
            await asyncio.sleep(0.5)  # longer than any latency
            os.kill(probe.pid, signal.SIGCONT)
            await asyncio.sleep(0.5)
            later = await _sound(probe)
    assert later["underruns"] > state["underruns"]
    assert await probe.quit() == 0


async def _clients_so_far(desk: Pulse) -> int:
    """Number of those who have connected to a server; it numbers them."""
    clients = await desk.ask("list", "short", "clients")
    return max(int(line.split()[0]) for line in clients.splitlines())


async def _sound(probe: Probe, condition: Callable[[Event], bool] = lambda _: True) -> Event:
    """State of the sound server's connection, once `condition` is true of it."""
    async with asyncio.timeout(listening.PATIENCE_S):
        while True:
            ident = len(probe.events)
            await probe.tell("tell of sound", ident=ident)
            state = await probe.until("sound", functools.partial(_is, ident))
            if condition(state):
                return state


def _is(ident: int, event: Event) -> bool:
    return bool(event["ident"] == ident)


async def _gap(ear: socket.socket) -> float:
    """Time until the next packet."""
    clock = asyncio.get_running_loop().time
    since = clock()
    await listening.packets(ear, 1)
    return clock() - since
