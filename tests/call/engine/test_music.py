"""Players of a desktop during calls of the real phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.desktop.players import SessionBus
from tests.support.parts import Parts
from tests.support.phone import Phone


@pytest.fixture
async def bus(place: Path) -> AsyncIterator[SessionBus]:
    async with Parts() as parts:
        yield await parts.begin(SessionBus(place))


@pytest.fixture
async def phone(place: Path, bus: SessionBus) -> AsyncIterator[Phone]:
    """A phone on the desktop of that bus, which pauses music."""
    phone = Phone(place / "p")
    phone.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.address
    async with Parts() as parts:
        await parts.begin(phone)
        assert await phone.run("settings", "calls.pause_music", "true") == ("", "")
        yield phone


async def test_music_pauses_for_a_call_and_goes_on(phone: Phone, bus: SessionBus) -> None:
    playing, paused = await bus.player("vlc"), await bus.player("mpv", "Paused")
    call = await phone.call("echo")
    await playing.until(lambda p: p.status == "Paused")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    await phone.run("hangup", call)
    await playing.until(lambda p: p.status == "Playing")
    assert playing.asked.count("Pause") == playing.asked.count("Play") == 1
    assert "Play" not in paused.asked


async def test_a_player_that_hangs_delays_no_call(phone: Phone, bus: SessionBus) -> None:
    hanging = await bus.player("hangs")
    hanging.answers["Get"] = None
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    await hanging.until(lambda p: "Get" in p.asked)


async def test_a_machine_without_a_bus_says_so(place: Path) -> None:
    phone = Phone(place / "p")
    _, err = await phone.run("settings", "calls.pause_music", "true")
    await phone.run("stop")
    assert err == (
        "calls.pause_music: it has no effect now: no session bus (D-Bus) answers on this machine\n"
    )
