"""The settings in words."""

from __future__ import annotations

import msgspec
import pytest

from tui.settings.list import SETTINGS, Setting, words
from voip.protocol.settings import Audio, Calls, Contacts, Network, Screen, Settings

BY_KEY = {setting.key: setting for setting in SETTINGS}


def test_every_setting_of_the_file_is_there() -> None:
    tables: dict[str, type[msgspec.Struct]] = {
        "audio": Audio,
        "calls": Calls,
        "contacts": Contacts,
        "network": Network,
        "screen": Screen,
    }
    keys = {
        f"{table}.{field.encode_name}"
        for table, kind in tables.items()
        for field in msgspec.structs.fields(kind)
    }
    assert set(BY_KEY) == keys
    # Keys have their own box.
    assert {f.encode_name for f in msgspec.structs.fields(Settings)} == {*tables, "keys"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_each_has_a_way_to_be_changed(setting: Setting) -> None:
    elsewhere = setting.key in ("audio.input", "audio.output", "audio.ring_device", "screen.theme")
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
        ("audio.ring_sound", None, "the phone's own"),
        ("audio.ring_sound", "/home/me/ring.wav", "/home/me/ring.wav"),
        ("audio.jitter_ms", 20, "20 ms"),
        ("audio.clock_rate", 8000, "8000 Hz"),
        ("audio.jitter_ms", 0, "0 ms"),
        ("network.rtp_ports", None, "automatic"),
        ("network.rtp_ports", "10000-10100", "10000-10100"),
        ("network.sip_port", 0, "automatic"),
        ("network.sip_port", 5070, "5070"),
        ("network.dscp", False, "off"),
    ],
)
def test_values_in_words(key: str, value: str | int | bool | None, shown: str) -> None:
    assert words(BY_KEY[key], value) == shown


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("audio.jitter_ms", "60", 60),
        ("network.sip_port", "5070", 5070),
        ("network.rtp_ports", "10000-10100", "10000-10100"),
        ("network.rtp_ports", "", None),
    ],
)
def test_what_is_typed(key: str, text: str, value: str | int | None) -> None:
    assert BY_KEY[key].read(text) == value


@pytest.mark.parametrize(
    ("key", "words_of_it"),
    [
        ("audio.jitter_ms", "“many” is not a whole number of ms"),
        ("network.sip_port", "“many” is not a whole number"),
    ],
)
def test_what_is_no_number(key: str, words_of_it: str) -> None:
    with pytest.raises(ValueError, match=f"^{words_of_it}$"):
        BY_KEY[key].read("many")
