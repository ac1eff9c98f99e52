"""Rows of the main screen's panes, from plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from tui.state import Link, ShownCall, State
from tui.terminal.glyphs import Glyphs, meter, spark
from tui.terminal.text import Line, Part, Role, cut, line
from tui.terminal.wrapping import paragraph, wrap
from tui.words import conference as conferences
from tui.words import phrases
from tui.words import trust as trust_words
from voip.client import lamp_words
from voip.model import (
    AccountStatus,
    CallState,
    Conference,
    LogEntry,
    Outcome,
    Party,
    RegistrationState,
)
from voip.protection import Compared, Lock, Sign

_METER_CELLS = 4
_MOS_WORST, _MOS_BEST = 1.0, 4.5
_ACCOUNT_CELLS = 10
_OUTCOME_CELLS = 13
_NAME_CELLS = 32
_FEWEST_CELLS = 5  # cells of a cut name: quotes, a letter, an ellipsis
_NOT_CHECKED = "  name chosen by the caller, not checked"
_WIDE, _ROOMY = 80, 64
_HEARD_DIGITS = 8
_INDENT = "   "
_SIGN_ROLES: dict[Sign, Role] = {
    Sign.SERVER: "secure",
    Sign.SEALED: "secure",
    Sign.WAIT: "warning",
    Sign.UNSAFE: "insecure",
    Sign.VERIFY: "insecure",
}

_TO_COMPARE = (Compared.PENDING, Compared.CHANGED)

_MARKS: dict[RegistrationState, Role] = {
    RegistrationState.REGISTERED: "success",
    RegistrationState.REGISTERING: "muted",
    RegistrationState.FAILED: "error",
    RegistrationState.UNREGISTERED: "warning",
    RegistrationState.OFFLINE: "muted",
}


def header(state: State, glyphs: Glyphs, now: datetime) -> Line:
    """First line of the screen: the phone at a glance."""
    registered = state.registered(RegistrationState.REGISTERED)
    failed = sum(map(_in_trouble, state.accounts))
    middle: list[Part | str] = []
    if registered:
        middle += [Part(glyphs.registered, "success"), f" {registered} registered  "]
    if failed:
        middle += [Part(glyphs.failed, "error"), f" {failed} failed  "]
    if state.settings.calls.do_not_disturb:
        middle.append(Part("do not disturb  ", "warning"))
    if any(account.forwarding for account in state.accounts):
        middle.append(Part("forwarding  ", "warning"))
    if any(map(phrases.answers, state.accounts)):
        middle.append(Part("auto-answer  ", "warning"))
    if state.link is Link.CONNECTING:
        middle = [Part("connecting  ", "muted")]
    elif state.link is not Link.UP:
        middle = [Part("no engine  ", "error")]
    live = len(state.live)
    calls = Part(f"{phrases.count(live, 'call')}  ", "strong") if live else Part("")
    alone = any(not group.here for group in state.conferences)
    away = Part("conference without you  ", "warning") if alone else Part("")
    new = f"{glyphs.mail} {phrases.count(state.unread, 'text')} unread  " if state.unread else ""
    texts = Part(new, "accent", "phone.messages")
    return line(Part(" offhook  ", "strong"), *middle, right=(away, texts, calls, f"{now:%H:%M} "))


def account(status: AccountStatus, glyphs: Glyphs, trust_key: str) -> tuple[Line, ...]:
    """An account: name, transport and lock; address; registration.

    A problem replaces the address. `trust_key` shows a server's certificates.
    """
    role: Role = _MARKS[status.registration.state] if status.enabled else "muted"
    standing_role: Role = "muted"
    if _in_trouble(status):
        role = standing_role = "error"
    standing: list[Part | str] = ["  ", Part(phrases.registration(status), standing_role)]
    if status.voicemail and status.voicemail.new:
        standing.append(Part(f" {glyphs.mail} {phrases.voicemail(status.voicemail)}", "accent"))
    if status.publication:
        standing.append(Part(f", {lamp_words.shown(status.publication)}", "muted"))
    return (
        line(
            Part(f"{account_mark(status, glyphs)} ", role),
            Part(status.name, "strong" if status.enabled else "muted"),
            right=(Part(f"{status.transport.value.upper()} ", "muted"), sign(status.sign, glyphs)),
        ),
        _address(status),
        _trust(trust_key) if trust_words.is_about_trust(status) else line(*standing),
    )


def _trust(key: str) -> Line:
    return line("  ", Part(key, "accent"), Part(" shows its certificate", "warning"))


def _address(status: AccountStatus) -> Line:
    if trust_words.is_about_trust(status):
        return line("  ", Part("! server NOT trusted", "error"))
    if status.enabled and status.warning:
        return line("  ", Part(f"! {status.warning}", "warning"))
    if rule := phrases.forwarding(status) or phrases.answers(status):
        return line("  ", Part(rule, "warning"))
    return line("  ", Part(phrases.address(status.aor), "text" if status.enabled else "muted"))


def _in_trouble(status: AccountStatus) -> bool:
    failed = status.registration.state is RegistrationState.FAILED
    return status.enabled and (bool(status.problem) or failed)


def account_mark(status: AccountStatus, glyphs: Glyphs) -> str:
    """Symbol of an account's registration."""
    if not status.enabled:
        return glyphs.offline
    if _in_trouble(status):
        return glyphs.failed
    return {
        RegistrationState.REGISTERED: glyphs.registered,
        RegistrationState.REGISTERING: glyphs.registering,
    }.get(status.registration.state, glyphs.offline)


def call(
    shown: ShownCall,
    glyphs: Glyphs,
    now: float,
    meters: bool,
    marked: bool,
    width: int,
    lock_key: str,
    country: str = "",
    group: Conference | None = None,
) -> list[Line]:
    """A call: party and state; sign of its lock; sound.

    A bar joins the calls of a `group`, whose sign begins the last line. `lock_key`
    is the key that shows the words to compare. The sign's line has no text of a peer,
    and its sentence is whole in `width` cells. The reason for a call's end has two
    lines.
    """
    call = shown.call
    mark = glyphs.cursor if marked else " "
    standing = phrases.state(call)
    right: tuple[Part | str, ...] = (f"{standing} ",)
    if call.state is CallState.ENDED:
        who = _party(call.remote, glyphs, "muted", width - 4 - _cells(right), country)
        return [
            line(Part(f"{mark}{glyphs.offline} ", "muted"), *who, right=right),
            *_ending(phrases.ending(call), width),
        ]
    if call.state.answered:
        right = (
            Part(*conferences.standing(call, group)),
            f" {phrases.duration(shown.duration_s(now))} ",
        )
    who = _party(call.remote, glyphs, "muted", width - 2 - _cells(right), country)
    bar = Part(glyphs.group if group else " ", "accent")
    return [
        line(Part(mark, "accent") if marked else bar, *who, right=right),
        line(bar, *lock_line(call.lock, glyphs, width - 1)),
        # Signs come first, so that a narrow line cuts the sound instead.
        line(
            bar,
            _INDENT[1:],
            *_of_group(call.id, group, glyphs),
            *_signs(shown, glyphs, lock_key),
            *_sound(shown, glyphs, meters),
        ),
    ]


def _of_group(call_id: str, group: Conference | None, glyphs: Glyphs) -> list[Part]:
    """Sign of the lock of a whole conference, and if its party is silenced."""
    if group is None:
        return []
    signed = sign(group.lock.sign, glyphs)
    parts = [Part("all: ", "muted"), signed, Part("  ")]
    if call_id in group.silenced:
        parts.append(Part("nobody hears them  ", "warning"))
    return parts


def lock_line(lock: Lock, glyphs: Glyphs, width: int) -> tuple[Part, ...]:
    """Sign of a call's lock, with its longest sentence whole in `width`."""
    signed = sign(lock.sign, glyphs)
    long = cell_len(lock.why) <= width - cell_len(signed.text) - 1
    sentence = lock.why if lock.closed and lock.comparison is None and long else lock.short
    return (signed, Part(" "), Part(sentence, signed.role))


def sign(of: Sign | None, glyphs: Glyphs) -> Part:
    """Sign of a lock, in the role of its meaning."""
    return Part(glyphs.sign(of), _SIGN_ROLES[of] if of else "text")


def _ending(why: str, width: int) -> list[Line]:
    first = wrap(paragraph(why), width - len(_INDENT))[0]
    length = sum(len(part.text) for part in first.left)
    rest = why[length:].lstrip(" ")
    return [line(_INDENT, Part(text, "warning")) for text in (why[:length], rest) if text]


def _party(remote: Party, glyphs: Glyphs, role: Role, room: int, country: str) -> list[Part]:
    """Name and address in `room` cells: a contact's plain, a claim quoted."""
    address = phrases.address(remote.uri)
    if remote.imitates:
        return _imitator(remote, glyphs, "strong", role, room)
    if remote.claimed:
        return _claim(remote, address or "unknown", glyphs, "strong", role, room)
    name = phrases.who(remote, country)
    # A number without a host has nothing more to tell than its groups.
    if address in ("", name) or (not remote.name and "@" not in address):
        return [Part(name, "strong")]
    short = cut((Part(name, "strong"),), _NAME_CELLS, glyphs.ellipsis)
    return [*short, Part(f"  {address}", role)]


def _claim(
    remote: Party, address: str, glyphs: Glyphs, role: Role, address_role: Role, room: int
) -> list[Part]:
    """A claimed name, cut first, and the address behind it."""
    name = _quoted(remote.name, glyphs, min(_NAME_CELLS, room - cell_len(address) - 2))
    if not name:
        return [Part(address, role)]
    return [Part(name, role), Part(f"  {address}", address_role)]


def _imitator(
    remote: Party, glyphs: Glyphs, role: Role, address_role: Role, room: int
) -> list[Part]:
    """The address, then the claim, cut first; its cause where there is room."""
    address = phrases.address(remote.uri) or "unknown"
    left = room - cell_len(address) - 2
    parts = [Part(address, role)]
    name = _quoted(remote.name, glyphs, min(_NAME_CELLS, left))
    if name:
        parts.append(Part(f"  {name}", address_role))
    if name and cell_len(name) + cell_len(_NOT_CHECKED) <= left:
        parts.append(Part(_NOT_CHECKED, "warning"))
    return parts


def _quoted(name: str, glyphs: Glyphs, room: int) -> str:
    """A name in quotes, cut to `room` cells; empty if no letter fits."""
    whole = phrases.quoted(name)
    if cell_len(whole) <= room:
        return whole
    if room < _FEWEST_CELLS:
        return ""
    short = cut((Part(whole[:-1]),), room - 1, glyphs.ellipsis)
    return "".join(part.text for part in short) + whole[-1]


def _sound(shown: ShownCall, glyphs: Glyphs, meters: bool) -> list[Part | str]:
    call = shown.call
    if not call.state.answered:
        return [Part(f"account: {call.account}", "muted")]
    dot = f" {glyphs.dot} "
    pieces: list[Part | str] = [Part(call.account, "muted")]
    if call.codec:
        pieces += [dot, phrases.codec(call.codec)]
    quality = phrases.quality(call.quality.mos)
    if call.quality.problem:
        pieces += [dot, Part(call.quality.problem, "error")]
    elif quality:
        role: Role = "text" if quality == "good" else "warning"
        pieces += [dot, Part(quality, role), " ",
                   Part(spark(shown.history, _MOS_WORST, _MOS_BEST, glyphs), "muted")]  # fmt: skip
    if call.quality.gaps:
        pieces += [dot, Part(call.quality.gaps, "warning")]
    if meters and call.state is CallState.ACTIVE:
        pieces += [dot, "in ", Part(meter(shown.rx, _METER_CELLS, glyphs), "accent"),
                   " out ", Part(meter(shown.tx, _METER_CELLS, glyphs), "accent")]  # fmt: skip
    return pieces


def _signs(shown: ShownCall, glyphs: Glyphs, lock_key: str) -> list[Part]:
    call = shown.call
    signs: list[Part] = []
    if call.transfer is not None and call.state is CallState.HELD:
        signs.append(Part(f"{phrases.transfer(call.transfer)}  ", "accent"))
    if call.muted:
        signs.append(Part(f"{glyphs.muted} muted  ", "warning"))
    if call.hold_agreed is False:
        signs.append(Part("they did not agree to it  ", "warning"))
    if call.recording:
        signs.append(Part(f"{glyphs.recording} you are recording  ", "error"))
    if call.playing:
        signs.append(Part(f"{glyphs.playing} playing a file  ", "accent"))
    if call.asked is not None:
        signs.append(Part(f"wants you to call {phrases.who(call.asked)}  ", "warning"))
    if call.in_place_of is not None:
        signs.append(Part(f"in place of {phrases.who(call.in_place_of)}  ", "accent"))
    if call.connected is not None:
        signs.append(Part(f"now {phrases.who(call.connected)}  ", "warning"))
    if words := phrases.post_dial(call.post_dial):
        signs.append(Part(f"{words}  ", "warning"))
    if shown.heard:
        signs.append(Part(f"they pressed {shown.heard[-_HEARD_DIGITS:]}  ", "muted"))
    comparison = call.lock.comparison
    if comparison is not None and comparison.state in _TO_COMPARE:
        signs += [Part(lock_key, "accent"), Part(" shows 8 words  ", "warning")]
    return signs


def incoming(
    shown: ShownCall, glyphs: Glyphs, keys: str, width: int, country: str = ""
) -> tuple[Line, ...]:
    """Ringing call at the top of the screen.

    Its keys are beside the lock's sentence if they fit; the footer has them in any
    case.
    """
    call = shown.call
    mark, right = Part(f" {glyphs.incoming} ", "accent"), (f"account: {call.account} ",)
    room = width - cell_len(mark.text) - 1 - _cells(right)
    by = f"  forwarded by {phrases.who(call.forwarded_by)}" if call.forwarded_by else ""
    forwarded = cut((Part(by, "muted"),), room // 2, glyphs.ellipsis)
    room -= _cells(forwarded)
    who = [*_party(call.remote, glyphs, "text", room, country), *forwarded]
    signed = lock_line(call.lock, glyphs, width - len(_INDENT))
    offered = (Part(f"{keys} ", "accent"),)
    whole = len(_INDENT) + _cells(signed) + 2 + _cells(offered) <= width
    return (
        line(mark, *who, right=right),
        line(_INDENT, *signed, right=offered if whole else ()),
    )


def entry(logged: LogEntry, glyphs: Glyphs, now: datetime, width: int, country: str = "") -> Line:
    """Row of the call log; `country` is that of the account's numbers."""
    missed = logged.outcome in (Outcome.MISSED, Outcome.REFUSED)
    arrow = glyphs.arrow(logged.direction)
    arrow_role: Role = "warning" if missed else "muted"
    once_open = phrases.was_open(logged)
    right: list[Part | str] = [Part(f"{once_open} ", "insecure")] if once_open else []
    # The address of a claimed name matters more than the account.
    if width >= (_WIDE if logged.remote.claimed else _ROOMY):
        right.append(Part(_column(logged.account, _ACCOUNT_CELLS), "muted"))
    outcome_role: Role = "warning" if missed else "text"
    right.append(Part(phrases.outcome(logged).rjust(_OUTCOME_CELLS), outcome_role))
    # The sign is last: beside the name, a name could imitate it.
    right += [" ", sign(logged.sign, glyphs), " "]
    role: Role = "strong" if missed else "text"
    left = (
        Part(f"{arrow} ", arrow_role),
        Part(phrases.when(logged.started, now).rjust(6), "muted"),
        Part("  "),
    )
    room = width - _cells(left) - _cells(right) - 1
    who = [Part(phrases.who(logged.remote, country), role)]
    if logged.remote.imitates:
        who = _imitator(logged.remote, glyphs, role, "muted", room)
    elif logged.remote.claimed:
        address = phrases.number_or_address(logged.remote.uri, country)
        who = _claim(logged.remote, address, glyphs, role, "muted", room)
    if logged.outcome is Outcome.TRANSFERRED and width >= _WIDE:
        who.append(Part(f"  {logged.reason}", "muted"))
    return line(*left, *who, right=tuple(right))


def _cells(parts: Iterable[Part | str]) -> int:
    return sum(cell_len(part if isinstance(part, str) else part.text) for part in parts)


def _column(text: str, cells: int) -> str:
    return f"{set_cell_size(text, cells - 1)} "
