"""SRTP of a far end: AES_CM_128_HMAC_SHA1_80 (RFC 3711 section 4)."""

from __future__ import annotations

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 30  # the master key and its salt, as in a=crypto (RFC 4568 section 6.1)

_TAG_BYTES = 10
_HEADER_BYTES = 12
_SEQUENCES = 1 << 16


class NotAuthentic(Exception):
    """A packet that these keys did not protect."""


class Srtp:
    """One direction of a stream, keyed by an a=crypto line."""

    def __init__(self, inline: bytes) -> None:
        master, salt = inline[:16], inline[16:KEY_BYTES]
        self._key = _derived(master, salt, 0, 16)
        self._auth = _derived(master, salt, 1, 20)
        self._salt = int.from_bytes(_derived(master, salt, 2, 14), "big") << 16
        self._rollover = 0
        self._last: int | None = None

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as SRTP; packets come in order."""
        index = self._index(packet)
        sealed = packet[:_HEADER_BYTES] + self._crypt(packet, packet[_HEADER_BYTES:], index)
        return sealed + self._tag(sealed, index)

    def open(self, packet: bytes) -> bytes:
        """The RTP packet inside an SRTP packet.

        Raises:
            NotAuthentic: it was not protected with these keys.
        """
        sealed, tag = packet[:-_TAG_BYTES], packet[-_TAG_BYTES:]
        if len(sealed) < _HEADER_BYTES:
            raise NotAuthentic
        index = self._index(sealed)
        if not hmac.compare_digest(tag, self._tag(sealed, index)):
            raise NotAuthentic
        return sealed[:_HEADER_BYTES] + self._crypt(sealed, sealed[_HEADER_BYTES:], index)

    def _index(self, packet: bytes) -> int:
        sequence = int.from_bytes(packet[2:4], "big")
        if self._last is not None and self._last - sequence > _SEQUENCES // 2:
            self._rollover += 1
        self._last = sequence
        return self._rollover * _SEQUENCES + sequence

    def _crypt(self, header: bytes, payload: bytes, index: int) -> bytes:
        ssrc = int.from_bytes(header[8:12], "big")
        counter = self._salt ^ (ssrc << 64) ^ (index << 16)
        return _aes_cm(self._key, counter, payload)

    def _tag(self, sealed: bytes, index: int) -> bytes:
        rollover = struct.pack("!I", index // _SEQUENCES)
        return hmac.digest(self._auth, sealed + rollover, hashlib.sha1)[:_TAG_BYTES]


class Srtcp:
    """One direction of a stream's SRTCP (RFC 3711 section 3.4)."""

    def __init__(self, inline: bytes) -> None:
        master, salt = inline[:16], inline[16:KEY_BYTES]
        self._key = _derived(master, salt, 3, 16)
        self._auth = _derived(master, salt, 4, 20)
        self._salt = int.from_bytes(_derived(master, salt, 5, 14), "big") << 16
        self._next = 0

    def protect(self, packet: bytes) -> bytes:
        """An RTCP packet as SRTCP, encrypted."""
        sealed = packet[:8] + self._crypt(packet, packet[8:], self._next)
        sealed += struct.pack("!I", 1 << 31 | self._next)
        self._next += 1
        return sealed + self._tag(sealed)

    def open(self, packet: bytes) -> bytes:
        """The RTCP packet inside an encrypted SRTCP packet.

        Raises:
            NotAuthentic: it was not protected with these keys.
        """
        sealed, tag = packet[:-_TAG_BYTES], packet[-_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(sealed)):
            raise NotAuthentic
        number = int.from_bytes(sealed[-4:], "big") & 0x7FFF_FFFF
        return sealed[:8] + self._crypt(sealed, sealed[8:-4], number)

    def _crypt(self, header: bytes, data: bytes, number: int) -> bytes:
        source = int.from_bytes(header[4:8], "big")
        return _aes_cm(self._key, self._salt ^ (source << 64) ^ (number << 16), data)

    def _tag(self, sealed: bytes) -> bytes:
        return hmac.digest(self._auth, sealed, hashlib.sha1)[:_TAG_BYTES]


def _derived(master: bytes, salt: bytes, label: int, size: int) -> bytes:
    """A session key (RFC 3711 section 4.3.1) with a key derivation rate of 0."""
    counter = (int.from_bytes(salt, "big") ^ (label << 48)) << 16
    return _aes_cm(master, counter, bytes(size))


def _aes_cm(key: bytes, counter: int, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16, "big")))
    return cipher.encryptor().update(data)
