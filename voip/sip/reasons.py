"""SIP status codes in plain words (RFC 3261 section 21)."""

from __future__ import annotations

from typing import NamedTuple

from voip.causes import Cause, CauseKind
from voip.model import Direction, Outcome

FORWARDED = 302
"""Status by which this phone sends a call on (RFC 3261 section 21.3.3)."""

REDIRECTED = "the server sent the call elsewhere, which is not followed"

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
    483: "the call was passed round in a circle",
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
    607: "declined",
}

_BROKEN_OFF = {
    408: "the far end does not answer any more",
    480: "the far end is not there any more",
    481: "the far end does not know the call any more",
    503: "the server cannot be reached any more",
}

_TRANSFER_REFUSED = {
    **dict.fromkeys(
        (403, 405, 420, 489, 501, 603), "the far end or its server does not transfer calls"
    ),
    481: "the far end does not know the call any more",
}

_TEXT_REFUSED = {
    **dict.fromkeys((405, 406, 415, 488, 501, 606), "their phone takes no texts"),
    **dict.fromkeys((413, 513), "the text is too long for their phone or a server"),
    400: "the server did not understand the text",
    408: "no answer",
    481: "their phone is not there any more",
}

_STATE_REFUSED = {
    **dict.fromkeys((404, 405, 489, 501, 604), "the server takes no state of its users"),
    **dict.fromkeys((401, 403, 407, 603), "the server does not let this account publish its state"),
}

_NO_QUOTES = dict.fromkeys(map(ord, '"“”„'), "'")

_BY_CODE = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    603: Outcome.DECLINED,
    607: Outcome.DECLINED,
}


def words(code: int, reason: str = "") -> str:
    """Meaning of a final status, or else the server's own reason phrase."""
    meaning = _WORDS.get(code)
    if meaning:
        return meaning
    if 300 <= code < 400:
        return REDIRECTED
    return says(reason) or f"the call failed with status {code}"


def says(reason: str) -> str:
    """The server's reason phrase in quotes that it cannot close."""
    inner = reason.translate(_NO_QUOTES).strip()
    return f"the server says “{inner}”" if inner else ""


def broken_off(code: int, reason: str = "") -> str:
    """Meaning of a final status for a call that was up."""
    return _BROKEN_OFF.get(code) or words(code, reason)


def transfer_refused(code: int, reason: str = "") -> str:
    """Meaning of a final status to a request to transfer a call (RFC 3515)."""
    return _TRANSFER_REFUSED.get(code) or words(code, reason)


def text_refused(code: int, reason: str = "") -> str:
    """Meaning of a final status to a text message (RFC 3428 section 7)."""
    if 300 <= code < 400:
        return "the server sent the text elsewhere, which is not followed"
    meaning = _TEXT_REFUSED.get(code) or _WORDS.get(code) or says(reason)
    return meaning or f"the text was refused with status {code}"


def state_refused(code: int, reason: str = "") -> str:
    """Meaning of a final status to a user's own state (RFC 3903 section 4)."""
    meaning = _STATE_REFUSED.get(code) or _WORDS.get(code) or says(reason)
    return meaning or f"the server refused the state with status {code}"


def ending(code: int, reason: str, up: bool) -> Cause:
    """Cause of a call's end by a final status; `up` if voice could flow."""
    if up:
        return Cause(CauseKind.BROKEN_OFF, (code, reason))
    if 200 <= code < 300:
        return Cause(CauseKind.NO_VOICE)
    return Cause(CauseKind.SIP_STATUS, (code, reason))


class Ending(NamedTuple):
    """Facts of a call's end; `code` is its last status.

    `up`: voice could flow. `taken`: the call had been accepted before.
    `here`: this side ended it. `stopped`: it ended because the engine stopped.
    `refused`: the policy refused it. `given_up`: the phone ended it for
    another reason. `elsewhere`: its server said that another phone answered it.
    """

    direction: Direction
    code: int
    up: bool = False
    taken: bool = False
    here: bool = False
    stopped: bool = False
    refused: bool = False
    given_up: bool = False
    elsewhere: bool = False


def outcome(end: Ending) -> Outcome:
    """Outcome of a call for the log."""
    if end.refused:
        return Outcome.REFUSED
    if end.up:
        broke = not end.here and (end.given_up or end.code >= 300)
        return Outcome.LOST if broke else Outcome.ANSWERED
    if end.direction is Direction.OUT:
        if end.here:
            return Outcome.CANCELLED
        return _BY_CODE.get(end.code, Outcome.FAILED)
    if end.code == FORWARDED:
        return Outcome.FORWARDED
    # 487: its caller gave up before the answer arrived (RFC 3261 section 9.2).
    if end.taken and end.code != 487:
        return Outcome.FAILED
    if end.here and not end.stopped:
        return Outcome.DECLINED
    return Outcome.ELSEWHERE if end.elsewhere else Outcome.MISSED
