"""A far end that speaks Opus (RFC 6716, RFC 7587) in any packet duration."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_RATE = 48_000
_VOIP, _OK = 2048, 0
SET_BITRATE, SET_COMPLEXITY, SET_FEC, SET_LOSS = 4002, 4010, 4012, 4014
_SET_MAX_BANDWIDTH, _SET_SIGNAL = 4004, 4024
_NARROWBAND, _WIDEBAND, _VOICE = 1101, 1103, 3001
_LARGEST = 1275  # bytes of a frame (RFC 6716 section 3.4)


class Encoder:
    """libopus's encoder of one channel at 48 kHz; `settings` are by their requests."""

    def __init__(self, settings: Mapping[int, int]) -> None:
        self._library = ctypes.CDLL("libopus.so.0")
        self._library.opus_encoder_create.restype = ctypes.c_void_p
        failed = ctypes.c_int()
        self._encoder = ctypes.c_void_p(
            self._library.opus_encoder_create(_RATE, 1, _VOIP, ctypes.byref(failed))
        )
        assert failed.value == _OK
        for request, value in settings.items():
            self.set(request, value)

    def set(self, request: int, value: int) -> None:
        answer = self._library.opus_encoder_ctl(self._encoder, request, ctypes.c_int(value))
        assert answer == _OK

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        out = ctypes.create_string_buffer(_LARGEST)
        length = self._library.opus_encode(
            self._encoder, samples.tobytes(), len(samples), out, _LARGEST
        )
        assert length > 0
        return out.raw[:length]

    def close(self) -> None:
        self._library.opus_encoder_destroy(self._encoder)


class Speaker:
    """Tones and speech as RTP packets of one stream.

    It asks for Opus's voice coder, whose frames are as long as the packet:
    the other one has none above 20 ms (RFC 6716 section 3.1). `wide` is for speech.
    """

    def __init__(self, payload_type: int, ssrc: int = 0x0705, wide: bool = False) -> None:
        self._payload_type, self._ssrc = payload_type, ssrc
        self._sequence = self._at = 0
        self._encoder = Encoder(
            {
                SET_BITRATE: 24_000 if wide else 16_000,
                _SET_MAX_BANDWIDTH: _WIDEBAND if wide else _NARROWBAND,
                _SET_SIGNAL: _VOICE,
            }
        )

    def packet(self, hertz: int, milliseconds: int) -> bytes:
        """Next packet of the stream, whose tone continues across packets."""
        size = _RATE * milliseconds // 1000
        time = np.arange(self._at, self._at + size) / _RATE
        return self.said((12_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16))

    def said(self, samples: NDArray[np.int16]) -> bytes:
        """Next packet of the stream, with these samples of 48 kHz."""
        head = struct.pack(
            "!BBHII", 0x80, self._payload_type, self._sequence & 0xFFFF, self._at, self._ssrc
        )
        self._sequence += 1
        self._at += len(samples)
        return head + self._encoder.encode(samples)

    def close(self) -> None:
        self._encoder.close()
