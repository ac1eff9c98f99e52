"""WAV files are checked before a call is made with them."""

from __future__ import annotations

import array
import io
import math
import os
import stat
import struct
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.files.sound_files import (
    PlayedFile,
    SoundFileError,
    make_private,
    playable,
    repeatable,
)


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
    """Return rate, channels and 16-bit samples."""
    with wave.open(str(path), "rb") as source:
        assert source.getsampwidth() == 2
        samples = array.array("h")
        samples.frombytes(source.readframes(source.getnframes()))
        return source.getframerate(), source.getnchannels(), list(samples)


@pytest.mark.parametrize("rate", [8000, 16000, 32000, 44100, 48000, 96000])
def test_what_can_be_played_is_played_as_it_is(tmp_path: Path, rate: int) -> None:
    path = wav(tmp_path / "a.wav", [1] * (rate // 10), rate)
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
    # The ends have a neighbour on one side only.
    errors = [abs(a - b) for a, b in zip(samples[3:-3:2], between[1:-2], strict=True)]
    assert max(errors) < 20


def test_rate_is_doubled_as_often_as_needed(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [100] * 50, 11025)
    copy, _ = playable(path, tmp_path / "copies")
    assert read(copy) == (44100, 1, [100] * 200 + [0] * 4210)


def test_doubling_never_wraps_around(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [-32768, 32767, 32767, -32768] * 5, 22050)
    _, _, samples = read(playable(path, tmp_path)[0])
    assert samples[3] == 32767
    assert samples[:40:2] == [-32768, 32767, 32767, -32768] * 5


def test_stereo_is_mixed(tmp_path: Path) -> None:
    pairs = [(0, 0), (100, 300), (-100, 100), (32767, 32767), (-32768, -32768)]
    path = wav(tmp_path / "a.wav", [value for pair in pairs for value in pair], channels=2)
    copy, is_copy = playable(path, tmp_path / "copies")
    assert is_copy
    assert read(copy) == (16000, 1, [0, 200, 0, 32767, -32768] + [0] * 1595)


def test_copy_is_its_owner_s_alone(tmp_path: Path) -> None:
    copy, _ = playable(wav(tmp_path / "a.wav", [1, 2], channels=2), tmp_path / "copies")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_no_sample_at_all(tmp_path: Path) -> None:
    with pytest.raises(SoundFileError, match="is a WAV file without any sound: save it as"):
        playable(wav(tmp_path / "a.wav", [], 22050), tmp_path / "copies")


def test_a_short_sound_becomes_long_enough_to_be_played(tmp_path: Path) -> None:
    copy, is_copy = playable(wav(tmp_path / "a.wav", [7, 8], 8000), tmp_path)
    assert is_copy
    assert read(copy) == (8000, 1, [7, 8] + [0] * 798)


# Readers and writers other than PJMEDIA's


def chunk(name: bytes, content: bytes, length: int | None = None, pad: bool = True) -> bytes:
    size = len(content) if length is None else length
    return (
        name + size.to_bytes(4, "little") + content + (b"\0" if pad and len(content) % 2 else b"")
    )


def riff(*chunks: bytes, length: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    size = len(body) if length is None else length
    return b"RIFF" + size.to_bytes(4, "little") + body


def form(tag: int, bits: int, channels: int = 1, rate: int = 8000, more: bytes = b"") -> bytes:
    align = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits) + more
    )


def extensible(tag: int, bits: int) -> bytes:
    guid = tag.to_bytes(2, "little") + bytes.fromhex("000000001000800000aa00389b71")
    return form(0xFFFE, bits, more=struct.pack("<HHI", 22, bits, 4) + guid)


TONE = [round(10000 * math.sin(n / 3)) for n in range(800)]
RAW = struct.pack("<800h", *TONE)
PCM = form(1, 16)

ODD = {
    "an odd chunk before": riff(PCM, chunk(b"LIST", b"abc"), chunk(b"data", RAW)),
    "an odd chunk without its pad": riff(
        PCM, chunk(b"LIST", b"abc", pad=False), chunk(b"data", RAW)
    ),
    "an empty chunk before": riff(
        chunk(b"JUNK", b""), PCM, chunk(b"fact", b""), chunk(b"data", RAW)
    ),
    "empty sound before": riff(PCM, chunk(b"data", b""), chunk(b"data", RAW)),
    "text that names the sound": riff(
        PCM, chunk(b"LIST", b"data\x04\0\0\0abcd"), chunk(b"data", RAW)
    ),
    "chunks behind": riff(PCM, chunk(b"data", RAW), chunk(b"LIST", b"x" * 99)),
    "a longer format": riff(form(1, 16, more=b"\0\0"), chunk(b"data", RAW)),
    "a pipe, lengths of zero": riff(PCM, chunk(b"data", RAW, 0), length=0),
    "a pipe, greatest lengths": riff(PCM, chunk(b"data", RAW, 0xFFFFFFFF), length=0xFFFFFFFF),
    "a pipe, a length of SoX": riff(PCM, chunk(b"data", RAW, 0x7FFFF000), length=0x7FFFF024),
    "extensible": riff(extensible(1, 16), chunk(b"data", RAW)),
    "24 bits": riff(
        form(1, 24),
        chunk(b"data", b"".join((s << 8).to_bytes(3, "little", signed=True) for s in TONE)),
    ),
    "32 bits": riff(form(1, 32), chunk(b"data", struct.pack("<800i", *(s << 16 for s in TONE)))),
    "extensible, 24 bits": riff(
        extensible(1, 24),
        chunk(b"data", b"".join((s << 8).to_bytes(3, "little", signed=True) for s in TONE)),
    ),
    "half a sample at the end": riff(PCM, chunk(b"data", RAW + b"\x7f")),
}


@pytest.mark.parametrize("kind", list(ODD))
def test_the_same_sound_is_found_and_written_in_the_simplest_way(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(ODD[kind])
    copy, is_copy = playable(path, tmp_path / "copies")
    assert is_copy
    assert copy.read_bytes() == riff(PCM, chunk(b"data", RAW))


@pytest.mark.parametrize(("kind", "bits"), [("f", 32), ("d", 64)])
def test_floats_are_cut_where_they_are_too_loud(tmp_path: Path, kind: str, bits: int) -> None:
    values = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -9e9, math.inf, math.nan]
    path = tmp_path / "a.wav"
    path.write_bytes(riff(form(3, bits), chunk(b"data", struct.pack(f"<9{kind}", *values))))
    samples = read(playable(path, tmp_path)[0])[2][:9]
    assert samples == [0, 16383, -16383, 32767, -32767, 32767, -32767, 32767, 0]


@pytest.mark.parametrize(
    ("tag", "bits", "codes", "expected"),
    [
        # Values of ITU-T G.711, times four and times eight.
        (7, 8, [0xFF, 0x7F, 0x80, 0x00, 0xEF, 0x8F], [0, 0, 32124, -32124, 132, 16764]),
        (6, 8, [0xD5, 0x55, 0xAA, 0x2A, 0x85, 0xC5], [8, -8, 32256, -32256, 4224, 264]),
        (1, 8, [128, 255, 0], [0, 127 << 8, -32768]),
    ],
    ids=["µ-law", "A-law", "8 bits"],
)
def test_bytes_become_what_they_stand_for(
    tmp_path: Path, tag: int, bits: int, codes: list[int], expected: list[int]
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff(form(tag, bits), chunk(b"data", bytes(codes))))
    assert read(playable(path, tmp_path)[0])[2][: len(codes)] == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (riff(form(1, 16, channels=6), chunk(b"data", RAW)), "of 6 channels of 16 bits"),
        (riff(form(1, 12), chunk(b"data", RAW)), "saved with 12 bits"),
        (riff(form(2, 4), chunk(b"data", RAW)), "compressed (ADPCM)"),
        (riff(form(85, 0), chunk(b"data", RAW)), "compressed (MP3)"),
        (riff(form(4242, 16), chunk(b"data", RAW)), "of format 4242"),
        (riff(chunk(b"data", RAW)), "a WAV file that does not say how it was saved"),
        (riff(PCM), "a WAV file without any sound"),
        (b"RF64" + bytes(60), "a WAV file for more than 4 GB"),
        (b"ID3\x03 not a wave file", "not a WAV file"),
    ],
)
def test_what_is_not_read_is_said_with_its_remedy(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(SoundFileError) as caught:
        playable(path, tmp_path)
    remedy = "save it as a WAV file, 16-bit PCM with one or two channels"
    assert str(caught.value) == f"{path} is {words}: {remedy}"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(SoundFileError, match="is not a file"):
        playable(tmp_path / "a.wav", tmp_path)


@pytest.mark.parametrize("rate", [999, 96001, 192000])
def test_strange_rates_are_refused(tmp_path: Path, rate: int) -> None:
    path = wav(tmp_path / "a.wav", [0] * 9, rate)
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
    assert str(caught.value) == f"{tmp_path} cannot be read: Is a directory"


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\x00" * 64])
def test_not_a_wav_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(SoundFileError, match="is not a WAV file: save it as"):
        playable(path, tmp_path)


def test_hours_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes([0] * 10, 1000, 1, 2))
    os.truncate(path, 44 + 2 * 1000 * 3600 * 5)
    with path.open("r+b") as file:
        file.seek(40)
        file.write((2 * 1000 * 3600 * 5).to_bytes(4, "little"))
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
        path_to_play, is_copy = playable(path, folder / "copies")
    except SoundFileError as error:
        assert str(error) != ""
        return
    assert path_to_play.exists()
    assert is_copy == (path_to_play != path)


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
    assert str(caught.value).endswith("theirs.wav is not a file of yours: choose another name")


def test_a_copy_goes_with_the_file_and_the_file_itself_stays(tmp_path: Path) -> None:
    original, copy = tmp_path / "a.wav", tmp_path / "b.wav"
    for path, is_copy in ((original, False), (copy, True)):
        path.touch()
        PlayedFile(path, is_copy).remove_copy()
        PlayedFile(path, is_copy).remove_copy()
    assert (original.exists(), copy.exists()) == (True, False)


@pytest.mark.parametrize(
    ("seconds", "whole"), [(0.05, 4.0), (1.0, 4.0), (2.9, 4.0), (3.5, 4.5), (60.0, 61.0)]
)
def test_a_ring_sound_ends_with_a_pause(tmp_path: Path, seconds: float, whole: float) -> None:
    count = int(seconds * 8000)
    path = wav(tmp_path / "a.wav", [5000] * count, 8000)
    rate, channels, samples = read(repeatable(path, tmp_path / "copies"))
    assert (rate, channels) == (8000, 1)
    assert samples == [5000] * count + [0] * (int(whole * 8000) - count)


def test_a_ring_sound_of_two_channels_and_an_odd_rate_is_converted(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [4000, 2000] * 22050, 22050, channels=2)
    rate, channels, samples = read(repeatable(path, tmp_path / "copies"))
    assert (rate, channels, len(samples)) == (44100, 1, 4 * 44100)
    assert set(samples) == {3000, 0}


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([0] * 8000, "is silent: nobody would hear a call"),
        ([100, -100] * 4000, "is silent"),
        ([5000] * (61 * 8000), "is longer than 60 seconds"),
    ],
)
def test_a_sound_that_cannot_ring_is_refused(
    tmp_path: Path, samples: list[int], words: str
) -> None:
    path = wav(tmp_path / "a.wav", samples, 8000)
    with pytest.raises(SoundFileError, match=words):
        repeatable(path, tmp_path / "copies")
    assert not (tmp_path / "copies").exists()
