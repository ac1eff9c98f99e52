"""WAV files are looked at before a call is made with them."""

from __future__ import annotations

import array
import io
import math
import os
import stat
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.soundfiles import SoundFileError, make_private, playable


def wav(
    path: Path, samples: list[int], rate: int = 16000, channels: int = 1, width: int = 2
) -> Path:
    path.write_bytes(wav_bytes(samples, rate, channels, width))
    return path


def wav_bytes(samples: list[int], rate: int, channels: int, width: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as target:
        target.setnchannels(channels)
        target.setsampwidth(width)
        target.setframerate(rate)
        raw = b"".join(s.to_bytes(width, "little", signed=width > 1) for s in samples)
        target.writeframes(raw)
    return out.getvalue()


def read(path: Path) -> tuple[int, int, list[int]]:
    """Rate, channels and samples of 16 bits."""
    with wave.open(str(path), "rb") as source:
        assert source.getsampwidth() == 2
        samples = array.array("h")
        samples.frombytes(source.readframes(source.getnframes()))
        return source.getframerate(), source.getnchannels(), list(samples)


@pytest.mark.parametrize("rate", [8000, 16000, 32000, 44100, 48000, 96000])
def test_what_can_be_played_is_played_as_it_is(tmp_path: Path, rate: int) -> None:
    path = wav(tmp_path / "a.wav", [1, 2, 3], rate)
    assert playable(path, tmp_path / "copies") == (path, False)
    assert not (tmp_path / "copies").exists()


def test_rate_of_speech_synthesis_is_doubled(tmp_path: Path) -> None:
    tone = [round(10000 * math.sin(2 * math.pi * 440 * n / 22050)) for n in range(2205)]
    path = wav(tmp_path / "a.wav", tone, 22050)
    copy, is_copy = playable(path, tmp_path / "copies")
    rate, channels, samples = read(copy)
    assert is_copy
    assert copy.parent == tmp_path / "copies"
    assert (rate, channels, len(samples)) == (44100, 1, 4410)
    assert samples[::2] == tone
    between = [10000 * math.sin(2 * math.pi * 440 * (n + 0.5) / 22050) for n in range(2205)]
    # The ends have no neighbours on one side.
    errors = [abs(a - b) for a, b in zip(samples[3:-3:2], between[1:-2], strict=True)]
    assert max(errors) < 20


def test_rate_is_doubled_as_often_as_needed(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [100] * 50, 11025)
    copy, _ = playable(path, tmp_path / "copies")
    assert read(copy) == (44100, 1, [100] * 200)


def test_doubling_never_wraps_around(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [-32768, 32767, 32767, -32768] * 5, 22050)
    _, _, samples = read(playable(path, tmp_path)[0])
    assert samples[3] == 32767
    assert samples[::2] == [-32768, 32767, 32767, -32768] * 5


def test_stereo_is_mixed(tmp_path: Path) -> None:
    pairs = [(0, 0), (100, 300), (-100, 100), (32767, 32767), (-32768, -32768)]
    path = wav(tmp_path / "a.wav", [value for pair in pairs for value in pair], channels=2)
    copy, is_copy = playable(path, tmp_path / "copies")
    assert is_copy
    assert read(copy) == (16000, 1, [0, 200, 0, 32767, -32768])


def test_copy_is_its_owner_s_alone(tmp_path: Path) -> None:
    copy, _ = playable(wav(tmp_path / "a.wav", [1, 2], channels=2), tmp_path / "copies")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_no_sample_at_all(tmp_path: Path) -> None:
    copy, is_copy = playable(wav(tmp_path / "a.wav", [], 22050), tmp_path / "copies")
    assert is_copy
    assert read(copy) == (44100, 1, [])


@pytest.mark.parametrize(
    ("channels", "width", "words"),
    [
        (1, 1, "has 1 channels of 8 bits"),
        (1, 3, "has 1 channels of 24 bits"),
        (2, 4, "has 2 channels of 32 bits"),
        (6, 2, "has 6 channels of 16 bits"),
    ],
)
def test_other_formats_are_refused(tmp_path: Path, channels: int, width: int, words: str) -> None:
    path = wav(tmp_path / "a.wav", [0] * 12, channels=channels, width=width)
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    expected = f"{path} {words}: save it as 16-bit PCM with one or two channels"
    assert str(caught.value) == expected


@pytest.mark.parametrize("rate", [999, 96001, 192000])
def test_strange_rates_are_refused(tmp_path: Path, rate: int) -> None:
    path = wav(tmp_path / "a.wav", [0], rate)
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    assert str(caught.value) == f"{path} has a rate or length that cannot be played"


def test_rate_that_no_doubling_helps(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [0], 8001)
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    expected = "a sampling rate of 8001 Hz cannot be played: use 8, 16 or 48 kHz"
    assert str(caught.value) == expected


def test_missing(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    assert str(caught.value) == f"there is no file {path}"


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError) as caught:
        playable(tmp_path, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path} is not a WAV file that can be played: ")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"ID3\x03 not a wave file", b"\x00" * 64])
def test_not_a_wav_file_and_why(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    start = f"{path} is not a WAV file that can be played: "
    assert str(caught.value).startswith(start)
    assert str(caught.value) != start


def test_header_that_promises_hours(tmp_path: Path) -> None:
    data = bytearray(wav_bytes([0] * 10, 8000, 1, 2))
    data[40:44] = (0xFFFFFFF0).to_bytes(4, "little")
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(data))
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    assert str(caught.value) == f"{path} has a rate or length that cannot be played"


@given(st.lists(st.tuples(st.integers(0, 51), st.integers(0, 255)), max_size=6), st.integers(0, 52))
def test_damaged_headers_raise_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(wav_bytes([1, 2, 3, 4], 22050, 1, 2))
    for place, value in damage:
        data[place] = value
    folder = tmp_path_factory.mktemp("wav")
    path = folder / "a.wav"
    path.write_bytes(bytes(data[:length]))
    try:
        found, is_copy = playable(path, folder / "copies")
    except SoundFileError as error:
        assert str(error) != ""
        return
    assert found.exists()
    assert is_copy == (found != path)


def test_a_recording_is_private_from_its_start(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_private(tmp_path / "new.wav")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.wav").stat().st_mode) == 0o600


def test_a_file_that_is_recorded_over_is_closed(tmp_path: Path) -> None:
    old = tmp_path / "old.wav"
    old.write_text("old")
    old.chmod(0o666)
    make_private(old)
    assert (stat.S_IMODE(old.stat().st_mode), old.read_text()) == (0o600, "old")


def test_nothing_is_recorded_into_what_is_no_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.getuid()
    (tmp_path / "theirs.wav").touch()
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(SoundFileError, match=r"pipe\.wav cannot be written"):
        make_private(tmp_path / "pipe.wav")
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(SoundFileError) as caught:
        make_private(tmp_path / "theirs.wav")
    assert str(caught.value).endswith("theirs.wav is no file of yours: choose another name")
