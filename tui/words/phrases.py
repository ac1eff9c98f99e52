"""Words of the screen: plain English from plain values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from voip.causes import CauseKind
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Direction,
    HeldBy,
    LogEntry,
    Outcome,
    Party,
    RegistrationState,
)
from voip.protection import Lock

_NO_QUOTES = dict.fromkeys(map(ord, '"“”„'), "'")
_HASH = "%23"  # the only key of a telephone that a URI cannot hold as it is
_NUMBER = re.compile(r"\+?[0-9*#]+")
_SCHEMES = ("sip", "sips", "tel")
_WITHOUT_YEAR = timedelta(days=300)

_STATES = {
    CallState.DIALING: "calling",
    CallState.RINGING: "ringing",
    CallState.INCOMING: "calls you",
    CallState.CONNECTING: "connecting",
    CallState.ACTIVE: "active",
    CallState.HELD: "held by you",
    CallState.REMOTE_HELD: "held by them",
    CallState.ENDED: "ended",
}

_REGISTRATIONS = {
    RegistrationState.REGISTERED: "registered",
    RegistrationState.REGISTERING: "registering",
    RegistrationState.UNREGISTERED: "not registered",
    RegistrationState.OFFLINE: "does not register",
}

_ENDINGS = {
    404: "there is nobody called {who}",
    480: "{who} is not available",
    484: "{who}: the number is incomplete",
    486: "{who} is busy",
    600: "{who} is busy",
    603: "{who} declined",
    604: "there is nobody called {who}",
    607: "{who} declined",
}

_BY_FAR_END = (Outcome.BUSY, Outcome.DECLINED, Outcome.FAILED)

_OUTCOMES = {
    Outcome.ONGOING: "now",
    Outcome.MISSED: "missed",
    Outcome.DECLINED: "declined",
    Outcome.BUSY: "busy",
    Outcome.CANCELLED: "cancelled",
    Outcome.FAILED: "failed",
    Outcome.REFUSED: "refused",
    Outcome.LOST: "lost",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.BLOCKED: "blocked",
}


def address(uri: str) -> str:
    """A SIP or tel URI without its scheme (RFC 3261, RFC 3966): user@host, +34600111222."""
    scheme, colon, rest = uri.partition(":")
    return rest if colon and scheme.lower() in _SCHEMES else uri


def called(uri: str) -> str:
    """Whom a request URI calls: its parameters are the account's affair."""
    return address(uri).partition(";")[0].replace(_HASH, "#")


def who(party: Party) -> str:
    """The other end by its name, or else its number or address.

    A contact's name is plain. A claimed one is in quotes beside the address, which
    goes first where the name reads like something it is not.
    """
    if not party.name:
        return number_or_address(party.uri)
    if party.imitates:
        return f"{address(party.uri) or 'unknown'} ({quoted(party.name)})"
    if party.claimed:
        return f"{quoted(party.name)} ({number_or_address(party.uri)})"
    return party.name


def number_or_address(uri: str) -> str:
    """An address by its number alone, where it is one."""
    whole = address(uri).replace(_HASH, "#")
    user, _, host = whole.partition("@")
    return user if host and _NUMBER.fullmatch(user) else whole or "unknown"


def quoted(name: str) -> str:
    """A name in quotes that nothing in it can end."""
    return f"“{name.translate(_NO_QUOTES)}”"


def state(call: Call) -> str:
    """Where a call is."""
    if call.held_by is HeldBy.BOTH:
        return "held by both"
    return _STATES[call.state]


def ending(call: Call) -> str:
    """Why a call is over, in a sentence about its far end."""
    name, reason = who(call.remote), call.reason.strip()
    if call.answered is not None:
        why = "" if call.outcome is Outcome.ANSWERED else reason
        after = f"ended after {duration(call.duration_s)}"
        return f"{after}: {why}" if why else after
    if call.outcome is Outcome.MISSED:
        # 487 says that its caller gave up (RFC 3261 section 9.2).
        return "missed" if call.code == 487 or not reason else f"missed: {reason}"
    # Causes of the phone's own come with a status too, which is not about the far end.
    by_status = call.cause is not None and call.cause.kind is CauseKind.SIP_STATUS
    by_far_end = call.direction is Direction.OUT and call.outcome in _BY_FAR_END
    if by_status and by_far_end and call.code in _ENDINGS:
        return _ENDINGS[call.code].format(who=name)
    return reason or "ended"


def registration(account: AccountStatus) -> str:
    """The registration in words, with the cause when it failed."""
    if not account.enabled:
        return "disabled"
    if account.problem:
        return account.problem
    found = account.registration
    if found.state is RegistrationState.FAILED:
        return found.reason or "failed"
    return _REGISTRATIONS[found.state]


def outcome(entry: LogEntry) -> str:
    """The end of a call in the log: its duration, or what became of it."""
    if entry.outcome is Outcome.ANSWERED:
        return duration(entry.duration_s)
    found = _OUTCOMES[entry.outcome]
    if entry.outcome is Outcome.LOST and entry.answered is not None:
        return f"{duration(entry.duration_s)} {found}"
    return f"{found} ({entry.code})" if _tells(entry) else found


def sign(lock: Lock) -> str:
    """The sign of a lock with its short sentence, in a line of text."""
    return f"{lock.sign.bracketed} {lock.short}" if lock.sign else ""


def was_open(entry: LogEntry) -> str:
    """Exception that the sign of encryption does not tell: the lock was once open."""
    return "was open" if entry.once_open else ""


def _tells(entry: LogEntry) -> bool:
    return entry.code is not None and entry.outcome in (Outcome.FAILED, Outcome.REFUSED)


def quality(mos: float | None) -> str:
    """A mean opinion score in a word (ITU-T G.107 annex B, table B.1)."""
    if mos is None:
        return ""
    for floor, word in ((4.0, "good"), (3.6, "fair"), (3.1, "poor")):
        if mos >= floor:
            return word
    return "bad"


def codec(name: str | None) -> str:
    """A codec's name without its clock rate and channels."""
    return name.split("/")[0].lower() if name else ""


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours from one on: 04:12, 1:04:12."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def when(started: str, now: datetime) -> str:
    """A moment of the log in local time: the hour today, else the day, else the month.

    At most six characters. A day without its year is of the last ten months.
    """
    # By the rules of the place: the offset of `now` is not that of another season.
    moment = datetime.fromisoformat(started).astimezone()
    today = now.astimezone()
    if moment.date() == today.date():
        return moment.strftime("%H:%M")
    if abs(today.date() - moment.date()) < _WITHOUT_YEAR:
        return moment.strftime("%d %b")
    # “Mar 25” would be a day of March.
    return moment.strftime("%b'%y")


def count(number: int, thing: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
