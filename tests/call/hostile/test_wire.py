"""The watch on the wire finds voice and SIP in the clear."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.support.media import sound
from tests.support.network import wire
from tests.support.network.wire import Wire

_BIAS, _CLIP = 132, 32635


def _mu_law(speech: Path) -> bytes:
    """A WAV file as G.711 mu-law at 8 kHz."""
    samples = sound.load(speech)[:: sound.RATE // 8000].astype(np.int32)
    size = np.minimum(np.abs(samples), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    code = exponent << 4 | (size >> exponent + 3) & 15
    law: np.typing.NDArray[np.uint8] = (~(np.where(samples < 0, 128, 0) | code)).astype(np.uint8)
    return law.tobytes()


def _send(host: str, payloads: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        for payload in payloads:
            sender.sendto(payload, (host, 5060))


@pytest.fixture
def watched() -> tuple[Wire, str]:
    # Not an address of the cases, whose own capture must not see these packets.
    host = f"127.250.{os.getpid() % 250}.1"
    return Wire(host.rpartition(".")[0] + "."), host


def test_sip_in_the_clear_is_found(watched: tuple[Wire, str]) -> None:
    seen, host = watched
    _send(host, [b"REGISTER sip:pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP x\r\n\r\n", b"\x16\x03\x01"])
    leak = wire.readable_sip(seen.take())
    seen.close()
    assert seen.blind or len(leak) == 1


def test_speech_in_the_clear_is_found(watched: tuple[Wire, str], tmp_path: Path) -> None:
    seen, host = watched
    speech = sound.speak(tmp_path / "speech.wav")
    voice = _mu_law(speech)
    frames = [voice[at : at + 160] for at in range(0, len(voice) - 160, 160)]
    heads = [b"\x80\x00" + number.to_bytes(2) + bytes(8) for number in range(len(frames))]
    _send(host, [head + frame for head, frame in zip(heads, frames, strict=True)])
    leak = wire.likeness(seen.take(), speech, tmp_path)
    seen.close()
    assert seen.blind or wire.is_alike(leak), leak
