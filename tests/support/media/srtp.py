"""SRTP of a far end: in counter mode (RFC 3711 section 4, RFC 6188) or AEAD (RFC 7714)."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 30  # the master key and its salt, as in a=crypto (RFC 4568 section 6.1)

_TAG_BYTES = 10  # of SRTCP
_AUTH_BYTES = 20
_HEADER_BYTES = 12
_SEQUENCES = 1 << 16


@dataclass(frozen=True)
class Form:
    """Bytes of a suite's master key, its salt and its tags; 12 of salt are AEAD's."""

    key: int
    salt: int
    tag: int


FORMS = {
    "AES_CM_128_HMAC_SHA1_80": Form(16, 14, 10),
    "AES_CM_128_HMAC_SHA1_32": Form(16, 14, 4),
    "AES_256_CM_HMAC_SHA1_80": Form(32, 14, 10),
    "AES_256_CM_HMAC_SHA1_32": Form(32, 14, 4),
    "AEAD_AES_128_GCM": Form(16, 12, 16),
    "AEAD_AES_128_GCM_8": Form(16, 12, 8),
    "AEAD_AES_256_GCM": Form(32, 12, 16),
    "AEAD_AES_256_GCM_8": Form(32, 12, 8),
}


class NotAuthentic(Exception):
    """A packet that these keys did not protect."""


class Srtp:
    """One direction of a stream, keyed by an a=crypto line."""

    def __init__(self, inline: bytes, suite: str = "AES_CM_128_HMAC_SHA1_80") -> None:
        self._form = form = FORMS[suite]
        master, salt = inline[: form.key], inline[form.key : form.key + form.salt]
        self._key = _derived(master, salt, 0, form.key)
        self._auth = _derived(master, salt, 1, _AUTH_BYTES)
        self._salt = int.from_bytes(_derived(master, salt, 2, form.salt), "big")
        self._rollover = 0
        self._last: int | None = None

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as SRTP; packets come in order."""
        index = self._index(packet)
        if self._is_aead:
            encryptor = self._gcm(packet, index).encryptor()
            encryptor.authenticate_additional_data(packet[:_HEADER_BYTES])
            sealed = packet[:_HEADER_BYTES] + encryptor.update(packet[_HEADER_BYTES:])
            encryptor.finalize()
            return sealed + encryptor.tag[: self._form.tag]
        sealed = packet[:_HEADER_BYTES] + self._crypt(packet, packet[_HEADER_BYTES:], index)
        return sealed + self._tag(sealed, index)

    def open(self, packet: bytes) -> bytes:
        """The RTP packet inside an SRTP packet.

        Raises:
            NotAuthentic: it was not protected with these keys.
        """
        sealed, tag = packet[: -self._form.tag], packet[-self._form.tag :]
        if len(sealed) < _HEADER_BYTES:
            raise NotAuthentic
        index = self._index(sealed)
        if self._is_aead:
            decryptor = self._gcm(sealed, index, tag).decryptor()
            decryptor.authenticate_additional_data(sealed[:_HEADER_BYTES])
            clear = decryptor.update(sealed[_HEADER_BYTES:])
            try:
                return sealed[:_HEADER_BYTES] + clear + decryptor.finalize()
            except InvalidTag:
                raise NotAuthentic from None
        if not hmac.compare_digest(tag, self._tag(sealed, index)):
            raise NotAuthentic
        return sealed[:_HEADER_BYTES] + self._crypt(sealed, sealed[_HEADER_BYTES:], index)

    @property
    def _is_aead(self) -> bool:
        return self._form.salt == 12

    def _index(self, packet: bytes) -> int:
        sequence = int.from_bytes(packet[2:4], "big")
        if self._last is not None and self._last - sequence > _SEQUENCES // 2:
            self._rollover += 1
        self._last = sequence
        return self._rollover * _SEQUENCES + sequence

    def _crypt(self, header: bytes, payload: bytes, index: int) -> bytes:
        counter = (self._salt << 16) ^ (_source(header) << 64) ^ (index << 16)
        return _aes_cm(self._key, counter, payload)

    def _gcm(self, header: bytes, index: int, tag: bytes | None = None) -> Cipher[modes.GCM]:
        nonce = self._salt ^ (_source(header) << 48) ^ index
        mode = modes.GCM(nonce.to_bytes(12, "big"), tag, self._form.tag)
        return Cipher(algorithms.AES(self._key), mode)

    def _tag(self, sealed: bytes, index: int) -> bytes:
        rollover = struct.pack("!I", index // _SEQUENCES)
        return hmac.digest(self._auth, sealed + rollover, hashlib.sha1)[: self._form.tag]


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
    counter = (int.from_bytes(salt.ljust(14, b"\0"), "big") ^ (label << 48)) << 16
    return _aes_cm(master, counter, bytes(size))


def _aes_cm(key: bytes, counter: int, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16, "big")))
    return cipher.encryptor().update(data)


def _source(header: bytes) -> int:
    return int.from_bytes(header[8:12], "big")
