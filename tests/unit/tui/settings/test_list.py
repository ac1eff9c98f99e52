"""The settings in words."""

from __future__ import annotations

import msgspec
import pytest

from tui.settings.list import SETTINGS, Setting, words
from voip.protocol.settings import Audio, Screen, Settings

BY_KEY = {setting.key: setting for setting in SETTINGS}


def test_every_setting_of_the_file_is_there() -> None:
    tables: dict[str, type[msgspec.Struct]] = {"audio": Audio, "screen": Screen}
    keys = {
        f"{table}.{field.encode_name}"
        for table, kind in tables.items()
        for field in msgspec.structs.fields(kind)
    }
    assert set(BY_KEY) == keys
    # Keys have their own box; the network is for the file and the command line, since it
    # takes effect at the next start.
    assert {f.encode_name for f in msgspec.structs.fields(Settings)} == {
        *tables, "keys", "network",
    }  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_each_has_a_way_to_be_changed(setting: Setting) -> None:
    elsewhere = setting.key in ("audio.input", "audio.output", "screen.theme")
    assert [bool(setting.choices), setting.is_typed, elsewhere].count(True) == 1
    if setting.choices:
        assert setting.default in setting.choices


def test_choices_are_those_of_the_protocol() -> None:
    assert BY_KEY["audio.ring"].choices == (True, False)
    assert BY_KEY["audio.clock_rate"].choices == (8000, 16000, 32000, 48000)
    assert BY_KEY["screen.glyphs"].choices == ("auto", "emoji", "unicode", "ascii")


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("audio.input", None, "automatic"),
        ("audio.input", "USB", "USB"),
        ("audio.ring", True, "on"),
        ("audio.ring", False, "off"),
        ("audio.jitter_ms", 20, "20 ms"),
        ("audio.clock_rate", 8000, "8000 Hz"),
    ],
)
def test_values_in_words(key: str, value: str | int | bool | None, shown: str) -> None:
    assert words(BY_KEY[key], value) == shown
