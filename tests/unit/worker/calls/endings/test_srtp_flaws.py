"""Flaws of a session's SRTP, and their words."""

from __future__ import annotations

import pytest

from tests.support.peers import sip
from voip.causes import Cause, CauseKind
from voip.protection import SHORT_TAG_SUITES, SRTP_SUITES, Keying, Transport
from voip.protocol.worker.accounts import AccountSetup, Target
from voip.worker.calls.endings import srtp_flaws
from voip.worker.calls.endings.srtp_flaws import Flaw

_HOST = "192.0.2.1"
_GOOD = sip.crypto(SRTP_SUITES[0])
_FINGERPRINT = "a=fingerprint:SHA-256 " + ":".join(["5A"] * 32)
_SHORT = sip.crypto(SHORT_TAG_SUITES[1])


def _setup(keying: Keying = Keying.SDES, suites: tuple[str, ...] = SRTP_SUITES) -> AccountSetup:
    return AccountSetup(
        name="work", user="a", domain="x.test", transport=Transport.TLS, server_name="x.test",
        target=Target("192.0.2.1", 5061),
        instance="urn:uuid:1",
        registrar="x.test", keying=keying, suites=suites,
    )  # fmt: skip


def _message(first: str, profile: str, *attributes: str) -> str:
    return f"{first}\r\nTo: x\r\n\r\n{sip.sdp(_HOST, 4000, profile, attributes)}"


def _offer(profile: str, *attributes: str) -> str:
    return _message("INVITE sip:a@x.test SIP/2.0", profile, *attributes)


def _answer(profile: str, *attributes: str) -> str:
    return _message("SIP/2.0 200 OK", profile, *attributes)


@pytest.mark.parametrize(
    ("message", "flaw"),
    [
        (_answer("RTP/AVP"), Flaw.PLAIN),
        (_answer("RTP/AVP", _GOOD), Flaw.PLAIN),
        (_answer("RTP/SAVP"), Flaw.OTHER),
        (_answer("RTP/SAVP", _GOOD), Flaw.OTHER),
        (_answer("RTP/SAVP", _SHORT), Flaw.OTHER_SUITES),
        (_answer("RTP/SAVP", _GOOD, sip.crypto(SRTP_SUITES[1], tag=2)), Flaw.SEVERAL_SUITES),
        (_offer("RTP/SAVP", _GOOD, sip.crypto(SRTP_SUITES[1], tag=2)), Flaw.OTHER),
        (_offer("RTP/SAVP", _SHORT, sip.crypto("ROT13", tag=2)), Flaw.OTHER_SUITES),
        (_offer("RTP/SAVP", _SHORT, sip.crypto(SRTP_SUITES[1], tag=2)), Flaw.OTHER),
        (_offer("UDP/TLS/RTP/SAVP", _FINGERPRINT), Flaw.KEYING),
        (_offer("UDP/TLS/RTP/SAVP", _FINGERPRINT, _GOOD), Flaw.OTHER),
    ],
)
def test_what_is_seen_for_keys_in_the_signalling(message: str, flaw: Flaw) -> None:
    flaws = srtp_flaws.flaw_in(message, _setup())
    assert flaws is not None
    assert flaws.flaw is flaw


@pytest.mark.parametrize(
    ("message", "flaw"),
    [
        (_offer("RTP/AVP", _FINGERPRINT), Flaw.PLAIN),
        (_offer("RTP/SAVP", _GOOD), Flaw.KEYING),
        (_offer("UDP/TLS/RTP/SAVP"), Flaw.OTHER),
        (_offer("UDP/TLS/RTP/SAVP", _FINGERPRINT), Flaw.OTHER),
    ],
)
def test_what_is_seen_for_keys_by_dtls(message: str, flaw: Flaw) -> None:
    flaws = srtp_flaws.flaw_in(message, _setup(Keying.DTLS))
    assert flaws is not None
    assert flaws.flaw is flaw


def test_a_suite_that_the_account_names_is_none_of_others() -> None:
    flaws = srtp_flaws.flaw_in(_answer("RTP/SAVP", _SHORT), _setup(suites=SHORT_TAG_SUITES))
    assert flaws == srtp_flaws.FlawDetails(Flaw.OTHER)


def test_nothing_is_seen_without_a_session() -> None:
    assert srtp_flaws.flaw_in("SIP/2.0 180 Ringing\r\nTo: x\r\n\r\n", _setup()) is None


def test_a_name_that_is_none_is_not_repeated() -> None:
    suite = "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 60
    flaws = srtp_flaws.flaw_in(_answer("RTP/SAVP", sip.crypto(suite)), _setup())
    assert srtp_flaws.cause(flaws, "far end", _setup()) == (
        Cause(CauseKind.OTHER_SUITES, ("far end", "of no known name"))
    )


def test_many_names_are_not_all_repeated() -> None:
    lines = [sip.crypto(f"ROT{i}", tag=i) for i in range(1, 9)]
    flaws = srtp_flaws.flaw_in(_offer("RTP/SAVP", *lines), _setup())
    cause = srtp_flaws.cause(flaws, "caller", _setup())
    assert cause.detail == ("caller", "ROT1", "ROT2", "ROT3", "ROT4", "ROT5")
