"""Choice of microphone and speaker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen, screen
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.tui.reading import running_text
from tui.settings.devices import chosen_of
from voip.model import CallState
from voip.protocol.settings import ChangeSettings
from voip.protocol.sound import TrialStage
from voip.protocol.worker.base import Role
from voip.protocol.worker.sound import LookUpDevices

AUTOMATIC, SPEAKER = "automatic: the phone chooses", "the speaker"


async def show_devices(phone: Screen) -> None:
    await phone.to_main()
    await phone.press("v")
    await phone.sees("In use: Built-in Audio")


def marked(phone: Screen) -> list[str]:
    """Return the rows that are marked as chosen."""
    rows = [line.strip("│ ") for line in phone.lines if line.rstrip("│ ").endswith("  chosen")]
    assert all(row.startswith("✓ ") for row in rows)
    return [row.removeprefix("✓ ").removesuffix("chosen").strip() for row in rows]


async def test_a_device_is_chosen_at_once(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    assert marked(phone) == [AUTOMATIC, AUTOMATIC, SPEAKER]
    await phone.press("down", "down", "enter")
    await phone.until(lambda: marked(phone) == ["USB Headset", AUTOMATIC, SPEAKER])
    await phone.press("down", "down", "down", "space")
    await phone.until(lambda: marked(phone) == ["USB Headset", "USB Headset", SPEAKER])
    assert standin.paths.settings.read_text() == (
        '[audio]\ninput = "USB Headset"\noutput = "USB Headset"\n'
    )
    await phone.press("home", "enter")
    await phone.until(lambda: marked(phone) == [AUTOMATIC, "USB Headset", SPEAKER])
    assert standin.paths.settings.read_text() == '[audio]\noutput = "USB Headset"\n'


async def test_another_device_for_ringing_is_chosen(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    await phone.press("end", "enter")
    await phone.until(lambda: marked(phone) == [AUTOMATIC, AUTOMATIC, "USB Headset"])
    await phone.sees("In use: Built-in Audio / Built-in Audio. Ringing: USB Headset")
    assert standin.engine.settings.audio.ring_device == "USB Headset"
    await standin.client.ask(ChangeSettings(changes={"audio.ring_device": "Loudspeaker"}))
    await phone.sees("✓ Loudspeaker (not there now)")
    await phone.until(
        lambda: (
            "Ringing: no sound device is called Loudspeaker: it rings on the speaker"
            in running_text(phone)
        )
    )


async def test_a_double_click_chooses(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    await phone.click("USB Headset", times=2)
    await phone.until(lambda: standin.engine.settings.audio.input == "USB Headset")


async def test_a_device_that_went_away_is_still_named(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    await standin.client.ask(ChangeSettings(changes={"audio.input": "Old Phone"}))
    await phone.sees("✓ Old Phone (not there now)")


async def test_without_a_device_it_says_what_to_do(
    clock: Clock, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "DEVICES", ())
    async with StandIn(place / "s", audio="null"), screen(clock=clock) as phone:
        await phone.to_main()
        await phone.press("v")
        await phone.sees("sound is switched off")
        assert "There is no microphone. Plug one in, and press r to look again." in running_text(
            phone
        )
        assert "There is no speaker. Plug one in, and press r to look again." in running_text(phone)


async def test_it_looks_again(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    before = len(standin.script.orders)
    await phone.press("r")
    await phone.until(
        lambda: any(isinstance(o, LookUpDevices) for o in standin.script.orders[before:])
    )


async def test_a_refusal_is_told_in_the_box(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    standin.paths.settings.write_text("[audio\n")
    await phone.press("down", "enter")
    await phone.sees("Nothing was changed: ")
    assert standin.paths.settings.read_text() == "[audio\n"


def test_a_device_is_found_as_the_engine_finds_it() -> None:
    names = ["USB Headset", "usb", "Built-in"]
    assert chosen_of(names, "usb") == "usb"
    assert chosen_of(names, "HEAD") == "USB Headset"
    assert chosen_of(names, "other") is None
    assert chosen_of(names, None) is None


async def test_the_microphone_is_tested(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    await phone.press("t")
    await phone.sees("Speak now; t plays it back at once.")
    standin.script.worker(Role.SECURE).report_microphone(TrialStage.LISTENING, 1.0)
    await phone.sees("Speak now; t plays it back at once. ████████████████████")
    await phone.press("t")
    await phone.sees("This is what was heard; t stops it.")
    await phone.press("t")
    await phone.sees("The microphone works: you have heard what it heard.")


async def test_a_microphone_that_hears_nothing_is_told(phone: Screen, standin: StandIn) -> None:
    await show_devices(phone)
    standin.script.microphone = 0.0
    await phone.press("t")
    await phone.sees("Speak now")
    await phone.press("t")
    await phone.sees("This is what was heard")
    await phone.press("t")
    await phone.until(lambda: "The microphone heard nothing: choose another" in running_text(phone))


async def test_a_call_keeps_the_microphone_from_a_test(phone: Screen, standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100", account="work")
    standin.remote_answers(call)
    await standin.until_state(call, CallState.ACTIVE)
    await show_devices(phone)
    await phone.press("t")
    words = f"The microphone is not tested: call {call} has the microphone: end it, or put"
    await phone.until(lambda: words in running_text(phone))
