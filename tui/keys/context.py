"""Facts about the screen that decide which actions make sense."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from tui.state import ShownCall
from voip.model import AccountStatus, Direction, LogEntry, Outcome, Party


class Pane(StrEnum):
    """Where the keyboard is on the main screen."""

    ACCOUNTS = "accounts"
    CALLS = "calls"
    LOG = "log"
    DIAL = "dial"
    SEARCH = "search"


class Spot(StrEnum):
    """Something with the keyboard that a key can choose or press."""

    MARK = "mark"
    BUTTON = "button"


class Context(msgspec.Struct, frozen=True):
    """Facts that decide which actions make sense.

    `call`, `account` and `entry` are the rows under the cursors, or `account` the
    one whose server is not trusted while the keyboard is elsewhere, or whose open
    lock is shown in a box; `incoming` is
    the call that wants an answer. `live` counts calls that were answered and
    have not ended; `dialling` that there is somebody for the dial line to call.
    `field` is the field of a form that has the keyboard, `spot` what the keyboard
    is on; `changed_meanwhile` that the file no longer holds what its form was opened
    with. `line_open` tells that a box has its line of text out; `inspectable`
    that a form or test speaks of a TLS server, `pinnable` and `pinned` that the
    key a server showed can be accepted, and that the account accepts one alone;
    `other_key` that this one is not the one shown. `comparable` tells that the
    call has words to compare, `remembered` that a key of its far end was compared.
    """

    screen: str = "main"
    pane: Pane | None = None
    connected: bool = True
    call: ShownCall | None = None
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


class Caller(NamedTuple):
    """Somebody who called, and the account they called; `answered` if the call is up."""

    remote: Party
    account: str
    answered: bool = False


def caller(context: Context) -> Caller | None:
    """The caller that an action is about: of the call that rings, or under the cursor."""
    shown = context.incoming
    if shown is None and context.pane is Pane.LOG:
        # On each row: a key that came and went would draw the footer at each step.
        entry = context.entry
        return Caller(entry.remote, entry.account) if entry is not None else None
    shown = shown or (context.call if context.pane is Pane.CALLS else None)
    if shown is None or shown.call.direction is not Direction.IN or shown.ended is not None:
        return None
    return Caller(shown.call.remote, shown.call.account, shown.call.state.answered)


def past_call(context: Context) -> LogEntry | None:
    """The row of a call that is over: its lock is known from the log alone.

    Those without a voice are among them: a footer that changed with each row
    would be sent again with each step of the cursor.
    """
    entry = context.call.entry if context.call else None
    if context.pane is Pane.LOG:
        entry = context.entry
    return entry if entry is not None and entry.outcome is not Outcome.ONGOING else None
