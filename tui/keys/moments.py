"""Moments in which an action makes sense, by the facts of a screen."""

from __future__ import annotations

from collections.abc import Callable

from tui.keys.context import Context, Pane, past_call
from tui.state import ShownCall
from tui.words.trust import is_about_trust
from voip.model import AccountStatus, CallState, Conference
from voip.protection import Transport

When = Callable[[Context], bool]

LISTS = (
    "lock", "trust", "devices", "settings", "keys", "themes", "events", "event", "log", "guide",
    "threads", "thread", "contacts", "person", "realtime",
    "kepttext",
)  # fmt: skip


def always(context: Context) -> bool:
    return True


def connected(context: Context) -> bool:
    return context.connected


def incoming(context: Context) -> bool:
    return context.connected and context.incoming is not None


ANSWERED = (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)
UNDER_WAY = (*ANSWERED, CallState.DIALING, CallState.RINGING, CallState.CONNECTING)


def with_call(
    states: tuple[CallState, ...], test: Callable[[ShownCall], bool] = lambda call: True
) -> When:
    def when(context: Context) -> bool:
        call = context.call
        return context.connected and call is not None and call.call.state in states and test(call)

    return when


def is_asked(context: Context) -> bool:
    return with_call(tuple(CallState), lambda shown: shown.call.asked is not None)(context)


def can_be_transferred(context: Context) -> bool:
    # In the accounts, the same key tests one.
    call = context.call
    transfer = call.call.transfer if call is not None else None
    idle = transfer is None or not transfer.state.under_way
    return idle and context.pane is not Pane.ACCOUNTS and with_call(ANSWERED)(context)


def tones_wait(shown: ShownCall) -> bool:
    return shown.call.post_dial is not None and shown.call.post_dial.waits


def in_conference(test: Callable[[Conference, str], bool]) -> When:
    def when(context: Context) -> bool:
        group, call = context.conference, context.call
        return (
            context.connected
            and group is not None
            and call is not None
            and test(group, call.call.id)
        )

    return when


def begins_calls(context: Context) -> bool:
    """True if no call rings: a key meant to answer must not place a call."""
    return context.connected and context.incoming is None


def has_lock(context: Context) -> bool:
    if context.pane is Pane.ACCOUNTS:
        return context.connected and context.account is not None
    live = context.call is not None and context.call.ended is None
    return context.connected and (live or past_call(context) is not None)


def has_kept_text(context: Context) -> bool:
    """True if text of an ended call was kept, unless the key writes in another call."""
    entry = past_call(context)
    writes = with_call(ANSWERED, lambda shown: shown.call.realtime_text)(context)
    return context.connected and not writes and entry is not None and entry.realtime_text


def in_list(context: Context) -> bool:
    return context.screen in LISTS or context.pane in (Pane.ACCOUNTS, Pane.CALLS, Pane.LOG)


def has_cursor(context: Context) -> bool:
    return in_list(context) or context.pane is Pane.DIAL


def on_account(test: Callable[[AccountStatus], bool] = lambda account: True) -> When:
    def when(context: Context) -> bool:
        return (
            context.connected
            and context.pane is Pane.ACCOUNTS
            and context.account is not None
            and test(context.account)
        )

    return when


def on_certificates(context: Context) -> bool:
    """True if a TLS account is under the cursor, or one has failed for trust."""
    if context.pane in (Pane.CALLS, Pane.LOG):
        account = context.account
        return context.connected and account is not None and is_about_trust(account)
    return on_account(lambda account: account.transport is Transport.TLS)(context)


def on_entry(context: Context) -> bool:
    return context.pane is Pane.LOG and context.entry is not None


def has_correspondent(context: Context) -> bool:
    """True if somebody is under the cursor to whom a text can go."""
    on_call = context.pane is Pane.CALLS and context.call is not None
    return on_call or on_entry(context)


def can_be_added(context: Context) -> bool:
    """True in the contacts, and where somebody is under the cursor."""
    return context.connected and (context.screen == "contacts" or has_correspondent(context))


def can_be_favourite(context: Context) -> bool:
    """True for a contact who is none, and is kept here."""
    marked = context.on_favourite or context.in_directory
    return context.connected and context.on_contact and not marked


def on_person(context: Context) -> bool:
    """True if somebody is under the cursor."""
    return context.connected and (context.on_contact or has_correspondent(context))
