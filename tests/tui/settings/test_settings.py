"""Each setting is changed, saved and applied at once, or refused."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.settings.devices import Devices
from tui.settings.keys import Keys
from tui.settings.list import SETTINGS
from tui.settings.settings import Settings
from tui.settings.themes import Themes


async def go_to(phone: Screen, key: str) -> None:
    """Open the settings, with the cursor on one of them."""
    await phone.to_main()
    await phone.press("comma")
    await phone.sees("Kept in ")
    box = phone.app.screen
    assert isinstance(box, Settings)
    box.rows.select(next(setting for setting in SETTINGS if setting.key == key))
    await phone.settle()


def row(phone: Screen, name: str) -> str:
    return next(line for line in phone.lines if line.startswith(f"│   {name} "))


async def test_each_row_has_its_value_its_default_and_its_meaning(
    phone: Screen, standin: StandIn
) -> None:
    standin.paths.settings.write_text("[audio]\nring = false\n")
    await standin.engine.reload_settings()
    await go_to(phone, "audio.ring")
    # The scroll bar may end the row.
    shown = row(phone, "Ringing").split()[1:7]
    assert shown[:5] == ["Ringing", "[", "]", "off", "default:"]
    assert shown[5].startswith("on")
    assert row(phone, "Noise suppression").rstrip("│ ").endswith("default")
    assert "A sound when somebody calls" in phone.text


async def test_on_and_off(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "audio.ring")
    await phone.press("space")
    await phone.until(lambda: "[ ] off" in row(phone, "Ringing"))
    assert standin.paths.settings.read_text() == "[audio]\nring = false\n"
    await phone.press("enter")
    await phone.until(lambda: "[✓] on" in row(phone, "Ringing"))
    assert standin.engine.settings.audio.ring is True


async def test_one_choice_after_the_other(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "screen.notify")
    seen = []
    for _ in range(5):
        await phone.press("enter")
        seen.append(standin.engine.settings.screen.notify)
    assert seen == ["off", "osc9", "osc99", "osc777", "auto"]


async def test_back_to_the_default(phone: Screen, standin: StandIn) -> None:
    standin.paths.settings.write_text("[audio] # mine\nring = false\njitter_ms = 60\n")
    await standin.engine.reload_settings()
    await go_to(phone, "audio.ring")
    await phone.press("delete")
    await phone.until(lambda: "[✓] on" in row(phone, "Ringing"))
    assert standin.paths.settings.read_text() == "[audio] # mine\njitter_ms = 60\n"


async def test_a_number_is_typed(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "audio.jitter_ms")
    await phone.press("enter")
    assert "Jitter buffer, in ms: 20" in phone.text
    await phone.press("backspace", "backspace", "8", "0", "enter")
    await phone.until(lambda: "80 ms" in row(phone, "Jitter buffer"))
    assert "default: 20 ms" in row(phone, "Jitter buffer")
    assert "Jitter buffer, in ms:" not in phone.text
    assert standin.engine.settings.audio.jitter_ms == 80


async def test_a_number_out_of_range_is_refused_beside_its_setting(
    phone: Screen, standin: StandIn
) -> None:
    await go_to(phone, "audio.jitter_ms")
    await phone.press("enter", *"9999", "enter")
    _x, y = phone.find("  Jitter buffer ")
    assert "✗ not saved: “audio.jitter_ms”: Expected `int` <= 500" in phone.lines[y + 1]
    assert not standin.paths.settings.exists() or "jitter" not in standin.paths.settings.read_text()
    await phone.press("escape")
    assert "in ms:" not in phone.text
    assert isinstance(phone.app.screen, Settings)


async def test_what_is_no_number_is_refused(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "audio.jitter_ms")
    await phone.press("enter", "x", "enter")
    await phone.sees("✗ not saved: “20x” is not a whole number of ms")
    assert standin.engine.settings.audio.jitter_ms == 20


async def test_ports_are_typed_and_left_to_the_system_again(
    phone: Screen, standin: StandIn
) -> None:
    await go_to(phone, "network.rtp_ports")
    await phone.press("enter", *"10000-10100", "enter")
    await phone.until(lambda: "10000-10100" in row(phone, "Voice ports"))
    assert standin.engine.settings.network.rtp_range == (10000, 10100)
    await phone.press("enter", *["backspace"] * 11, "enter")
    await phone.until(lambda: "automatic" in row(phone, "Voice ports"))
    assert standin.engine.settings.network.rtp_range is None


async def test_too_few_ports_are_refused(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "network.rtp_ports")
    await phone.press("enter", *"10000-10005", "enter")
    await phone.sees("✗ not saved: “network”: first and last port are needed, such as")
    assert standin.engine.settings.network.rtp_range is None


async def test_one_without_effect_on_this_machine_says_so(phone: Screen) -> None:
    await go_to(phone, "calls.pause_music")
    assert "no effect" not in phone.text
    await phone.press("enter")
    await phone.sees("✗ it has no effect now: no session bus (D-Bus) answers")
    assert "[✓] on" in row(phone, "Pause music")
    await phone.press("enter")
    await phone.until(lambda: "no effect" not in phone.text)


async def test_what_has_a_box_of_its_own_opens_it(phone: Screen) -> None:
    for key, box in (
        ("audio.input", Devices),
        ("audio.output", Devices),
        ("screen.theme", Themes),
    ):
        await go_to(phone, key)
        await phone.press("enter")
        assert isinstance(phone.app.screen, box)
    await go_to(phone, "audio.input")
    await phone.press("end", "enter")
    assert isinstance(phone.app.screen, Keys)


async def test_a_file_that_cannot_be_read_is_not_written(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "audio.ring")
    standin.paths.settings.write_text("[audio]\nrnig = true\n")
    await standin.engine.reload_settings()
    await phone.sees("Nothing can be changed here until this is fixed: ")
    await phone.press("space")
    await phone.sees("✗ not saved: “rnig” is not known, did you mean “ring”?")
    assert standin.paths.settings.read_text() == "[audio]\nrnig = true\n"
    standin.paths.settings.write_text("[audio]\nring = false\n")
    await standin.engine.reload_settings()
    await phone.sees("Kept in ")
    assert "[ ] off" in row(phone, "Ringing")
