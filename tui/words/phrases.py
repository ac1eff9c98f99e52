"""Phrases of the screen: plain English from plain values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from voip.causes import CauseKind
from voip.choices import AutoAnswer
from voip.client.grouping import grouped
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Conference,
    Direction,
    HeldBy,
    LogEntry,
    Outcome,
    Party,
    PostDial,
    RegistrationState,
    Transfer,
    TransferState,
    Voicemail,
)
from voip.protection import Lock

_NO_QUOTES = dict.fromkeys(map(ord, '"“”„'), "'")
_CALLED_CELLS = 50
_HEAD_CELLS = 12
_HASH = "%23"  # the only telephone key that a SIP URI must escape
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

_TRANSFERS = {
    TransferState.TRYING: "transfer to {who}",
    TransferState.RINGING: "transfer to {who}: ringing",
    TransferState.DONE: "transferred to {who}",
    TransferState.UNKNOWN: "transfer to {who}: outcome unknown",
    TransferState.FAILED: "transfer to {who} failed",
}

_BY_FAR_END = (Outcome.BUSY, Outcome.DECLINED, Outcome.FAILED)

OUTCOMES = {
    Outcome.ONGOING: "now",
    Outcome.MISSED: "missed",
    Outcome.ELSEWHERE: "elsewhere",
    Outcome.FORWARDED: "forwarded",
    Outcome.DECLINED: "declined",
    Outcome.BUSY: "busy",
    Outcome.CANCELLED: "cancelled",
    Outcome.FAILED: "failed",
    Outcome.REFUSED: "refused",
    Outcome.LOST: "lost",
    Outcome.TRANSFERRED: "transferred",
    Outcome.INTERRUPTED: "interrupted",
    Outcome.BLOCKED: "blocked",
}


def address(uri: str) -> str:
    """A SIP or tel URI without its scheme (RFC 3261, RFC 3966).

    For example, user@host or +34600111222.
    """
    scheme, colon, rest = uri.partition(":")
    return rest if colon and scheme.lower() in _SCHEMES else uri


def called(uri: str) -> str:
    """The address called by a request URI, without parameters.

    A long one has both ends: the last names of a server say whose it is.
    """
    whole = address(uri).partition(";")[0].replace(_HASH, "#")
    if len(whole) <= _CALLED_CELLS:
        return whole
    return f"{whole[:_HEAD_CELLS]} … {whole[_HEAD_CELLS + 3 - _CALLED_CELLS :]}"


def who(party: Party, country: str = "") -> str:
    """Name of the other end, or else its number or address.

    A contact's name is plain. A claimed one is in quotes beside the address, which
    goes first if the name imitates something else. `country` is that of the account.
    """
    if not party.name:
        return number_or_address(party.uri, country)
    if party.imitates:
        return f"{address(party.uri) or 'unknown'} ({quoted(party.name)})"
    if party.claimed:
        return f"{quoted(party.name)} ({number_or_address(party.uri, country)})"
    return party.name


def number_or_address(uri: str, country: str = "") -> str:
    """The number alone, in groups, if an address is one; else the address."""
    whole = address(uri).replace(_HASH, "#")
    user, _, _ = whole.partition("@")
    return grouped(user, country) if _NUMBER.fullmatch(user) else whole or "unknown"


def post_dial(tones: PostDial | None) -> str:
    """Progress of a dial string's tones, empty before the call is active."""
    if tones is None or not tones.begun:
        return ""
    left = tones.total - tones.sent
    if tones.waits:
        return f"{count(left, 'tone')} {'waits' if left == 1 else 'wait'} for you"
    return f"sending tones, {tones.sent} of {tones.total} sent"


def quoted(name: str) -> str:
    """A name in quotes, with its own replaced so that none ends it early."""
    return f"“{name.translate(_NO_QUOTES)}”"


def state(call: Call) -> str:
    """State of a call."""
    if call.held_by is HeldBy.BOTH:
        return "held by both"
    return _STATES[call.state]


def transfer(now: Transfer) -> str:
    """Progress of a transfer."""
    return _TRANSFERS[now.state].format(who=who(now.target))


def ending(call: Call) -> str:
    """Reason for a call's end, in a sentence about its far end."""
    name, reason = who(call.remote), call.reason.strip()
    if call.answered is not None:
        why = "" if call.outcome is Outcome.ANSWERED else reason
        after = f"ended after {duration(call.duration_s)}"
        return f"{after}: {why}" if why else after
    if call.outcome is Outcome.MISSED:
        # 487: the caller gave up (RFC 3261 section 9.2).
        return "missed" if call.code == 487 or not reason else f"missed: {reason}"
    # The phone's own causes come with a status too, which is not the far end's.
    by_status = call.cause is not None and call.cause.kind is CauseKind.SIP_STATUS
    by_far_end = call.direction is Direction.OUT and call.outcome in _BY_FAR_END
    if by_status and by_far_end and call.code in _ENDINGS:
        return _ENDINGS[call.code].format(who=name)
    return reason or "ended"


def registration(account: AccountStatus) -> str:
    """The registration in words, with the cause of a failure."""
    if not account.enabled:
        return "disabled"
    if account.problem:
        return account.problem
    current = account.registration
    if current.state is RegistrationState.FAILED:
        return current.reason or "failed"
    return _REGISTRATIONS[current.state]


def voicemail(box: Voicemail) -> str:
    """New messages of a mailbox, short enough for an account's row."""
    return f"{box.new}, {box.urgent} urgent" if box.urgent else count(box.new, "message")


def forwarding(account: AccountStatus) -> str:
    """Addresses to which an account's calls are sent on, empty for none."""
    rule = account.forwarding
    if rule is None:
        return ""
    if rule.always is not None:
        return f"all calls go to {rule.always}"
    busy = f"busy: {rule.busy}" if rule.busy is not None else ""
    later = f"after {rule.after_s} s: {rule.unanswered}" if rule.unanswered is not None else ""
    return f"calls go on, {', '.join(filter(None, (busy, later)))}"


def answers(account: AccountStatus) -> str:
    """Remark that an account answers calls without a person, empty if it does not."""
    return "" if account.auto_answer is AutoAnswer.OFF else "answers some callers by itself"


def outcome(entry: LogEntry) -> str:
    """End of a call in the log: its duration, or its outcome."""
    if entry.outcome is Outcome.ANSWERED:
        return duration(entry.duration_s)
    word = OUTCOMES[entry.outcome]
    if entry.outcome is Outcome.LOST and entry.answered is not None:
        return f"{duration(entry.duration_s)} {word}"
    return f"{word} ({entry.code})" if _shows_code(entry) else word


def sign(lock: Lock) -> str:
    """The sign of a lock with its short sentence, in a line of text."""
    return f"{lock.sign.bracketed} {lock.short}" if lock.sign else ""


def was_open(entry: LogEntry) -> str:
    """Remark that the lock was once open, which the sign does not show."""
    return "was open" if entry.once_open else ""


def _shows_code(entry: LogEntry) -> bool:
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
    """A moment of the log in local time: hour today, else day, else month.

    At most six characters. A day without its year is of the last ten months.
    """
    # Local rules: the offset of `now` may be that of another season.
    moment = datetime.fromisoformat(started).astimezone()
    today = now.astimezone()
    if moment.date() == today.date():
        return moment.strftime("%H:%M")
    if abs(today.date() - moment.date()) < _WITHOUT_YEAR:
        return moment.strftime("%d %b")
    # “Mar 25” would read as a day in March.
    return moment.strftime("%b'%y")


def conference(group: Conference) -> str:
    """A conference in words: its calls, and the user's part in it."""
    if not group.calls:
        return f"conference {group.id} has ended"
    calls = f"conference {group.id} of calls {', '.join(group.calls)}"
    return f"{calls}: {part(group)}"


def part(group: Conference) -> str:
    """The user's part in a conference."""
    if group.aside is not None:
        return f"you talk aside with call {group.aside}"
    return "you are in it" if group.here else "it goes on without you"


def count(number: int, thing: str) -> str:
    """Count with its noun: `1 call`, `1,204 calls`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
