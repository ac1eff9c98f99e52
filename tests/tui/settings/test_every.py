"""Every setting without a box of its own is changed by keys."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.support.media import sound
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.settings.test_settings import go_to
from tui.settings.list import SETTINGS

TYPED = {
    "audio.jitter_ms": "60",
    "audio.capture_latency_ms": "80",
    "audio.playback_latency_ms": "80",
    "contacts.last_digits": "8",
    "contacts.command": "find-people --ldap",
    "network.rtp_ports": "10000-10100",
    "network.sip_port": "5070",
}
BOXES = ("audio.input", "audio.output", "audio.ring_device", "screen.theme")


def typed_values(folder: Path) -> dict[str, str]:
    """Texts for settings that are typed; files are made in `folder`."""
    return {**TYPED, "audio.ring_sound": str(sound.sine(folder / "ring.wav", 800, seconds=1))}


async def test_every_setting_is_changed_by_keys(
    phone: Screen, standin: StandIn, place: Path
) -> None:
    values = typed_values(place)
    for setting in SETTINGS:
        if setting.key in BOXES:
            continue
        await go_to(phone, setting.key)
        before = setting.value_in(standin.engine.settings)
        await phone.press("enter")
        if setting.is_typed:
            await phone.press(*["backspace"] * len(str(before or "")))
            await phone.press(*values[setting.key], "enter")
            wanted = setting.read(values[setting.key])
        else:
            choices = setting.choices
            wanted = choices[(choices.index(before) + 1) % len(choices)]
        await phone.until(lambda: setting.value_in(standin.engine.settings) == wanted)  # noqa: B023
        table, _, key = setting.key.partition(".")
        assert tomllib.loads(standin.paths.settings.read_text())[table][key] == wanted
