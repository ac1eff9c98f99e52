"""`offhook settings`: shows and changes config.toml."""

from __future__ import annotations

import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.protocol.settings import GetSettings, Settings, SettingsData


async def settings(standin: StandIn) -> Settings:
    return (await standin.client.get(GetSettings(), SettingsData)).settings


async def test_every_setting_is_listed_as_it_is(standin: StandIn) -> None:
    status, out, err = await typed("settings")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == ["audio.input =", "audio.output =", "audio.clock_rate = 48000"]
    assert "audio.ring = true" in lines
    assert "screen.theme = auto" in lines
    shown = json.loads((await typed("settings", "--json")).out)
    assert shown["settings"]["audio"]["clock_rate"] == 48000
    assert shown["folder"] == str(standin.paths.config)


@pytest.mark.parametrize(
    ("key", "text", "value", "default"),
    [
        ("audio.ring", "false", False, True),
        ("audio.jitter_ms", "60", 60, 20),
        ("audio.clock_rate", "16000", 16000, 48000),
        ("audio.input", "1234", "1234", None),
        ("audio.output", "null", "null", None),
        ("screen.theme", "light", "light", "auto"),
        ("network.rtp_ports", "10000-10100", "10000-10100", None),
        ("network.sip_port", "5070", 5070, 0),
        ("network.dscp", "true", True, False),
        ("keys.call.hold", "f5", "f5", None),
    ],
)
async def test_a_setting_is_changed_shown_and_given_its_default_back(
    standin: StandIn, key: str, text: str, value: object, default: object
) -> None:
    assert await typed("settings", key, text) == (0, "", "")
    assert await typed("settings", key) == (0, f"{text}\n", "")
    shown = json.loads((await typed("settings", key, "--json")).out)
    assert shown == {"key": key, "value": value}
    assert await typed("settings", key, "--default") == (0, "", "")
    assert json.loads((await typed("settings", key, "--json")).out)["value"] == default


async def test_a_setting_without_effect_on_this_machine_says_so(standin: StandIn) -> None:
    words = (
        "calls.pause_music: it has no effect now: no session bus (D-Bus) answers on this machine\n"
    )
    assert await typed("settings", "calls.pause_music", "true") == (0, "", words)
    status, out, err = await typed("settings")
    assert (status, err) == (0, words)
    assert "calls.pause_music = true" in out.splitlines()
    assert (await typed("settings", "audio.ring", "false")).err == ""
    assert await typed("settings", "calls.pause_music", "--default") == (0, "", "")


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("audio.jitter_ms", "many", "a whole number from 0 to 500"),
        ("audio.jitter_ms", "100000", "a whole number from 0 to 500"),
        ("audio.clock_rate", "44100", "one of 8000, 16000, 32000, 48000"),
        ("audio.ring", "perhaps", "true or false"),
        ("screen.notify", "loudly", "one of auto, off, osc777, osc9, osc99"),
        ("network.sip_port", "65536", "a whole number from 0 to 65535"),
        ("screen.theme", "", "a text of 1 to 64 characters"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_in_words(
    standin: StandIn, key: str, text: str, allowed: str
) -> None:
    before = await settings(standin)
    status, out, err = await typed("settings", key, text)
    assert (status, out) == (2, "")
    assert err.endswith(f"Error: {key} is {allowed}, not “{text}”\n")
    assert await settings(standin) == before


async def test_what_the_engine_refuses_has_status_1(standin: StandIn) -> None:
    standin.paths.settings.write_text("[audio\n")
    status, out, err = await typed("settings", "audio.ring", "false")
    assert (status, out) == (1, "")
    assert err.startswith(f"offhook: {standin.paths.settings}")


@pytest.mark.parametrize("ports", ["many", "10000", "10000-10005", "10100-10000"])
async def test_ports_of_voice_that_do_not_fit_are_refused_in_words(
    standin: StandIn, ports: str
) -> None:
    before = await settings(standin)
    status, out, err = await typed("settings", "network.rtp_ports", ports)
    assert (status, out) == (1, "")
    assert "first and last port are needed, such as 10000-10100, 10 at least" in err
    assert await settings(standin) == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("audio.inpt",), "there is no setting audio.inpt"),
        (("audio.inpt", "USB"), "there is no setting audio.inpt"),
        (("audio", "USB"), "there is no setting audio"),
        (("audio.ring", "true", "--default"), "and not both"),
        (("--default",), "--default needs a KEY"),
    ],
)
async def test_wrong_words_have_status_2(
    standin: StandIn, words: tuple[str, ...], complaint: str
) -> None:
    status, out, err = await typed("settings", *words)
    assert (status, out) == (2, "")
    assert complaint in err


async def test_a_file_that_cannot_be_read_is_reported_beside_the_result(standin: StandIn) -> None:
    standin.paths.settings.write_text("[audio\n")
    await standin.reaches(lambda status: bool(status.engine.problems))
    status, out, err = await typed("settings", "audio.ring")
    assert (status, out) == (0, "true\n")
    assert "config.toml" in err
