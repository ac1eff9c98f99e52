"""SIP status codes in the words of a person on the phone (RFC 3261 section 21)."""

from __future__ import annotations

from voip.model import Outcome

_WORDS = {
    400: "the server did not understand the call",
    401: "the user name or password is wrong",
    403: "the server does not allow it",
    404: "there is nobody of that name",
    405: "the server does not allow it",
    406: "the far end accepts nothing that was offered",
    407: "the user name or password is wrong",
    408: "no answer",
    410: "there is nobody of that name any more",
    415: "the far end does not understand the call",
    420: "the far end does not know a needed extension",
    423: "the server wants longer registrations",
    480: "not available",
    481: "the call is not known to the far end",
    483: "the call went round in circles",
    484: "the number is incomplete",
    486: "busy",
    487: "cancelled",
    488: "the far end cannot take a call like this",
    491: "both sides wanted a change at once",
    500: "the server failed",
    501: "the server cannot do that",
    502: "the server got a bad answer",
    503: "the server cannot be reached",
    504: "the server got no answer",
    600: "busy",
    603: "declined",
    604: "there is nobody of that name",
    606: "the far end cannot take a call like this",
}


def words(code: int, reason: str = "") -> str:
    """What a final status means; the server's own words where we have none."""
    known = _WORDS.get(code)
    if known:
        return known
    if 300 <= code < 400:
        return "the server sent the call elsewhere, which is not followed"
    return reason or f"the call failed with status {code}"


def outgoing(answered: bool, code: int, ended_here: bool) -> Outcome:
    """How a call that we made ended."""
    if answered:
        return Outcome.ANSWERED
    if ended_here:
        return Outcome.CANCELLED
    if code in (486, 600):
        return Outcome.BUSY
    if code == 603:
        return Outcome.DECLINED
    return Outcome.FAILED


def incoming(answered: bool, ended_here: bool) -> Outcome:
    """How a call to us ended."""
    if answered:
        return Outcome.ANSWERED
    return Outcome.DECLINED if ended_here else Outcome.MISSED
