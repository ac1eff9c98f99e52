"""Players on a real session bus, told of the calls of a real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.desktop.players import Player, SessionBus
from tests.support.standin.engine import StandIn
from voip.model import CallState
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.settings import ChangeSettings, GetSettings, SettingsData

_KEY = "calls.pause_music"
_NONE = "it has no effect now: this machine has no session bus (D-Bus) for you"
_SILENT = "it has no effect now: no session bus (D-Bus) answers on this machine"


@pytest.fixture
async def bus(
    place: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SessionBus]:
    """A session bus that the engine finds; the engine has an account and pauses music."""
    bus = SessionBus(place)
    await bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    await standin.add_account()
    await standin.client.ask(ChangeSettings(changes={_KEY: True}))
    yield bus
    await standin.engine.music.close()
    await bus.stop()


def is_paused(player: Player) -> bool:
    return player.status == "Paused"


def plays(player: Player) -> bool:
    return player.status == "Playing" and "Play" in player.asked


async def end(phone: StandIn, call: str) -> None:
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)


async def told(phone: StandIn) -> None:
    """Wait until players have been told of what has happened."""
    await phone.read_workers()
    async with phone.engine.music.busy:
        pass


async def ended(phone: StandIn, *calls: str) -> None:
    """End the last calls, and wait until players have been told."""
    for call in calls:
        await end(phone, call)
    await told(phone)


async def test_music_pauses_with_the_first_call_and_goes_on_after_the_last(
    standin: StandIn, bus: SessionBus
) -> None:
    playing, radio = await bus.player("vlc"), await bus.player("radio.instance7")
    paused, stopped = await bus.player("mpv", "Paused"), await bus.player("mpd", "Stopped")
    first = await standin.call("bob")
    await playing.until(is_paused)
    await radio.until(is_paused)
    second = await standin.incoming()
    await standin.client.ask(AnswerCall(call=second))
    await standin.until_state(second, CallState.ACTIVE)
    await ended(standin, first)
    assert is_paused(playing)
    assert is_paused(radio)
    await ended(standin, second)
    await playing.until(plays)
    await radio.until(plays)
    assert playing.asked.count("Pause") == playing.asked.count("Play") == 1
    assert "Play" not in paused.asked + stopped.asked
    assert "Pause" not in paused.asked + stopped.asked


async def test_music_plays_on_while_it_rings(standin: StandIn, bus: SessionBus) -> None:
    player = await bus.player("vlc")
    call = await standin.incoming()
    await told(standin)
    assert player.asked == []
    await standin.client.ask(AnswerCall(call=call))
    await player.until(is_paused)
    await end(standin, call)
    await player.until(plays)


async def test_a_second_call_pauses_what_was_started_meanwhile(
    standin: StandIn, bus: SessionBus
) -> None:
    player = await bus.player("vlc")
    first = await standin.call("bob")
    await player.until(is_paused)
    await player.is_used("Playing")
    second = await standin.call("carol")
    await player.until(lambda p: p.asked.count("Pause") == 2)
    await end(standin, first)
    await end(standin, second)
    await player.until(plays)


@pytest.mark.parametrize(
    "used", [("Playing",), ("Playing", "Paused"), ("Stopped",), ("Stopped", "Paused")]
)
async def test_a_player_that_its_user_used_meanwhile_is_left_alone(
    standin: StandIn, bus: SessionBus, used: tuple[str, ...]
) -> None:
    player, other = await bus.player("vlc"), await bus.player("mpv")
    call = await standin.call("bob")
    await player.until(is_paused)
    await other.until(is_paused)
    for status in used:
        await player.is_used(status)
    await ended(standin, call)
    await other.until(plays)
    assert "Play" not in player.asked
    assert player.status == used[-1]


async def test_a_player_that_was_stopped_and_did_not_say_so_is_left_alone(
    standin: StandIn, bus: SessionBus
) -> None:
    player = await bus.player("vlc")
    call = await standin.call("bob")
    await player.until(is_paused)
    player.status = "Stopped"
    await ended(standin, call)
    assert "Play" not in player.asked


async def test_a_player_that_came_in_place_of_another_is_left_alone(
    standin: StandIn, bus: SessionBus
) -> None:
    player = await bus.player("vlc")
    call = await standin.call("bob")
    await player.until(is_paused)
    await player.quit()
    other = await bus.player("vlc", "Paused")
    await ended(standin, call)
    assert other.asked == []


async def test_an_agent_that_passes_orders_on_gets_none(standin: StandIn, bus: SessionBus) -> None:
    player, agent = await bus.player("vlc"), await bus.player("playerctld")
    call = await standin.call("bob")
    await player.until(is_paused)
    await ended(standin, call)
    await player.until(plays)
    assert agent.asked == []


@pytest.mark.parametrize("method", ["Get", "Pause"])
async def test_a_player_that_hangs_delays_no_call_and_no_other_player(
    standin: StandIn, bus: SessionBus, method: str
) -> None:
    hanging, player = await bus.player("hangs"), await bus.player("vlc")
    hanging.answers[method] = None
    call = await standin.call("bob")
    await player.until(is_paused)
    standin.remote_answers(call)
    await standin.until_state(call, CallState.ACTIVE)
    await end(standin, call)
    await player.until(plays)
    assert method in hanging.asked


async def test_a_slow_player_that_obeyed_goes_on_too(standin: StandIn, bus: SessionBus) -> None:
    player = await bus.player("vlc")
    player.answers["Pause"] = None
    call = await standin.call("bob")
    await player.until(is_paused)
    await ended(standin, call)
    await player.until(plays)


_LONG = "Playing" * 100_000


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("Get", ("v", (("s", _LONG),))),
        ("Get", ("v", (("s", "Playing\x1b[2J"),))),
        ("Get", ("v", (("i", 1),))),
        ("Get", ("v", (("as", ["Playing"]),))),
        ("Get", ("ss", ("Playing", "Playing"))),
        ("Get", ("", ())),
        ("Pause", ("s", (_LONG,))),
        ("Pause", ("a{sv}", ({"PlaybackStatus": ("s", "Playing")},))),
    ],
)
async def test_an_odd_answer_disturbs_nobody(
    standin: StandIn, bus: SessionBus, method: str, answer: tuple[str, tuple[Any, ...]]
) -> None:
    odd, player = await bus.player("a.odd"), await bus.player("vlc")
    odd.answers[method] = answer
    call = await standin.call("bob")
    await player.until(is_paused)
    await ended(standin, call)
    await player.until(plays)
    assert method in odd.asked
    assert "Playing" not in standin.log


async def test_long_signals_are_left_out(standin: StandIn, bus: SessionBus) -> None:
    player = await bus.player("vlc")
    call = await standin.call("bob")
    await player.until(is_paused)
    await player.tells({"Metadata": ("s", _LONG)})
    await player.tells({"Metadata": ("s", "short")})
    await ended(standin, call)
    await player.until(plays)


async def test_turned_off_it_asks_nobody(standin: StandIn, bus: SessionBus) -> None:
    await standin.client.ask(ChangeSettings(changes={_KEY: None}))
    player = await bus.player("vlc")
    await ended(standin, await standin.call("bob"))
    assert player.asked == []


async def test_a_phone_that_is_stopped_ends_after_the_music_went_on(
    standin: StandIn, bus: SessionBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = await bus.player("vlc")
    await standin.call("bob")
    await player.until(is_paused)
    engine, calls = standin.engine, []
    close = engine.music.close

    async def noted() -> None:
        calls.append(len(engine.book))
        await close()

    monkeypatch.setattr(engine.music, "close", noted)
    await standin.stop()
    assert calls == [0]
    await player.until(plays)


async def test_a_bus_that_ends_ends_no_call(standin: StandIn, bus: SessionBus) -> None:
    player = await bus.player("vlc")
    call = await standin.call("bob")
    await player.until(is_paused)
    await bus.stop()
    another = await standin.call("carol")
    await ended(standin, call, another)


async def remark(phone: StandIn) -> str | None:
    data = await phone.client.get(GetSettings(), SettingsData)
    return data.remarks.get(_KEY)


async def test_without_a_bus_the_settings_say_so(
    standin: StandIn, bus: SessionBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await remark(standin) is None
    await bus.stop()
    assert await remark(standin) == _SILENT
    for address in ("nonsense", "autolaunch:", "tcp:host=127.0.0.1,port=1"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert await remark(standin) == _SILENT
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert await remark(standin) == _NONE
    await ended(standin, await standin.call("bob"))
    await standin.client.ask(ChangeSettings(changes={_KEY: None}))
    assert await remark(standin) is None


async def test_the_bus_of_the_users_session_is_found_by_its_folder(
    place: Path, standin: StandIn, bus: SessionBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    assert await remark(standin) is None


async def test_a_bus_that_says_nothing_is_not_waited_for(
    place: Path, standin: StandIn, bus: SessionBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = await asyncio.start_unix_server(lambda *_: None, place / "silent")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={place / 'silent'}")
    async with silent:
        call = await standin.call("bob")
        standin.remote_answers(call)
        await standin.until_state(call, CallState.ACTIVE)
        await ended(standin, call)
        silent.close()
