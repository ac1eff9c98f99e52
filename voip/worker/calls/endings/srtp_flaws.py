"""Flaws of a session's SRTP, by its audio lines (RFC 4568, RFC 5763)."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from voip.causes import Cause, CauseKind
from voip.protection import Keying
from voip.protocol.worker.accounts import AccountSetup
from voip.sip.messages import message as messages

_CRYPTO = re.compile(r"^a=crypto:[ \t]*\d{1,9}[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)
_FINGERPRINT = re.compile(r"^a=fingerprint:", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_MOST_KEPT = 5


class Flaw(Enum):
    """First flaw that makes a session's SRTP unusable for an account."""

    PLAIN = auto()
    KEYING = auto()
    SEVERAL_SUITES = auto()
    OTHER_SUITES = auto()
    OTHER = auto()


class FlawDetails(NamedTuple):
    """Flaw of a session, and the names of its suites."""

    flaw: Flaw
    suites: tuple[str, ...] = ()


def flaw_in(message: str, setup: AccountSetup) -> FlawDetails | None:
    """Flaw of an offer or an answer; None without audio in use.

    A session without a visible flaw is `Flaw.OTHER`: its keys may be malformed.
    """
    encrypts = messages.encrypts(message)
    if encrypts is None:
        return None
    if not encrypts:
        return FlawDetails(Flaw.PLAIN)
    body = messages.body(message)
    suites = tuple(_CRYPTO.findall(body))
    by_dtls = _FINGERPRINT.search(body) is not None
    if (by_dtls and not suites) if setup.keying is Keying.SDES else (suites and not by_dtls):
        return FlawDetails(Flaw.KEYING)
    if setup.keying is Keying.SDES and suites:
        answers = messages.status(message) is not None
        if answers and len(suites) > 1:
            return FlawDetails(Flaw.SEVERAL_SUITES, suites)
        if not set(suites) & set(setup.suites):
            return FlawDetails(Flaw.OTHER_SUITES, suites)
    return FlawDetails(Flaw.OTHER)


def cause(flaw: FlawDetails | None, who: str, setup: AccountSetup) -> Cause:
    """Cause for a flaw; `who` is the end that sent the session."""
    match flaw:
        case FlawDetails(Flaw.PLAIN):
            return Cause(CauseKind.NO_ENCRYPTION, (who,))
        case FlawDetails(Flaw.KEYING):
            other = "DTLS" if setup.keying is Keying.SDES else "SDES"
            return Cause(CauseKind.OTHER_KEYING, (who, other, setup.keying.value.upper()))
        case FlawDetails(Flaw.SEVERAL_SUITES, suites):
            return Cause(CauseKind.SEVERAL_SUITES, (who, len(suites)))
        case FlawDetails(Flaw.OTHER_SUITES, suites):
            return Cause(CauseKind.OTHER_SUITES, (who, *map(_name, suites[:_MOST_KEPT])))
        case _:
            return Cause(CauseKind.NO_USABLE_ENCRYPTION, (who,))


def _name(suite: str) -> str:
    return suite if _NAME.fullmatch(suite) else "of no known name"
