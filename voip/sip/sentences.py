"""Sentence of each cause of a failure, for a person on the phone."""

from __future__ import annotations

from collections.abc import Callable

from voip.causes import Cause, CauseKind
from voip.sip import reasons

_Detail = tuple[str | int, ...]

_MOST_SUITES = 4


def sentence(cause: Cause) -> str:
    """Sentence of a cause, followed by those that hold at the same time."""
    return "; ".join(map(_one, (cause, *cause.also)))


def refusal(cause: Cause) -> str:
    """Sentence of a cause for which the phone refused a call."""
    return f"refused: {sentence(cause)}"


def fingerprint(sha256: str) -> str:
    """Digest in groups of four, to be read aloud."""
    return " ".join(sha256[place : place + 4] for place in range(0, len(sha256), 4)).upper()


def _one(cause: Cause) -> str:
    written = _WRITTEN.get(cause.kind)
    if written is not None:
        return written(cause.detail)
    return _SENTENCES[cause.kind].format(*cause.detail)


_KEYS = "no keys could be agreed for the call: "

_SENTENCES = {
    CauseKind.CERTIFICATE_EXPIRED: "the server's certificate has expired",
    CauseKind.CERTIFICATE_NOT_YET: "the server's certificate is not valid yet",
    CauseKind.CERTIFICATE_SELF_SIGNED: "the server's certificate is self-signed: no authority "
    "that is trusted issued it",
    CauseKind.CERTIFICATE_UNTRUSTED: "no authority that is trusted issued the server's certificate",
    CauseKind.CERTIFICATE_NO_ISSUER: "the issuer of the server's certificate is unknown",
    CauseKind.CERTIFICATE_NOT_BY_ISSUER: "the server's certificate is not signed by its issuer",
    CauseKind.CERTIFICATE_MAY_NOT_ISSUE: "the server's certificate was issued by one that may not "
    "issue others",
    CauseKind.CERTIFICATE_NOT_ALLOWED: "the authority of the server's certificate may not issue "
    "for this name",
    CauseKind.CERTIFICATE_REVOKED: "the server's certificate was revoked",
    CauseKind.CERTIFICATE_PURPOSE: "the server's certificate is not meant for servers",
    CauseKind.CERTIFICATE_UNREADABLE: "the server's certificate cannot be read",
    CauseKind.CERTIFICATE_TOO_LONG: "the server's certificate chain is too long",
    CauseKind.CERTIFICATE_REFUSED: "the server's certificate was not accepted",
    CauseKind.TLS_TOO_OLD: "the server does not speak TLS 1.2 or newer",
    CauseKind.NO_TLS: "the server does not speak TLS on this port",
    CauseKind.CLIENT_CERTIFICATE_WANTED: "the server wants a client certificate, and this account "
    "has none that it accepts",
    CauseKind.CLIENT_CERTIFICATE_REFUSED: "the server refused this account's client certificate",
    CauseKind.NO_COMMON_CIPHER: "the server and this phone have no safe cipher in common, or the "
    "server wants a client certificate",
    CauseKind.SERVER_NAME_UNKNOWN: "the server does not know the name that it was called by",
    CauseKind.NAME_NOT_FOUND: "{0} is not found: no such name has an address",
    CauseKind.NAME_NOT_ANSWERED: "{0} is not found: the name server does not answer",
    CauseKind.NO_SUCH_SERVICE: "{0} has no server for {1}",
    CauseKind.STUN_NOT_FOUND: "the STUN server {0} is not used",
    CauseKind.RELAY_NOT_FOUND: "the relay {0} is not used",
    CauseKind.CONNECTION_CLOSED: "the server ended the connection",
    CauseKind.CONNECTION_TIMEOUT: "the server did not answer in time",
    CauseKind.CONNECTION_FAILED: "the connection failed: {0}",
    CauseKind.CONNECTION_DROPPED: "the connection to the server has dropped",
    CauseKind.NO_NETWORK: "this machine has no network that leads to the server",
    CauseKind.NETWORK_CHANGED: "this machine's network has changed",
    CauseKind.NO_ANSWER: "the server did not answer",
    CauseKind.NO_PASSWORD: "the server asks for a password, and there is none",
    CauseKind.UNSAFE_CHALLENGE: "the server asks for the password in a way that is not safe or "
    "not known ({0})",
    CauseKind.WEAK_CHALLENGE: "the server asks for the password by {0}, and this account wants "
    "at least {1}",
    CauseKind.KEYRING: "the keyring did not answer: {0}",
    CauseKind.PASSWORD: "{0}",
    CauseKind.TRUST_SETUP: "{0}",
    CauseKind.OWN_KEY: "{0}",
    CauseKind.WORKER_REFUSED: "{0}",
    CauseKind.RESTARTING: "the phone is restarting",
    CauseKind.NO_VOICE: "the call ended before any voice could flow",
    CauseKind.NO_ENCRYPTION: "the {0} offered no encryption",
    CauseKind.OTHER_KEYING: "the {0} wants keys by {1}, and this account agrees them by {2}",
    CauseKind.SEVERAL_SUITES: "the {0} answered with {1} SRTP suites, where it has to choose one",
    CauseKind.NO_USABLE_ENCRYPTION: "the {0} offered no encryption that this account accepts",
    CauseKind.ENCRYPTION_STOPPED: "the far end stopped encrypting in a way that this account "
    "accepts",
    CauseKind.NO_COMMON_CODEC: "the caller has none of the codecs that this account uses",
    CauseKind.NO_AGREEMENT: "the two sides could not agree on how to go on",
    CauseKind.USELESS_ANSWER: "the far end answered with something unusable",
    CauseKind.KEYS_CERTIFICATE: f"{_KEYS}the far end's certificate is not the one that it "
    "announced",
    CauseKind.KEYS_WEAK: f"{_KEYS}the far end's key is too weak",
    CauseKind.KEYS_VERSION: f"{_KEYS}the far end speaks only unsafe versions of DTLS",
    CauseKind.KEYS_SUITE: f"{_KEYS}the far end has no encryption that this phone accepts",
    CauseKind.KEYS_REFUSED: f"{_KEYS}the far end refused the handshake (DTLS)",
    CauseKind.KEYS_FAILED: f"{_KEYS}the handshake with the far end failed (DTLS)",
    CauseKind.KEYS_LATE: f"{_KEYS}the far end did not finish the handshake in time",
    CauseKind.NOT_MOVED: "this machine's network has changed, and the far end did not follow",
    CauseKind.STUN_SILENT: "the STUN server {0} does not answer",
    CauseKind.RELAY_UNVERIFIED: "the relay {0} did not prove its name, and is not used",
    CauseKind.RELAY_PASSWORD: "the relay {0} did not accept the password",
    CauseKind.RELAY_SILENT: "the relay {0} does not answer",
    CauseKind.RELAY_REFUSED: "the relay {0} cannot be used: {1}",
    CauseKind.NO_WAY: "no way for the voice was found between the two phones",
    CauseKind.VOICE_BY_IPV4: "the {0}'s voice is at an IPv4 address, and this account speaks by "
    "IPv6 only",
    CauseKind.DIGITS_HELD_THERE: "the far end has put the call on hold",
    CauseKind.DIGITS_HELD_HERE: "the call is on hold",
    CauseKind.DIGITS_NO_VOICE: "no voice is flowing in the call",
    CauseKind.DIGITS_NOT_AGREED: "the far end accepts no tones in this call (it did not agree to "
    "RFC 4733)",
    CauseKind.DIGITS_REFUSED: "the far end did not accept a tone in an INFO request (status {0})",
    CauseKind.DIGITS_UNANSWERED: "the far end did not answer an INFO request with a tone",
    CauseKind.DIGITS_GARBLED: "the call's codec {0} would garble tones in the voice",
    CauseKind.DIGITS_FAILED: "{0}",
    CauseKind.DIGITS_CALL_ENDED: "the call ended",
    CauseKind.RECORDING_FULL: "its file has the 4 GB that a WAV file can have",
    CauseKind.RECORDING_FAILED: "its file cannot be written ({0})",
    CauseKind.RECORDING_EMPTY: "nothing came from the microphone",
    CauseKind.NO_SESSION_TIMER: "the far end has no session timer, which this account requires",
    CauseKind.NOT_RENEWED: "the far end did not renew the call in time (session timer)",
    CauseKind.SERVER_SILENT: "the server does not answer",
    CauseKind.REDIRECTED: reasons.REDIRECTED,
    CauseKind.UNCONFIRMED: "the caller did not confirm that the call was answered",
    CauseKind.UNREACHABLE: "the far end answered from an address that this account's connection "
    "cannot reach",
    CauseKind.UNACKNOWLEDGED: "the far end took the call, but nothing could be sent to it any more",
    CauseKind.SILENCE: "the connection to the server is gone, and nothing comes from the far end "
    "any more",
    CauseKind.CALLER_GONE: "the caller was gone before the phone could ring ({0})",
    CauseKind.ELSEWHERE: "answered elsewhere",
    CauseKind.CONNECTION_GONE: "the connection that the call came by is gone, so it cannot be "
    "answered",
    CauseKind.OTHER_USER: "it was for {0}, which is another user",
    CauseKind.REJECTED: "{0}",
    CauseKind.NOT_STARTED: "{0}",
    CauseKind.WORKER_GONE: "lost: {0}",
    CauseKind.PHONE_STOPPED: "the phone was stopped",
    CauseKind.TRANSFER_UNANSWERED: "the far end did not answer the request to transfer",
    CauseKind.TRANSFER_UNREPORTED: "the far end accepted it, and does not report what becomes of "
    "it",
    CauseKind.NO_REPLACES: "the other phone cannot take over a call (it does not know Replaces)",
    CauseKind.TRANSFERRED: "transferred to {0}",
    CauseKind.PASSED_ON: "passed on to {0}; nobody reported whether it was answered",
    CauseKind.REPLACED: "{0} took the place of {1}",
    CauseKind.NO_CALL_TO_REPLACE: "it asked to take the place of a call that is not there",
    CauseKind.NOT_REPLACED: "it asked to take the place of another call, which went on",
    CauseKind.DECLINED: "declined",
    CauseKind.DECLINED_AS_BUSY: "declined as busy",
    CauseKind.DECLINED_AS_UNAVAILABLE: "declined as not available",
    CauseKind.DO_NOT_DISTURB: "do not disturb was on",
    CauseKind.IN_A_CALL: "you had another call, and the caller heard that you are busy",
    CauseKind.FORWARDED: "forwarded to {0}",
    CauseKind.FORWARDED_AS_BUSY: "you had another call, so it was forwarded to {0}",
    CauseKind.FORWARDED_UNANSWERED: "not answered within {1} seconds, so it was forwarded to {0}",
    CauseKind.BLOCKED: "you have blocked this caller",
}
"""Format strings for a cause's detail."""


def _whose(place: str | int) -> str:
    return "its authority's" if place else "the server's"


def _weak_signature(detail: _Detail) -> str:
    if not detail:
        return "the server's certificate has a weak signature"
    place, digest = detail
    return f"{_whose(place)} certificate is signed with {digest}, which is no longer safe"


def _weak_key(detail: _Detail) -> str:
    if not detail:
        return "the key of the server, or of the authority of its certificate, is too short"
    place, kind, bits, least = detail
    return (
        f"{_whose(place)} key is too short: {kind} {bits} bits, and {least} are the least that is "
        "safe"
    )


def _other_name(detail: _Detail) -> str:
    host, *names = map(str, detail)
    issued_for = f" (it is for {', '.join(names)})" if names else ""
    return f"the server's certificate is for another name than {host}{issued_for}"


def _other_key(detail: _Detail) -> str:
    if not detail:
        return "the server shows another key than the one this account is pinned to"
    day, accepted, presented = map(str, detail)
    on = f" on {day}" if day else ""
    return (
        f"the server shows another key than the one that was accepted{on}. Accepted: "
        f"{fingerprint(accepted)}. Shown now: {fingerprint(presented)}"
    )


def _stopped_for_key(detail: _Detail) -> str:
    *keys, server, account = detail
    return (
        f"{_other_key(tuple(keys))}. Nothing is sent to it. If the server's administrator says "
        f"that "
        f"the new key is theirs, accept it with “offhook trust {server} --account {account}”, or "
        "in the phone"
    )


def _other_suites(detail: _Detail) -> str:
    who, *suites = map(str, detail)
    listed = ", ".join(suites[:_MOST_SUITES])
    more = " and others" if len(suites) > _MOST_SUITES else ""
    which = "suites" if len(suites) > 1 else "suite"
    return f"the {who} wants the SRTP {which} {listed}{more}, which this account does not offer"


def _status(detail: _Detail) -> str:
    code, phrase = detail
    return reasons.words(int(code), str(phrase))


def _broken_off(detail: _Detail) -> str:
    code, phrase = detail
    return reasons.broken_off(int(code), str(phrase))


def _transfer_refused(detail: _Detail) -> str:
    code, phrase = detail
    return reasons.transfer_refused(int(code), str(phrase))


def _text_refused(detail: _Detail) -> str:
    code, phrase = detail
    return reasons.text_refused(int(code), str(phrase))


def _state_refused(detail: _Detail) -> str:
    code, phrase = detail
    return reasons.state_refused(int(code), str(phrase))


_WRITTEN: dict[CauseKind, Callable[[_Detail], str]] = {
    CauseKind.CERTIFICATE_WEAK_SIGNATURE: _weak_signature,
    CauseKind.CERTIFICATE_WEAK_KEY: _weak_key,
    CauseKind.CERTIFICATE_OTHER_NAME: _other_name,
    CauseKind.OTHER_KEY: _other_key,
    CauseKind.STOPPED_FOR_KEY: _stopped_for_key,
    CauseKind.OTHER_SUITES: _other_suites,
    CauseKind.SIP_STATUS: _status,
    CauseKind.BROKEN_OFF: _broken_off,
    CauseKind.TRANSFER_REFUSED: _transfer_refused,
    CauseKind.TEXT_REFUSED: _text_refused,
    CauseKind.STATE_REFUSED: _state_refused,
}
"""Writers of sentences that depend on the detail."""
