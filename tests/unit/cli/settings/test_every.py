"""`offhook settings` changes every setting that the screen lists."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.standin.engine import StandIn
from tests.tui.settings.test_every import BOXES, typed_values
from tests.unit.cli.typed import typed
from tui.settings.list import SETTINGS

NAMED = {
    "audio.input": "usb",
    "audio.output": "usb",
    "audio.ring_device": "usb",
    "screen.theme": "light",
}

REMARKED = ("calls.pause_music",)
"""Settings without effect on a machine of the tests, as the phone says."""


async def test_every_setting_is_changed_by_its_name(standin: StandIn, place: Path) -> None:
    typed_words = typed_values(place)
    assert set(NAMED) == set(BOXES)
    for setting in SETTINGS:
        other = [choice for choice in setting.choices if choice != setting.default]
        value = NAMED.get(setting.key) or typed_words.get(setting.key) or other[0]
        text = json.dumps(value).strip('"')
        status, out, err = await typed("settings", setting.key, text)
        assert (status, out) == (0, ""), setting.key
        assert bool(err) is (setting.key in REMARKED), err
        assert await typed("settings", setting.key) == (0, f"{text}\n", "")
        assert str(setting.value_in(standin.engine.settings)) == str(value)
