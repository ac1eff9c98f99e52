"""Facts about the screen that decide which actions make sense."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from tui.state import ShownCall
from voip.model import AccountStatus, Conference, Direction, LogEntry, Outcome, Party


class Pane(StrEnum):
    """Focused part of the main screen."""

    ACCOUNTS = "accounts"
    CALLS = "calls"
    LOG = "log"
    DIAL = "dial"
    SEARCH = "search"


class Spot(StrEnum):
    """Focused widget that a key can choose or press."""

    MARK = "mark"
    BUTTON = "button"


class Context(msgspec.Struct, frozen=True):
    """Facts that decide which actions make sense.

    `call`, `account` and `entry` are the rows under the cursors; with the focus
    elsewhere, `account` may be one whose server is not trusted, or whose open lock
    a box shows. `conference` is that of `call`, which can be joined with others as
    `joins`. `incoming` is the ringing call to answer. `live` counts answered
    calls that have not ended. `field` is the focused field of a form,
    `spot` the kind of the focused widget.

    `dialling`: the dial line has a target. `changed_meanwhile`: the file has changed
    since its form was opened. `line_open`: a box shows its line of text.
    `inspectable`: a form or test names a TLS server. `pinnable`: the key a server
    showed can be pinned. `pinned`: the account has a pin. `other_key`: the pin is
    not the key shown. `comparable`: the call has words to compare. `remembered`: a
    key of its far end was compared. `on_thread`: texts with somebody are under the cursor;
    `on_contact`: a number of a contact is, of a favourite with `on_favourite`,
    of somebody whom the contacts command found with `in_directory`.
    """

    screen: str = "main"
    pane: Pane | None = None
    connected: bool = True
    call: ShownCall | None = None
    conference: Conference | None = None
    joins: tuple[str, ...] = ()
    incoming: ShownCall | None = None
    live: int = 0
    accounts: int = 0
    account: AccountStatus | None = None
    entry: LogEntry | None = None
    filtered: bool = False
    dialling: bool = False
    field: str = ""
    spot: Spot | None = None
    changed_meanwhile: bool = False
    line_open: bool = False
    inspectable: bool = False
    pinnable: bool = False
    pinned: bool = False
    other_key: bool = False
    comparable: bool = False
    remembered: bool = False
    on_thread: bool = False
    on_contact: bool = False
    on_favourite: bool = False
    in_directory: bool = False


class Caller(NamedTuple):
    """A caller and the account called; `answered` if the call is up."""

    remote: Party
    account: str
    answered: bool = False


def caller(context: Context) -> Caller | None:
    """The caller an action is for: of the ringing call, or under the cursor."""
    shown = context.incoming
    if shown is None and context.pane is Pane.LOG:
        # On each row: a key that comes and goes would redraw the footer at each step.
        entry = context.entry
        return Caller(entry.remote, entry.account) if entry is not None else None
    shown = shown or (context.call if context.pane is Pane.CALLS else None)
    if shown is None or shown.call.direction is not Direction.IN or shown.ended is not None:
        return None
    return Caller(shown.call.remote, shown.call.account, shown.call.state.answered)


def past_call(context: Context) -> LogEntry | None:
    """Row of an ended call, whose lock only the log has.

    Includes calls without media: a footer that changes with each row would be sent
    again at each step of the cursor.
    """
    entry = context.call.entry if context.call else None
    if context.pane is Pane.LOG:
        entry = context.entry
    return entry if entry is not None and entry.outcome is not Outcome.ONGOING else None
