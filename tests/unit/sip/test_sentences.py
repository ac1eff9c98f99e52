"""The sentence of every cause, word for word."""

from __future__ import annotations

import pytest

from voip.causes import CERTIFICATES, Cause, CauseKind
from voip.sip.sentences import refusal, sentence

_K = CauseKind
_ACCEPTED, _SHOWN = "ab12cd34" * 2, "0f1e2d3c" * 2
_KEYS = "Accepted: AB12 CD34 AB12 CD34. Shown now: 0F1E 2D3C 0F1E 2D3C"

SENTENCES: tuple[tuple[CauseKind, tuple[str | int, ...], str], ...] = (
    (_K.CERTIFICATE_EXPIRED, (), "the server's certificate has expired"),
    (_K.CERTIFICATE_NOT_YET, (), "the server's certificate is not valid yet"),
    (_K.CERTIFICATE_SELF_SIGNED, (),
     "the server's certificate is self-signed: no authority that is trusted issued it"),
    (_K.CERTIFICATE_UNTRUSTED, (),
     "no authority that is trusted issued the server's certificate"),
    (_K.CERTIFICATE_NO_ISSUER, (), "the issuer of the server's certificate is unknown"),
    (_K.CERTIFICATE_NOT_BY_ISSUER, (), "the server's certificate is not signed by its issuer"),
    (_K.CERTIFICATE_MAY_NOT_ISSUE, (),
     "the server's certificate was issued by one that may not issue others"),
    (_K.CERTIFICATE_NOT_ALLOWED, (),
     "the authority of the server's certificate may not issue for this name"),
    (_K.CERTIFICATE_REVOKED, (), "the server's certificate was revoked"),
    (_K.CERTIFICATE_PURPOSE, (), "the server's certificate is not meant for servers"),
    (_K.CERTIFICATE_UNREADABLE, (), "the server's certificate cannot be read"),
    (_K.CERTIFICATE_TOO_LONG, (), "the server's certificate chain is too long"),
    (_K.CERTIFICATE_WEAK_SIGNATURE, (), "the server's certificate has a weak signature"),
    (_K.CERTIFICATE_WEAK_SIGNATURE, (0, "SHA-1"),
     "the server's certificate is signed with SHA-1, which is no longer safe"),
    (_K.CERTIFICATE_WEAK_SIGNATURE, (1, "MD5"),
     "its authority's certificate is signed with MD5, which is no longer safe"),
    (_K.CERTIFICATE_WEAK_KEY, (),
     "the key of the server, or of the authority of its certificate, is too short"),
    (_K.CERTIFICATE_WEAK_KEY, (0, "RSA", 1024, 2048),
     "the server's key is too short: RSA 1024 bits, and 2048 are the least that is safe"),
    (_K.CERTIFICATE_WEAK_KEY, (2, "DSA", 1024, 2048),
     "its authority's key is too short: DSA 1024 bits, and 2048 are the least that is safe"),
    (_K.CERTIFICATE_OTHER_NAME, ("pbx.example.com",),
     "the server's certificate is for another name than pbx.example.com"),
    (_K.CERTIFICATE_OTHER_NAME, ("pbx.example.com", "a.test", "b.test"),
     "the server's certificate is for another name than pbx.example.com "
     "(it is for a.test, b.test)"),
    (_K.CERTIFICATE_REFUSED, (), "the server's certificate was not accepted"),
    (_K.OTHER_KEY, (),
     "the server shows another key than the one this account is pinned to"),
    (_K.OTHER_KEY, ("", _ACCEPTED, _SHOWN),
     f"the server shows another key than the one that was accepted. {_KEYS}"),
    (_K.OTHER_KEY, ("2026-01-01", _ACCEPTED, _SHOWN),
     f"the server shows another key than the one that was accepted on 2026-01-01. {_KEYS}"),
    (_K.STOPPED_FOR_KEY, ("", _ACCEPTED, _SHOWN, "pbx.example.com:5061", "work"),
     f"the server shows another key than the one that was accepted. {_KEYS}. Nothing is sent to "
     "it. If the server's administrator says that the new key is theirs, accept it with “offhook "
     "trust pbx.example.com:5061 --account work”, or in the phone"),
    (_K.TLS_TOO_OLD, (), "the server does not speak TLS 1.2 or newer"),
    (_K.NO_TLS, (), "the server does not speak TLS on this port"),
    (_K.CLIENT_CERTIFICATE_WANTED, (),
     "the server wants a client certificate, and this account has none that it accepts"),
    (_K.CLIENT_CERTIFICATE_REFUSED, (), "the server refused this account's client certificate"),
    (_K.NO_COMMON_CIPHER, (),
     "the server and this phone have no safe cipher in common, or the server wants a client "
     "certificate"),
    (_K.SERVER_NAME_UNKNOWN, (), "the server does not know the name that it was called by"),
    (_K.NAME_NOT_FOUND, ("sip.example.com",),
     "sip.example.com is not found: no such name has an address"),
    (_K.NAME_NOT_ANSWERED, ("example.com",),
     "example.com is not found: the name server does not answer"),
    (_K.NO_SUCH_SERVICE, ("example.com", "TLS"), "example.com has no server for TLS"),
    (_K.STUN_NOT_FOUND, ("stun.example.com",), "the STUN server stun.example.com is not used"),
    (_K.RELAY_NOT_FOUND, ("turn.example.com",), "the relay turn.example.com is not used"),
    (_K.CONNECTION_CLOSED, (), "the server ended the connection"),
    (_K.CONNECTION_TIMEOUT, (), "the server did not answer in time"),
    (_K.CONNECTION_FAILED, ("Connection refused",), "the connection failed: Connection refused"),
    (_K.CONNECTION_DROPPED, (), "the connection to the server has dropped"),
    (_K.NO_NETWORK, (), "this machine has no network that leads to the server"),
    (_K.NETWORK_CHANGED, (), "this machine's network has changed"),
    (_K.NO_ANSWER, (), "the server did not answer"),
    (_K.NO_PASSWORD, (), "the server asks for a password, and there is none"),
    (_K.WEAK_CHALLENGE, ("MD5", "SHA-256"),
     "the server asks for the password by MD5, and this account wants at least SHA-256"),
    (_K.UNSAFE_CHALLENGE, ("Basic",),
     "the server asks for the password in a way that is not safe or not known (Basic)"),
    (_K.KEYRING, ("locked",), "the keyring did not answer: locked"),
    (_K.PASSWORD, ("the password command printed nothing",),
     "the password command printed nothing"),
    (_K.TRUST_SETUP, ("key.pem cannot be read",), "key.pem cannot be read"),
    (_K.OWN_KEY, ("work.pem cannot be written",), "work.pem cannot be written"),
    (_K.WORKER_REFUSED, ("there is no account work",), "there is no account work"),
    (_K.RESTARTING, (), "the phone is restarting"),
    (_K.SIP_STATUS, (486, "Busy Here"), "busy"),
    (_K.SIP_STATUS, (408, ""), "no answer"),
    (_K.SIP_STATUS, (499, "Strange"), "the server says “Strange”"),
    (_K.NO_VOICE, (), "the call ended before any voice could flow"),
    (_K.BROKEN_OFF, (408, ""), "the far end does not answer any more"),
    (_K.BROKEN_OFF, (500, ""), "the server failed"),
    (_K.NO_ENCRYPTION, ("caller",), "the caller offered no encryption"),
    (_K.OTHER_KEYING, ("far end", "DTLS", "SDES"),
     "the far end wants keys by DTLS, and this account agrees them by SDES"),
    (_K.SEVERAL_SUITES, ("far end", 2),
     "the far end answered with 2 SRTP suites, where it has to choose one"),
    (_K.OTHER_SUITES, ("caller", "ROT1"),
     "the caller wants the SRTP suite ROT1, which this account does not offer"),
    (_K.OTHER_SUITES, ("caller", "ROT1", "ROT2"),
     "the caller wants the SRTP suites ROT1, ROT2, which this account does not offer"),
    (_K.OTHER_SUITES, ("caller", "ROT1", "ROT2", "ROT3", "ROT4", "ROT5"),
     "the caller wants the SRTP suites ROT1, ROT2, ROT3, ROT4 and others, which this account "
     "does not offer"),
    (_K.NO_USABLE_ENCRYPTION, ("far end",),
     "the far end offered no encryption that this account accepts"),
    (_K.ENCRYPTION_STOPPED, (),
     "the far end stopped encrypting in a way that this account accepts"),
    (_K.NO_AGREEMENT, (), "the two sides could not agree on how to go on"),
    (_K.USELESS_ANSWER, (), "the far end answered with something unusable"),
    (_K.KEYS_CERTIFICATE, (),
     "no keys could be agreed for the call: the far end's certificate is not the one that it "
     "announced"),
    (_K.KEYS_WEAK, (), "no keys could be agreed for the call: the far end's key is too weak"),
    (_K.KEYS_VERSION, (),
     "no keys could be agreed for the call: the far end speaks only unsafe versions of DTLS"),
    (_K.KEYS_SUITE, (),
     "no keys could be agreed for the call: the far end has no encryption that this phone "
     "accepts"),
    (_K.KEYS_REFUSED, (),
     "no keys could be agreed for the call: the far end refused the handshake (DTLS)"),
    (_K.KEYS_FAILED, (),
     "no keys could be agreed for the call: the handshake with the far end failed (DTLS)"),
    (_K.KEYS_LATE, (),
     "no keys could be agreed for the call: the far end did not finish the handshake in time"),
    (_K.NOT_MOVED, (), "this machine's network has changed, and the far end did not follow"),
    (_K.RELAY_UNVERIFIED, ("turn.example.com",),
     "the relay turn.example.com did not prove its name, and is not used"),
    (_K.RELAY_PASSWORD, ("turn.example.com",),
     "the relay turn.example.com did not accept the password"),
    (_K.STUN_SILENT, ("stun.example.com",),
     "the STUN server stun.example.com does not answer"),
    (_K.RELAY_SILENT, ("turn.example.com",), "the relay turn.example.com does not answer"),
    (_K.RELAY_REFUSED, ("turn.example.com", "Allocation quota reached"),
     "the relay turn.example.com cannot be used: Allocation quota reached"),
    (_K.NO_SESSION_TIMER, (), "the far end has no session timer, which this account requires"),
    (_K.NOT_RENEWED, (), "the far end did not renew the call in time (session timer)"),
    (_K.NO_COMMON_CODEC, (), "the caller has none of the codecs that this account uses"),
    (_K.NO_WAY, (), "no way for the voice was found between the two phones"),
    (
        _K.VOICE_BY_IPV4,
        ("far end",),
        "the far end's voice is at an IPv4 address, and this account speaks by IPv6 only",
    ),
    (_K.DIGITS_HELD_THERE, (), "the far end has put the call on hold"),
    (_K.DIGITS_HELD_HERE, (), "the call is on hold"),
    (_K.DIGITS_NO_VOICE, (), "no voice is flowing in the call"),
    (_K.DIGITS_NOT_AGREED, (), "the far end accepts no tones in this call (it did not agree to "
     "RFC 4733)"),
    (_K.DIGITS_REFUSED, (415,), "the far end did not accept a tone in an INFO request (status "
     "415)"),
    (_K.DIGITS_UNANSWERED, (), "the far end did not answer an INFO request with a tone"),
    (_K.DIGITS_GARBLED, ("GSM",), "the call's codec GSM would garble tones in the voice"),
    (_K.DIGITS_FAILED, ("Invalid operation",), "Invalid operation"),
    (_K.DIGITS_CALL_ENDED, (), "the call ended"),
    (_K.RECORDING_EMPTY, (), "nothing came from the microphone"),
    (_K.RECORDING_FULL, (), "its file has the 4 GB that a WAV file can have"),
    (_K.RECORDING_FAILED, ("No space left on device",),
     "its file cannot be written (No space left on device)"),
    (_K.TEXT_REFUSED, (405, "Method Not Allowed"), "their phone takes no texts"),
    (_K.STATE_REFUSED, (489, "Bad Event"), "the server takes no state of its users"),
    (_K.STATE_REFUSED, (403, "Forbidden"),
     "the server does not let this account publish its state"),
    (_K.STATE_REFUSED, (500, "Why"), "the server failed"),
    (_K.STATE_REFUSED, (499, "Why"), "the server says “Why”"),
    (_K.STATE_REFUSED, (499, ""), "the server refused the state with status 499"),
    (_K.SERVER_SILENT, (), "the server does not answer"),
    (_K.REDIRECTED, (), "the server sent the call elsewhere, which is not followed"),
    (_K.UNCONFIRMED, (), "the caller did not confirm that the call was answered"),
    (_K.UNREACHABLE, (),
     "the far end answered from an address that this account's connection cannot reach"),
    (_K.UNACKNOWLEDGED, (),
     "the far end took the call, but nothing could be sent to it any more"),
    (_K.SILENCE, (),
     "the connection to the server is gone, and nothing comes from the far end any more"),
    (_K.CALLER_GONE, ("it ended",), "the caller was gone before the phone could ring (it ended)"),
    (_K.ELSEWHERE, (), "answered elsewhere"),
    (_K.DECLINED_AS_UNAVAILABLE, (), "declined as not available"),
    (_K.DO_NOT_DISTURB, (), "do not disturb was on"),
    (_K.IN_A_CALL, (), "you had another call, and the caller heard that you are busy"),
    (_K.FORWARDED, ("100",), "forwarded to 100"),
    (_K.FORWARDED_AS_BUSY, ("100",), "you had another call, so it was forwarded to 100"),
    (_K.FORWARDED_UNANSWERED, ("100", 20),
     "not answered within 20 seconds, so it was forwarded to 100"),
    (_K.CONNECTION_GONE, (),
     "the connection that the call came by is gone, so it cannot be answered"),
    (_K.OTHER_USER, ("bob",), "it was for bob, which is another user"),
    (_K.REJECTED, ("Not Acceptable Here",), "Not Acceptable Here"),
    (_K.NOT_STARTED, ("there is no worker",), "there is no worker"),
    (_K.WORKER_GONE, ("the worker was ended by SIGSEGV",),
     "lost: the worker was ended by SIGSEGV"),
    (_K.PHONE_STOPPED, (), "the phone was stopped"),
    (_K.TRANSFER_REFUSED, (405, "Method Not Allowed"),
     "the far end or its server does not transfer calls"),
    (_K.TRANSFER_UNANSWERED, (), "the far end did not answer the request to transfer"),
    (_K.TRANSFER_UNREPORTED, (),
     "the far end accepted it, and does not report what becomes of it"),
    (_K.NO_REPLACES, (), "the other phone cannot take over a call (it does not know Replaces)"),
    (_K.TRANSFERRED, ("Bob",), "transferred to Bob"),
    (_K.PASSED_ON, ("Bob",), "passed on to Bob; nobody reported whether it was answered"),
    (_K.REPLACED, ("Carol", "Bob"), "Carol took the place of Bob"),
    (_K.NO_CALL_TO_REPLACE, (), "it asked to take the place of a call that is not there"),
    (_K.NOT_REPLACED, (), "it asked to take the place of another call, which went on"),
    (_K.DECLINED, (), "declined"),
    (_K.DECLINED_AS_BUSY, (), "declined as busy"),
    (_K.BLOCKED, (), "you have blocked this caller"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "detail", "words"), SENTENCES)
def test_a_cause_has_one_sentence(
    kind: CauseKind, detail: tuple[str | int, ...], words: str
) -> None:
    assert sentence(Cause(kind, detail)) == words
    assert refusal(Cause(kind, detail)) == f"refused: {words}"


def test_every_kind_has_its_sentence_here() -> None:
    assert {kind for kind, _, _ in SENTENCES} == set(CauseKind)


def test_causes_that_hold_at_once_are_said_in_a_row() -> None:
    expired, revoked = Cause(_K.CERTIFICATE_EXPIRED), Cause(_K.CERTIFICATE_REVOKED)
    both = Cause(expired.kind, also=(revoked,))
    assert sentence(both) == f"{sentence(expired)}; {sentence(revoked)}"


def test_a_detail_that_looks_like_a_place_for_one_is_left_as_it_is() -> None:
    assert sentence(Cause(_K.KEYRING, ("{0} {x}",))) == "the keyring did not answer: {0} {x}"


def test_only_what_a_server_showed_is_a_matter_of_trust() -> None:
    of_trust = {kind for kind in CauseKind if Cause(kind).of_trust}
    assert of_trust == {*CERTIFICATES, _K.OTHER_KEY, _K.STOPPED_FOR_KEY}
