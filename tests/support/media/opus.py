"""A far end that speaks Opus (RFC 6716, RFC 7587) in any packet duration."""

from __future__ import annotations

import ctypes
import struct

import numpy as np
from numpy.typing import NDArray

_RATE = 48_000
_VOIP, _OK = 2048, 0
_SET_BITRATE, _SET_MAX_BANDWIDTH, _SET_SIGNAL = 4002, 4004, 4024
_NARROWBAND, _WIDEBAND, _VOICE = 1101, 1103, 3001
_LARGEST = 1275  # bytes of a frame (RFC 6716 section 3.4)


class Speaker:
    """Tones and speech as RTP packets of one stream.

    It asks for Opus's voice coder, whose frames are as long as the packet:
    the other one has none above 20 ms (RFC 6716 section 3.1). `wide` is for speech.
    """

    def __init__(self, payload_type: int, ssrc: int = 0x0705, wide: bool = False) -> None:
        self._payload_type, self._ssrc = payload_type, ssrc
        self._sequence = self._at = 0
        self._library = ctypes.CDLL("libopus.so.0")
        self._library.opus_encoder_create.restype = ctypes.c_void_p
        failed = ctypes.c_int()
        self._encoder = ctypes.c_void_p(
            self._library.opus_encoder_create(_RATE, 1, _VOIP, ctypes.byref(failed))
        )
        assert failed.value == _OK
        for request, value in (
            (_SET_BITRATE, 24_000 if wide else 16_000),
            (_SET_MAX_BANDWIDTH, _WIDEBAND if wide else _NARROWBAND),
            (_SET_SIGNAL, _VOICE),
        ):
            answer = self._library.opus_encoder_ctl(self._encoder, request, ctypes.c_int(value))
            assert answer == _OK

    def packet(self, hertz: int, milliseconds: int) -> bytes:
        """Next packet of the stream, whose tone continues across packets."""
        size = _RATE * milliseconds // 1000
        time = np.arange(self._at, self._at + size) / _RATE
        return self.said((12_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16))

    def said(self, samples: NDArray[np.int16]) -> bytes:
        """Next packet of the stream, with these samples of 48 kHz."""
        size = len(samples)
        out = ctypes.create_string_buffer(_LARGEST)
        length = self._library.opus_encode(self._encoder, samples.tobytes(), size, out, _LARGEST)
        assert length > 0
        head = struct.pack(
            "!BBHII", 0x80, self._payload_type, self._sequence & 0xFFFF, self._at, self._ssrc
        )
        self._sequence += 1
        self._at += size
        return head + out.raw[:length]

    def close(self) -> None:
        self._library.opus_encoder_destroy(self._encoder)
