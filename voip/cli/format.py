"""Formats the engine's answers as text, by pure functions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from voip.choices import AutoAnswer, Forwarding
from voip.client import lamp_words, message_words
from voip.client.deleting import calls
from voip.model import (
    AccountStatus,
    BlockedCaller,
    Call,
    CallState,
    Conference,
    Direction,
    HeldBy,
    LogEntry,
    Party,
    RegistrationState,
    Status,
    Transfer,
    TransferState,
    Voicemail,
)
from voip.protection import Lock, Sign
from voip.protocol.accounts import (
    AccountEvent,
    AccountRemoved,
    AccountsOrdered,
    CheckEvent,
    CheckReport,
)
from voip.protocol.calls import (
    CallEvent,
    ConferenceEvent,
    DigitEvent,
    DigitsEvent,
    LogEvent,
    RowsDeletedEvent,
    RowsRestoredEvent,
    TransferEvent,
)
from voip.protocol.client import AnyEvent, NumberedEvent
from voip.protocol.people import (
    ContactsEvent,
    LampEvent,
    MessageEvent,
    RealtimeTextEvent,
    UnreadEvent,
)
from voip.protocol.phone import (
    EchoEvent,
    NoticeEvent,
    RowsImportedEvent,
    SipMessageEvent,
    StoppingEvent,
    WorkerEvent,
)
from voip.protocol.settings import SettingsEvent
from voip.protocol.sound import LevelsEvent, MicrophoneEvent, MicrophoneLevelEvent
from voip.texts import TextMessage

_HELD = {
    HeldBy.US: "held by you",
    HeldBy.THEM: "held by them",
    HeldBy.BOTH: "held by both",
}


_TRANSFERS = {
    TransferState.TRYING: "asked",
    TransferState.RINGING: "ringing",
    TransferState.DONE: "done",
    TransferState.UNKNOWN: "outcome unknown",
    TransferState.FAILED: "failed",
}


def status(now: Status) -> str:
    engine = now.engine
    library = f", PJSIP {engine.pjsip}, {engine.tls_library}" if engine.pjsip else ""
    lines = [f"Offhook {engine.version}{library}, up {duration(engine.uptime_s)}", ""]
    lines += [*engine.problems, *([""] if engine.problems else [])]
    lines.append("Accounts")
    lines += [f"  {account(a)}" for a in now.accounts] or [
        "  none yet: “offhook account add NAME --user U --domain D”, or try “offhook call echo”"
    ]
    lines += ["", "Calls"]
    lines += [f"  {call(c)}" for c in now.calls] or ["  none"]
    if now.conferences:
        lines += ["", "Conferences", *(f"  {conference(c)}" for c in now.conferences)]
    return "\n".join(lines)


def account(a: AccountStatus) -> str:
    if a.problem:
        return f"{a.name}: {a.problem}"
    registration = a.registration
    text = registration.state.value
    if registration.state is RegistrationState.FAILED:
        text += f": {registration.reason}"
        text += f" ({registration.code})" if registration.code else ""
    if not a.enabled:
        text = "disabled"
    secure = f", {a.tls.version}" if a.tls else ""
    warning = f"  ({a.warning})" if a.warning else ""
    row = f"{sign(a.sign)}  {a.name}  {a.aor}  {a.transport.upper()}{secure}  {text}{warning}"
    row += f"  {forwarding(a.forwarding)}" if a.forwarding else ""
    row += f"  {voicemail(a.voicemail)}" if a.voicemail else ""
    row += f"  {lamp_words.published(a.publication)}" if a.publication else ""
    return row if a.auto_answer is AutoAnswer.OFF else f"{row}  answers some callers by itself"


def voicemail(box: Voicemail) -> str:
    """Name the counts that the server has told."""
    urgent = f" ({box.urgent} urgent)" if box.urgent else ""
    old = f", {box.old} old" if box.old is not None else ""
    return f"voice mail: {box.new} new{urgent}{old}"


def forwarding(rule: Forwarding) -> str:
    """Name the addresses to which calls are sent on."""
    if rule.always is not None:
        return f"all calls are forwarded to {rule.always}"
    busy = f"when busy to {rule.busy}" if rule.busy is not None else ""
    later = f"after {rule.after_s} s to {rule.unanswered}" if rule.unanswered is not None else ""
    return f"calls are forwarded {' and '.join(filter(None, (busy, later)))}"


def check(report: CheckReport) -> str:
    """Format a check by step, with its search below the step “name”."""
    lines: list[str] = []
    for step in report.steps:
        mark = {True: "ok ", False: "BAD", None: " – "}[step.ok]
        lines.append(f"{mark}  {step.step}: {step.text}")
        if step.step == "name":
            lines += [f"       {lookup.text}" for lookup in report.lookups]
            lines += [f"       {target.text}" for target in report.targets]
    return "\n".join(lines)


def call(c: Call) -> str:
    arrow = "→" if c.direction is Direction.OUT else "←"
    parts = [f"{c.id}", arrow, with_address(c.remote), state_words(c)]
    if c.state.answered:
        parts.append(duration(c.duration_s))
    parts.append(lock(c.lock))
    if c.codec:
        parts.append(c.codec)
    return "  ".join(parts)


def conference(c: Conference) -> str:
    """Format a conference: its calls, the user's part, and its lock."""
    if not c.calls:
        return f"conference {c.id}  ended"
    parts = [f"conference {c.id}", f"calls {', '.join(c.calls)}"]
    if c.aside is not None:
        parts.append(f"you talk aside with {c.aside}")
    elif not c.here:
        parts.append("without you")
    if c.silenced:
        parts.append(f"silenced: {', '.join(c.silenced)}")
    return "  ".join([*parts, f"{sign(c.lock.sign)} {c.lock.why}"])


def calling(c: Call) -> str:
    """Name the callee of a new call, by the dialled address."""
    return f"calling {with_address(c.remote)} with {c.account}"


def with_address(party: Party) -> str:
    """Format a party: a contact's name plain, a claimed one in quotes.

    The address is first where the name imitates another.
    """
    if not party.name:
        return party.uri
    name = json.dumps(party.name, ensure_ascii=False) if party.claimed else party.name
    if party.imitates:
        return f"<{party.uri}> calls itself {name}, not checked"
    return f"{name} <{party.uri}>"


def blocked(entry: BlockedCaller) -> str:
    since = f", since {entry.since}" if entry.since else ""
    return f"{entry.address}, account: {entry.account}{since}"


def state_words(c: Call) -> str:
    """Describe the state, with mute, files, and why something is not heard."""
    text = _HELD[c.held_by] if c.held_by else c.state.value
    text += ", muted" if c.muted else ""
    text += ", playing a file" if c.playing else ""
    text += ", recording" if c.recording else ""
    text += f", forwarded by {with_address(c.forwarded_by)}" if c.forwarded_by else ""
    text += f", asks to connect you with {with_address(c.asked)}" if c.asked else ""
    text += f", in place of {with_address(c.in_place_of)}" if c.in_place_of else ""
    text += f", now with {with_address(c.connected)}" if c.connected else ""
    text += f", {transfer(c.transfer)}" if c.transfer and c.transfer.state.under_way else ""
    text += _post_dial(c)
    text += f", {c.quality.problem}" if c.quality.problem else ""
    return text + (f", {c.quality.gaps}" if c.quality.gaps else "")


def transfer(now: Transfer) -> str:
    """Describe a transfer and its progress."""
    why = f": {now.reason}" if now.reason else ""
    return f"transfer to {now.target.label}: {_TRANSFERS[now.state]}{why}"


def _post_dial(c: Call) -> str:
    tones = c.post_dial
    if tones is None or not tones.begun:
        return ""
    if not tones.waits:
        return f", sending tones ({tones.sent} of {tones.total} sent)"
    return f", {tones.total - tones.sent} tones wait: offhook dtmf {c.id} --rest"


def lock(now: Lock) -> str:
    return f"{sign(now.sign)} {now.why}"


def sign(of: Sign | None) -> str:
    """Return the sign of a lock, blank for a call that never had media."""
    return of.bracketed if of else " " * 8


def duration(seconds: float) -> str:
    """Format hours, minutes and seconds: 1:02:03, or 02:03 under an hour."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def log(entries: Sequence[LogEntry]) -> str:
    return "\n".join(entry(e) for e in entries) or "no calls yet"


def entry(e: LogEntry) -> str:
    arrow = "→" if e.direction is Direction.OUT else "←"
    who = with_address(e.remote) if e.remote.claimed else e.remote.name or e.remote.uri
    what = duration(e.duration_s) if e.outcome == "answered" else e.outcome.value
    what += f" after {duration(e.duration_s)}" if e.outcome == "transferred" else ""
    what += f" after {duration(e.duration_s)}" if e.outcome == "lost" and e.answered else ""
    code = f" ({e.code})" if e.code and e.outcome != "answered" else ""
    why = f": {e.reason}" if e.reason and e.outcome != "answered" else ""
    lock = "  the lock was open for a time" if e.once_open else ""
    return (
        f"{e.id:>4}  {e.started}  {arrow}  {sign(e.sign)}  {who}  {e.account}  "
        f"{what}{code}{why}{lock}"
    )


def text_message(message: TextMessage) -> str:
    """Format a text in one line; “⏎” stands for its line breaks."""
    arrow = "→" if message.is_ours else "←"
    new = "  unread" if message.unread else ""
    state = f"  {message_words.delivery(message)}" if message.is_ours else ""
    says = f"  (says it is from {message.says_from})" if message.says_from else ""
    return (
        f"{message.id:>4}  {message.time}  {arrow}  {with_address(message.remote)}  "
        f"{message.account}{new}{state}{says}  {message_words.one_line(message)}"
    )


def csv_of(entries: Sequence[LogEntry]) -> str:
    """Format rows as comma-separated values with a heading (RFC 4180)."""
    import csv  # slow to load, and rarely needed
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    columns = [
        *_COLUMNS,
        *(n for n in LogEntry.__struct_fields__ if n not in (*_COLUMNS, "remote")),
    ]
    writer.writerow(columns)
    for entry in entries:
        writer.writerow([_csv_value(_column(entry, name)) for name in columns])
    return out.getvalue()


# Scripts count columns: a new field of a row goes behind these by itself.
_COLUMNS = (
    "id", "started", "answered", "ended", "duration_s", "direction", "account", "uri", "name",
    "outcome", "code", "reason", "lock", "lock_was_open", "codec", "sign", "name_from", "imitates",
)  # fmt: skip


def _column(entry: LogEntry, name: str) -> object:
    return getattr(entry.remote if name in Party.__struct_fields__ else entry, name)


def _csv_value(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str():
            return _inert(value)
        case _:
            return value


def event(numbered: NumberedEvent) -> str:
    """Format one event as one line."""
    return f"{numbered.at}  {_event(numbered.event)}"


def sip_message(numbered: NumberedEvent) -> str:
    """Format a SIP message with its connection; an empty line ends it."""
    what = numbered.event
    assert isinstance(what, SipMessageEvent)
    body = "".join(f"  {line}".rstrip() + "\n" for line in what.lines)
    return f"{numbered.at}  {_way(what)}\n{body.rstrip()}\n"


def _way(what: SipMessageEvent) -> str:
    over = f"over {what.transport.upper()} " if what.transport else ""
    proven = ", verified" if what.verified else ""
    server = f" ({what.server}{proven})" if what.server else ""
    way, end = ("sent", "to") if what.sent else ("received", "from")
    return f"{way} {over}{end} {what.remote}{server}"


def _event(what: AnyEvent) -> str:
    match what:
        case AccountEvent(account=now):
            return f"account {account(now)}"
        case AccountRemoved(name=name):
            return f"account {name} removed"
        case AccountsOrdered(names=names):
            return f"accounts in this order: {', '.join(names)}"
        case CallEvent(call=now):
            reason = f" ({now.reason})" if now.state is CallState.ENDED and now.reason else ""
            return f"call {call(now)}{reason}"
        case ConferenceEvent(conference=now):
            return conference(now)
        case LogEvent(entry=row):
            return f"log {entry(row)}"
        case RowsDeletedEvent(count=rows):
            return f"log: {calls(rows)} deleted"
        case RowsRestoredEvent(count=rows):
            return f"log: {calls(rows)} brought back"
        case RowsImportedEvent(count=rows):
            return f"log: {calls(rows)} imported"
        case ContactsEvent():
            return "contacts changed"
        case DigitEvent(call=number, digit=digit):
            return f"call {number} key {digit}"
        case DigitsEvent(call=number):
            return f"call {number} {what.text}"
        case TransferEvent(call=number, transfer=now):
            return f"call {number} {transfer(now)}"
        case LevelsEvent(call=number, rx=rx, tx=tx):
            return f"call {number} levels in {rx:.2f} out {tx:.2f}"
        case MicrophoneEvent(stage=stage):
            return f"microphone test {stage}{f': {what.problem}' if what.problem else ''}"
        case MicrophoneLevelEvent(level=loudness):
            return f"microphone test {loudness:.2f}"
        case NoticeEvent(level=level, text=text):
            return f"{level} {text}"
        case WorkerEvent(role=role, up=up, detail=detail):
            return f"worker {role} {'up' if up else 'down'}: {detail}"
        case EchoEvent(uri=uri):
            return f"echo line {'at ' + uri if uri else 'ended'}"
        case CheckEvent(name=name, step=step):
            mark = {True: "ok", False: "failed", None: "skipped"}[step.ok]
            return f"check of {name}, {step.step}: {mark}: {step.text}"
        case MessageEvent(message=text):
            return f"text {text_message(text)}"
        case LampEvent(lamp=lamp):
            return f"{lamp.target}  {lamp.account}  {lamp_words.words(lamp)}"
        case RealtimeTextEvent():
            return message_words.realtime(what)
        case UnreadEvent(unread=number):
            return f"{message_words.count(number)} unread"
        case SettingsEvent():
            return "settings changed"
        case SipMessageEvent():
            return f"{_way(what)}: {what.lines[0] if what.lines else ''}"
        case StoppingEvent():
            return "the engine ends"


def _inert(text: str) -> str:
    # A spreadsheet executes formulas, and strangers choose this text. One that has quotes
    # already gets one more, or its import would remove its own.
    return f"'{text}" if text.lstrip("'")[:1] in ("=", "+", "-", "@") else text
