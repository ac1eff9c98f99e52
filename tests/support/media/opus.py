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
_EXPECTED_LOSS = 20  # percent: an encoder that expects much makes good copies
_LARGEST = 1275  # bytes of a frame (RFC 6716 section 3.4)
_LONGEST = _RATE * 120 // 1000  # samples of a packet (RFC 6716 section 3.2)
_FIRST_CELT = 16  # configurations from here on hold no copies (RFC 6716 section 3.1)
_DEEP_REDUNDANCY = 126  # number of its extension in libopus 1.6
_PADDED, _VARIABLE, _COUNTED = 0x40, 0x80, 3  # RFC 6716 section 3.2.5


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


class Decoder:
    """libopus's decoder of one channel at 48 kHz: Debian's, without Deep Redundancy."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libopus.so.0")
        self._library.opus_decoder_create.restype = ctypes.c_void_p
        failed = ctypes.c_int()
        self._decoder = ctypes.c_void_p(
            self._library.opus_decoder_create(_RATE, 1, ctypes.byref(failed))
        )
        assert failed.value == _OK

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        out = (ctypes.c_int16 * _LONGEST)()
        count = self._library.opus_decode(self._decoder, payload, len(payload), out, _LONGEST, 0)
        assert count > 0
        return np.array(out[:count], dtype=np.int16)

    def close(self) -> None:
        self._library.opus_decoder_destroy(self._decoder)


class Speaker:
    """Tones and speech as RTP packets of one stream.

    It asks for Opus's voice coder, whose frames are as long as the packet:
    the other one has none above 20 ms (RFC 6716 section 3.1). `wide` is for speech,
    and with `copies` each packet has a copy of the frame before (section 2.1.7).
    """

    def __init__(
        self, payload_type: int, ssrc: int = 0x0705, wide: bool = False, copies: bool = False
    ) -> None:
        self._payload_type, self._ssrc = payload_type, ssrc
        self._sequence = self._at = 0
        self._encoder = Encoder(
            {
                SET_BITRATE: 24_000 if wide else 16_000,
                _SET_MAX_BANDWIDTH: _WIDEBAND if wide else _NARROWBAND,
                _SET_SIGNAL: _VOICE,
                SET_FEC: int(copies),
                SET_LOSS: _EXPECTED_LOSS if copies else 0,
            }
        )

    def packet(self, hertz: int, milliseconds: int) -> bytes:
        """Next packet of the stream, whose tone continues across packets."""
        size = _RATE * milliseconds // 1000
        time = np.arange(self._at, self._at + size) / _RATE
        return self.said((12_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16))

    def said(self, samples: NDArray[np.int16], other: bytes | None = None) -> bytes:
        """Next packet of the stream, with these samples of 48 kHz.

        With `other`, a packet of another stream, it has that one's payload.
        """
        head = struct.pack(
            "!BBHII", 0x80, self._payload_type, self._sequence & 0xFFFF, self._at, self._ssrc
        )
        self._sequence += 1
        self._at += len(samples)
        return head + (other[len(head) :] if other else self._encoder.encode(samples))

    def close(self) -> None:
        self._encoder.close()


def has_copy(payload: bytes) -> bool:
    """True if a packet of one frame brings the one before (RFC 6716 section 4.2.4)."""
    frame, _ = _parts(payload)
    if not frame or payload[0] >> 3 >= _FIRST_CELT:
        return False
    # Two flags begin the frame: voice, and the copy.
    return bool(frame[0] & 0x40)


def outline(payload: bytes) -> bytes:
    """Deep Redundancy of a packet of one frame, an outline of those before; empty without."""
    _, padding = _parts(payload)
    return padding if padding and padding[0] >> 1 == _DEEP_REDUNDANCY else b""


def _parts(payload: bytes) -> tuple[bytes, bytes]:
    """Frame and padding of a packet of one frame (RFC 6716 section 3.2)."""
    if len(payload) < 2 or payload[0] & 3 != _COUNTED:
        return payload[1:], b""
    assert payload[1] & ~_PADDED & ~_VARIABLE == 1, "more than one frame"
    at, padding = 2, 0
    while payload[1] & _PADDED:
        at += 1
        padding += min(payload[at - 1], 254)
        if payload[at - 1] < 255:
            break
    end = len(payload) - padding
    return payload[at:end], payload[end:]
