"""config.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from voip.engine.files import settings
from voip.engine.files.toml import ConfigError
from voip.protocol.settings import Audio, Network, Screen, Settings

PORTS = "first and last port are needed, such as 10000-10100, 10 at least"


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_no_file_is_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "config.toml") == Settings(audio=Audio())


def test_everything_set(tmp_path: Path) -> None:
    text = """
    [audio]
    input = "USB"
    output = "Built-in"
    clock_rate = 16000
    frame_ms = 20
    capture_latency_ms = 10
    playback_latency_ms = 500
    jitter_ms = 0
    echo_cancel = false
    ring = false
    """
    assert settings.load(write(tmp_path, text)).audio == Audio(
        input="USB",
        output="Built-in",
        clock_rate=16000,
        frame_ms=20,
        capture_latency_ms=10,
        playback_latency_ms=500,
        jitter_ms=0,
        echo_cancel=False,
        ring=False,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[audoi]\n", "“audoi” is not known, did you mean “audio”?"),
        ("audio = 3\n", "“audio”: Expected `object`, got `int`"),
        ('[audio]\nring = "x"\n', "“audio.ring”: Expected `bool`, got `str`"),
        ("[audio]\ninput = 1\n", "“audio.input”: Expected `str | null`, got `int`"),
        ("[audio]\njitter_ms = -1\n", "“audio.jitter_ms”: Expected `int` >= 0"),
        ("[audio]\njitter_ms = 501\n", "“audio.jitter_ms”: Expected `int` <= 500"),
        ("[audio]\ncapture_latency_ms = 9\n",
         "“audio.capture_latency_ms”: Expected `int` >= 10"),
        ("[audio]\nplayback_latency_ms = 501\n",
         "“audio.playback_latency_ms”: Expected `int` <= 500"),
        ("[network]\nsip_port = 65536\n", "“network.sip_port”: Expected `int` <= 65535"),
        *((f'[network]\nrtp_ports = "{ports}"\n', f"“network”: {PORTS}")
          for ports in ("", "10000", "10000-", "0-9", "10000-10008", "65530-65540", "1-99999",
                        "10009-10000", "10000 - 10100", "١٠٠٠٠-١٠١٠٠")),
    ],
)  # fmt: skip
def test_bad_values_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert str(caught.value) == f"{path}: {words}"


def test_ports_of_voice_are_a_range(tmp_path: Path) -> None:
    text = '[network]\nrtp_ports = "10000-10009"\nsip_port = 5070\ndscp = true\n'
    network = settings.load(write(tmp_path, text)).network
    assert network == Network(rtp_ports="10000-10009", sip_port=5070, dscp=True)
    assert network.rtp_range == (10000, 10009)
    assert Network().rtp_range is None


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("clock_rate", 44100, ("8000", "16000", "32000", "48000")),
        ("frame_ms", 15, ("10", "20")),
    ],
)
def test_choice_says_what_is_allowed(
    tmp_path: Path, field: str, value: int, allowed: tuple[str, ...]
) -> None:
    path = write(tmp_path, f"[audio]\n{field} = {value}\n")
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert field in text
    for choice in allowed:
        assert choice in text


def test_unknown_field_of_a_table_is_told_by_that_table_s_fields(tmp_path: Path) -> None:
    path = write(tmp_path, '[audio]\ninptu = "x"\n')
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert str(caught.value).startswith(f"{path}: “")
    assert "did you mean “input”?" in str(caught.value)


def test_broken_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[audio")
    with pytest.raises(ConfigError) as caught:
        settings.load(path)
    assert str(caught.value).startswith(f"{path} is not valid TOML: ")


@pytest.mark.parametrize(("value", "silent"), [("null", True), ("", False), ("other", False)])
def test_sound_is_switched_off_by_a_variable(
    monkeypatch: pytest.MonkeyPatch, value: str, silent: bool
) -> None:
    monkeypatch.setenv("OFFHOOK_AUDIO", value)
    assert settings.is_silent() is silent


WRITTEN = """\
# mine
[audio]  # sound
input = "USB"  # the good one

# how it looks
[screen]
theme = "light"

[keys]
hold = "h"
"""


def test_change_keeps_comments_order_and_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, WRITTEN)
    changed = settings.change(
        path,
        {
            "audio.input": "Built-in",
            "audio.ring": False,
            "screen.theme": None,
            "keys.call.end": "x",
        },
    )
    assert path.read_text() == (
        '# mine\n[audio]  # sound\ninput = "Built-in"  # the good one\nring = false\n'
        "\n# how it looks\n[screen]\n"
        '\n[keys]\nhold = "h"\n"call.end" = "x"\n'
    )
    assert changed == settings.load(path)
    assert changed.audio == Audio(input="Built-in", ring=False)
    assert changed.screen == Screen()
    assert changed.keys == {"hold": "h", "call.end": "x"}


def test_change_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    assert settings.change(path, {"screen.bell": False, "audio.input": None}).screen.bell is False
    assert path.read_text() == "[screen]\nbell = false\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"audio.inptu": "x"}, "“inptu” is not known, did you mean “input”?"),
        ({"audoi.input": "x"}, "“audoi” is not known, did you mean “audio”?"),
        ({"audio": "x"}, "“audio” is not a key of a table, such as audio.input"),
        ({"": "x"}, "“” is not a key of a table, such as audio.input"),
        ({"audio.ring": "yes"}, "“audio.ring”: Expected `bool`, got `str`"),
        ({"audio.jitter_ms": 501}, "“audio.jitter_ms”: Expected `int` <= 500"),
        ({"keys.hold": 3}, "“keys.hold”: Expected `str`, got `int`"),
        ({"screen.notify": "on"},
         "“screen.notify”: Invalid enum value 'on'; allowed are auto, off, osc9, osc99, osc777"),
        ({"audio.ring": False, "screen.theme": ""},
         "“screen.theme”: Expected `str` of length >= 1"),
    ],
)  # fmt: skip
def test_bad_change_is_refused_and_leaves_the_file_alone(
    tmp_path: Path, change: dict[str, str | int | bool | None], words: str
) -> None:
    path = write(tmp_path, WRITTEN)
    with pytest.raises(ConfigError) as caught:
        settings.change(path, change)
    assert str(caught.value) == f"{path}: {words}"
    assert path.read_text() == WRITTEN


@pytest.mark.parametrize("text", ["[audio]\ninptu = 1\n", "audio = 3\n", "[audio\n"])
def test_file_that_is_wrong_already_is_left_alone(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        settings.change(path, {"audio.input": "USB"})
    assert str(caught.value).startswith(str(path))
    assert path.read_text() == text
