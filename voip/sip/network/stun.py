"""STUN messages (RFC 8489) and those of TURN that ask for an address (RFC 8656).

Credentials are long-term ones by MD5 and SHA-1, as PJSIP proves them in calls.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

HEADER_BYTES = 20
TRANSACTION_BYTES = 12

_COOKIE = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_INTEGRITY_BYTES = 24
_SUCCESS, _ERROR = 0x100, 0x110


class Method(IntEnum):
    BINDING = 0x001
    ALLOCATE = 0x003
    REFRESH = 0x004


class Attribute(IntEnum):
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    LIFETIME = 0x000D
    REALM = 0x0014
    NONCE = 0x0015
    REQUESTED_ADDRESS_FAMILY = 0x0017
    REQUESTED_TRANSPORT = 0x0019


FOR_UDP = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
FOR_IPV6 = (Attribute.REQUESTED_ADDRESS_FAMILY, b"\x02\0\0\0")
AT_ONCE = (Attribute.LIFETIME, b"\0\0\0\0")
"""Lifetime of an allocation that is to end now."""


class Answer(NamedTuple):
    """Response to a request; `code` is 0 for success."""

    code: int
    realm: bytes
    nonce: bytes


class Login(NamedTuple):
    """Long-term credentials for a realm (RFC 8489 section 9.2); no key in repr."""

    user: bytes
    realm: bytes
    nonce: bytes
    key: bytes

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


def login(user: str, password: str, challenge: Answer) -> Login:
    """Build the credentials that a challenge asks for."""
    joined = b":".join((user.encode(), challenge.realm, password.encode()))
    key = hashlib.md5(joined, usedforsecurity=False).digest()
    return Login(user.encode(), challenge.realm, challenge.nonce, key)


def request(
    method: Method,
    transaction: bytes,
    attributes: Sequence[tuple[Attribute, bytes]] = (),
    login: Login | None = None,
) -> bytes:
    """Write a request, proven by `login` if there is one."""
    if login is None:
        body = b"".join(_written(*attribute) for attribute in attributes)
        return _HEADER.pack(method, len(body), _COOKIE, transaction) + body
    of_login = (
        (Attribute.USERNAME, login.user),
        (Attribute.NONCE, login.nonce),
        (Attribute.REALM, login.realm),
    )
    body = b"".join(_written(*attribute) for attribute in (*attributes, *of_login))
    header = _HEADER.pack(method, len(body) + _INTEGRITY_BYTES, _COOKIE, transaction)
    digest = hmac.digest(login.key, header + body, "sha1")
    return header + body + _written(Attribute.MESSAGE_INTEGRITY, digest)


def body_bytes(header: bytes) -> int | None:
    """Return the bytes that follow a header, None if it is no header of STUN."""
    kind, length, cookie, _ = _HEADER.unpack(header)
    return length if cookie == _COOKIE and kind < 0x4000 and length % 4 == 0 else None


def answer(
    message: bytes, method: Method, transaction: bytes, login: Login | None = None
) -> Answer | None:
    """Read the answer to a request, None for anything else.

    A success has to be proven by the `login` of its request.
    """
    if len(message) < HEADER_BYTES or body_bytes(message[:HEADER_BYTES]) is None:
        return None
    kind, length, _, answered = _HEADER.unpack_from(message)
    if length != len(message) - HEADER_BYTES or answered != transaction:
        return None
    if kind not in (method | _SUCCESS, method | _ERROR):
        return None
    attributes: dict[int, bytes] = {}
    is_proven = login is None
    for number, offset, value in _attributes(message):
        if number == Attribute.MESSAGE_INTEGRITY:
            is_proven = is_proven or (login is not None and _proves(message, offset, value, login))
            break
        attributes.setdefault(number, value)
    if kind == method | _SUCCESS:
        return Answer(0, b"", b"") if is_proven else None
    error = attributes.get(Attribute.ERROR_CODE, b"")
    if len(error) < 4:
        return None
    code = (error[2] & 7) * 100 + error[3]
    return Answer(code, attributes.get(Attribute.REALM, b""), attributes.get(Attribute.NONCE, b""))


def _written(number: Attribute, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(number, len(value)) + value + b"\0" * (-len(value) % 4)


def _attributes(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Attributes with the offset of each; one that is cut off ends them."""
    offset = HEADER_BYTES
    while offset + _ATTRIBUTE.size <= len(message):
        number, length = _ATTRIBUTE.unpack_from(message, offset)
        start = offset + _ATTRIBUTE.size
        if start + length > len(message):
            return
        yield number, offset, message[start : start + length]
        offset = start + length + -length % 4


def _proves(message: bytes, offset: int, digest: bytes, login: Login) -> bool:
    # The length counts nothing after the integrity (RFC 8489 section 14.5).
    length = offset - HEADER_BYTES + _INTEGRITY_BYTES
    covered = message[:2] + struct.pack("!H", length) + message[4:offset]
    return hmac.compare_digest(digest, hmac.digest(login.key, covered, "sha1"))
