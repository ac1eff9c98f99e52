"""Why a session's SRTP is not taken, from what its audio lines say (RFC 4568, RFC 5763)."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from voip.protection import Keying
from voip.protocol.worker.process import AccountSetup
from voip.sip import message as messages

_CRYPTO = re.compile(r"^a=crypto:[ \t]*\d{1,9}[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)
_FINGERPRINT = re.compile(r"^a=fingerprint:", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
_MOST_NAMED = 4


class Flaw(Enum):
    """The first thing that makes a session's SRTP unusable for an account."""

    PLAIN = auto()
    KEYING = auto()
    SEVERAL_SUITES = auto()
    OTHER_SUITES = auto()
    OTHER = auto()


class Seen(NamedTuple):
    """A flaw, and the names of the suites in the session that has it."""

    flaw: Flaw
    suites: tuple[str, ...] = ()


def seen(message: str, setup: AccountSetup) -> Seen | None:
    """The flaw of an offer or an answer; None without audio that is in use.

    A session in which none can be seen is of `Flaw.OTHER`: what is wrong may be
    anywhere in a line of keys.
    """
    encrypts = messages.encrypts(message)
    if encrypts is None:
        return None
    if not encrypts:
        return Seen(Flaw.PLAIN)
    body = messages.body(message)
    suites = tuple(_CRYPTO.findall(body))
    by_dtls = _FINGERPRINT.search(body) is not None
    if (by_dtls and not suites) if setup.keying is Keying.SDES else (suites and not by_dtls):
        return Seen(Flaw.KEYING)
    if setup.keying is Keying.SDES and suites:
        answers = messages.status(message) is not None
        if answers and len(suites) > 1:
            return Seen(Flaw.SEVERAL_SUITES, suites)
        if not set(suites) & set(setup.suites):
            return Seen(Flaw.OTHER_SUITES, suites)
    return Seen(Flaw.OTHER)


def words(found: Seen | None, who: str, setup: AccountSetup) -> str:
    """A flaw in words; `who` is the end that showed it."""
    match found:
        case Seen(Flaw.PLAIN):
            return f"the {who} offered no encryption"
        case Seen(Flaw.KEYING):
            other = "DTLS" if setup.keying is Keying.SDES else "SDES"
            own = setup.keying.value.upper()
            return f"the {who} wants keys by {other}, and this account agrees them by {own}"
        case Seen(Flaw.SEVERAL_SUITES, suites):
            return f"the {who} answered with {len(suites)} SRTP suites, where it has to choose one"
        case Seen(Flaw.OTHER_SUITES, suites):
            named = ", ".join(map(_name, suites[:_MOST_NAMED]))
            more = " and others" if len(suites) > _MOST_NAMED else ""
            which = "suites" if len(suites) > 1 else "suite"
            return (
                f"the {who} wants the SRTP {which} {named}{more}, which this account does not offer"
            )
        case _:
            return f"the {who} offered no encryption that this account takes"


def _name(suite: str) -> str:
    return suite if _NAME.fullmatch(suite) else "of no known name"
