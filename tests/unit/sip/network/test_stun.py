"""STUN messages, by RFC 5769's test vectors and by what is no answer."""

from __future__ import annotations

import hmac

import pytest

from voip.sip.network import stun
from voip.sip.network.stun import Answer, Attribute, Login, Method

_TRANSACTION = bytes.fromhex("78ad3433c6ad72c029da412e")
_CHALLENGE = Answer(401, b"example.org", b"f//499k954d6OL34oL9FSTvy64sA")
_VECTOR = bytes.fromhex(
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666"
)
"""RFC 5769 section 2.4: a request with long-term credentials."""


def _login() -> Login:
    return stun.login("マトリックス", "TheMatrIX", _CHALLENGE)


def _success(login: Login | None, method: Method = Method.ALLOCATE) -> bytes:
    """A proven success: a request has the same parts."""
    message = stun.request(method, _TRANSACTION, ((Attribute.LIFETIME, b"\0\0\2\x58"),), login)
    kind = (method | 0x100).to_bytes(2, "big")
    if login is None:
        return kind + message[2:]
    return _proven(kind + message[2:-24], login)


def _proven(unproven: bytes, login: Login) -> bytes:
    return unproven + b"\0\x08\0\x14" + hmac.digest(login.key, unproven, "sha1")


def _error(code: int, *attributes: tuple[Attribute, bytes]) -> bytes:
    error = (Attribute.ERROR_CODE, bytes((0, 0, code // 100, code % 100)) + b"Words")
    message = stun.request(Method.ALLOCATE, _TRANSACTION, (error, *attributes))
    return b"\x01\x13" + message[2:]


def test_a_request_is_proven_as_the_rfc_has_it() -> None:
    assert stun.request(Method.BINDING, _TRANSACTION, (), _login()) == _VECTOR


def test_a_login_keeps_its_key_to_itself() -> None:
    assert "key" not in repr(_login())


def test_a_challenge_is_read() -> None:
    challenge = _error(
        401, (Attribute.REALM, _CHALLENGE.realm), (Attribute.NONCE, _CHALLENGE.nonce)
    )
    assert stun.answer(challenge, Method.ALLOCATE, _TRANSACTION) == _CHALLENGE
    assert stun.answer(challenge, Method.ALLOCATE, _TRANSACTION, _login()) == _CHALLENGE


def test_a_success_is_proven_by_the_login_of_its_request() -> None:
    read = stun.answer(_success(_login()), Method.ALLOCATE, _TRANSACTION, _login())
    assert read == Answer(0, b"", b"")
    other = stun.login("マトリックス", "another", _CHALLENGE)
    for forged in (_success(other), _success(None)):
        assert stun.answer(forged, Method.ALLOCATE, _TRANSACTION, _login()) is None
    # A request without a login has nothing to be proven by.
    assert stun.answer(_success(None), Method.ALLOCATE, _TRANSACTION) == Answer(0, b"", b"")


def test_what_follows_the_proof_is_not_covered_by_it() -> None:
    success = _success(_login())
    length = len(success) - stun.HEADER_BYTES + 8
    longer = success[:2] + length.to_bytes(2, "big") + success[4:] + b"\x80\x28\0\4abcd"
    assert stun.answer(longer, Method.ALLOCATE, _TRANSACTION, _login()) == Answer(0, b"", b"")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x80" * 40,
        _VECTOR,
        _success(None, Method.REFRESH),
        _success(None)[:-1],
        _success(None) + b"\0\0\0\0",
        _success(None)[:8] + bytes(12) + _success(None)[20:],
        b"\x01\x13" + stun.request(Method.ALLOCATE, _TRANSACTION)[2:],
    ],
    ids=["nothing", "rtp", "request", "method", "cut", "longer", "transaction", "no code"],
)
def test_anything_else_is_no_answer(message: bytes) -> None:
    assert stun.answer(message, Method.ALLOCATE, _TRANSACTION) is None


def test_a_message_is_read_whatever_its_bytes_are() -> None:
    """Every cut and every changed byte is read, or passed over, without an error."""
    message = _error(401, (Attribute.REALM, b"example.org"), (Attribute.NONCE, b"nonce"))
    codes = set()
    for place in range(2, len(message)):
        for value in (0, 0x7F, 0xFF):
            changed = message[:place] + bytes((value,)) + message[place + 1 :]
            read = stun.answer(changed, Method.ALLOCATE, _TRANSACTION, _login())
            codes.add(None if read is None else read.code)
        cut = message[:2] + (place & ~3).to_bytes(2, "big") + message[4 : 20 + (place & ~3)]
        stun.answer(cut, Method.ALLOCATE, _TRANSACTION, _login())
    assert {None, 401} <= codes


def test_a_stream_has_the_length_of_the_next_message() -> None:
    assert stun.body_bytes(_VECTOR[: stun.HEADER_BYTES]) == len(_VECTOR) - stun.HEADER_BYTES
    assert stun.body_bytes(b"HTTP/1.1 400 Bad Req") is None
