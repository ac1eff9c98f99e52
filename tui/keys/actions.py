"""Actions of the phone, in one list.

Keys, footer, help and palette are made from it. `tui.commands` has the handler
of each action under the same id.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tui.keys.context import Context, Pane, Spot, caller
from tui.keys.moments import (
    ANSWERED,
    LISTS,
    UNDER_WAY,
    When,
    always,
    begins_calls,
    can_be_added,
    can_be_favourite,
    can_be_transferred,
    connected,
    has_correspondent,
    has_cursor,
    has_kept_text,
    has_lock,
    in_conference,
    in_list,
    incoming,
    is_asked,
    on_account,
    on_certificates,
    on_entry,
    on_person,
    tones_wait,
    with_call,
)
from voip.model import CallState


class Action(msgspec.Struct, frozen=True):
    """An action, with `words` for the footer, `title` for palette and help.

    `keys` are Textual's names. `rank` orders the footer, the smallest first; 0
    keeps an action out of it. `screens` are the names of its screens; none means
    all. `while_typing` marks an action that makes sense in a line of text only.
    """

    id: str
    words: str
    title: str
    keys: str
    group: str
    when: When
    rank: int = 0
    screens: tuple[str, ...] = ("main",)
    while_typing: bool = False


_CALLS = "Calls"
_DIAL = "Dialling"
_LOG = "Call log"
_ACCOUNTS = "Accounts"
_PHONE = "Phone"
_MOVING = "Moving about"
_LISTING = "In boxes"

_BOXES = (
    *LISTS, "ask", "confirm", "leave", "keypad", "account", "accounttest", "welcome", "newkey",
    "newcontact",
)  # fmt: skip
_CHOICES = ("confirm", "leave", "welcome")
_WITH_LISTS = ("main", *LISTS)
_FORM = ("account",)
_FIELDS = (*_FORM, "newcontact")

ACTIONS: tuple[Action, ...] = (
    Action("call.answer", "answer", "Answer the call, and hold the others", "a,f2", _CALLS,
           incoming, 1, ()),
    Action("call.decline", "decline", "Decline the call", "x,f3", _CALLS, incoming, 2, ()),
    Action("call.busy", "busy", "Tell the caller that you are busy", "b,f4", _CALLS,
           incoming, 3, ()),
    Action("call.follow", "accept transfer", "Call the one they want to connect you with", "Y",
           _CALLS, is_asked, 1),
    Action("call.stay", "refuse transfer", "Refuse to be connected with somebody else", "N",
           _CALLS, is_asked, 2),
    Action("call.unavailable", "not available", "Tell the caller that you are not available",
           "u,f5", _CALLS, incoming, 23, ()),
    Action("caller.block", "block", "Block this caller, or unblock them", "B", _CALLS,
           lambda c: c.connected and caller(c) is not None, 23),
    Action("dial.call", "dial", "Call what is typed", "enter", _DIAL,
           lambda c: c.connected and c.pane is Pane.DIAL and c.dialling, 4, while_typing=True),
    Action("log.call", "call", "Call the person in this row", "enter", _LOG,
           lambda c: begins_calls(c) and on_entry(c), 4),
    Action("account.edit", "edit", "Edit this account", "enter", _ACCOUNTS, on_account(), 4),
    Action("call.end", "end", "End the call", "e", _CALLS, with_call(UNDER_WAY), 5),
    Action("call.hold", "hold", "Put the call on hold", "h", _CALLS,
           with_call((CallState.ACTIVE, CallState.REMOTE_HELD)), 6),
    Action("call.resume", "resume", "Resume the call, and hold the others", "h", _CALLS,
           with_call((CallState.HELD,)), 6),
    Action("call.mute", "mute", "Mute the microphone", "m", _CALLS,
           with_call(UNDER_WAY, lambda s: not s.call.muted), 7),
    Action("call.unmute", "unmute", "Unmute the microphone", "m", _CALLS,
           with_call(UNDER_WAY, lambda s: s.call.muted), 7),
    Action("call.keypad", "keypad", "Open the keypad, to send tones", "k", _CALLS,
           with_call(ANSWERED), 10),
    Action("call.text", "type text", "Write in the call, seen by both sides as it is typed", "K",
           _CALLS, with_call(ANSWERED, lambda s: s.call.realtime_text), 9),
    Action("call.kept_text", "read text", "Read the real-time text that was kept of this call", "K",
           _CALLS, has_kept_text, 8),
    Action("call.send_rest", "send tones", "Send the tones of the dial string that wait", "w",
           _CALLS, with_call((CallState.ACTIVE,), tones_wait), 5),
    Action("call.switch", "switch", "Switch to the next call, and hold the others", "s", _CALLS,
           lambda c: c.connected and c.live > 1, 8),
    Action("conference.join", "join", "Join this call and the active one in a conference", "j",
           _CALLS, lambda c: c.connected and bool(c.joins), 10),
    Action("conference.back", "come back", "Come back to the conference", "o", _CALLS,
           in_conference(lambda g, call: not g.here or g.aside is not None), 6),
    Action("conference.leave", "step out", "Leave the conference, which goes on", "o", _CALLS,
           in_conference(lambda g, call: g.here and g.aside is None), 12),
    Action("conference.aside", "aside", "Talk with this party alone; the others go on", "i",
           _CALLS, in_conference(lambda g, call: g.aside != call), 11),
    Action("conference.silence", "silence", "Let nobody hear this party", "S", _CALLS,
           in_conference(lambda g, call: call not in g.silenced), 20),
    Action("conference.unsilence", "let speak", "Let all hear this party again", "S", _CALLS,
           in_conference(lambda g, call: call in g.silenced), 11),
    Action("conference.take_out", "take out", "Take this party out, and put it on hold", "O",
           _CALLS, in_conference(lambda g, call: True), 21),
    Action("conference.end", "end all", "Hang up all calls of the conference", "X", _CALLS,
           in_conference(lambda g, call: True), 21),
    Action("message.write", "write", "Write a text to this person", "I", _CALLS,
           lambda c: c.connected and has_correspondent(c), 25),
    Action("lock.details", "lock info", "Show what the lock is made of", "l", _CALLS,
           has_lock, 9),
    Action("call.transfer", "transfer", "Transfer the call, or connect it with another", "t",
           _CALLS, can_be_transferred, 11),
    Action("call.park", "park", "Park the call, where others can take it", "Z", _CALLS,
           can_be_transferred),
    Action("call.play", "play", "Play a sound file into the call", "p", _CALLS,
           with_call(ANSWERED, lambda s: not s.call.playing), 20),
    Action("call.stop_playing", "stop playing", "Stop playing the file", "p", _CALLS,
           with_call(ANSWERED, lambda s: s.call.playing), 11),
    Action("call.record", "record", "Record both sides to a file", "r", _CALLS,
           with_call(ANSWERED, lambda s: not s.call.recording), 21),
    Action("call.stop_recording", "stop recording", "Stop recording", "r", _CALLS,
           with_call(ANSWERED, lambda s: s.call.recording), 11),
    Action("dial.open", "dial", "Go to the dial line", "d", _DIAL,
           lambda c: c.pane is not Pane.DIAL, 12),
    Action("dial.account", "account", "Choose the account to call with", "f6", _DIAL,
           lambda c: c.connected and c.accounts > 1),
    Action("dial.echo", "test call", "Make a secure test call on this machine", "c", _DIAL,
           begins_calls, 30),
    Action("dial.pickup", "pick up", "Pick up a call that rings at a colleague's phone", "g",
           _DIAL, begins_calls),
    Action("dial.retrieve", "take back", "Take a parked call back", "G", _DIAL, begins_calls),
    Action("dial.voicemail", "voice mail", "Call voice mail, to listen to it", "V", _DIAL,
           begins_calls),
    Action("log.search", "search", "Search the call log", "slash", _LOG, always, 14),
    Action("log.filter", "filter", "Filter the log: all, missed, secure, not secure", "f", _LOG,
           connected, 22),
    Action("log.account", "by account", "Filter the log by account", "F", _LOG,
           lambda c: c.connected and c.accounts > 0),
    Action("log.person", "this person", "Show only the calls with the person in this row", "H",
           _LOG, lambda c: c.connected and on_entry(c)),
    Action("log.clear", "show all", "Remove the log's filters", "escape", _LOG,
           lambda c: c.filtered and c.pane in (Pane.LOG, Pane.SEARCH), 13),
    Action("log.copy", "copy", "Copy the address in this row", "y", _LOG, on_entry),
    Action("log.delete", "delete", "Delete this call from the log", "delete", _LOG,
           lambda c: c.connected and on_entry(c), 43),
    Action("log.delete_all", "delete all", "Delete all calls that the log shows", "shift+delete",
           _LOG, lambda c: c.connected and c.pane is Pane.LOG),
    Action("log.restore", "bring back", "Bring back the calls that were deleted last",
           "U,ctrl+z", _LOG, connected),
    Action("log.import", "import", "Import calls from an exported log", "ctrl+o", _LOG, connected),
    Action("account.add", "new account", "Add an account", "n", _ACCOUNTS, connected, 24),
    Action("account.enable", "enable", "Enable this account", "space", _ACCOUNTS,
           on_account(lambda a: not a.enabled), 14),
    Action("account.disable", "disable", "Disable this account", "space", _ACCOUNTS,
           on_account(lambda a: a.enabled), 14),
    Action("account.test", "test", "Test this account step by step", "t", _ACCOUNTS,
           on_account(), 15),
    Action("account.trust", "certificates", "Look at the server's certificates, and pin its key",
           "P", _ACCOUNTS, on_certificates, 15),
    Action("account.register", "register", "Register this account now", "R", _ACCOUNTS,
           on_account(lambda a: a.enabled)),
    Action("account.up", "up", "Move this account up", "shift+up", _ACCOUNTS,
           lambda c: on_account()(c) and c.accounts > 1),
    Action("account.down", "down", "Move this account down", "shift+down", _ACCOUNTS,
           lambda c: on_account()(c) and c.accounts > 1),
    Action("account.remove", "remove", "Remove this account", "delete", _ACCOUNTS,
           on_account(), 16),
    Action("phone.palette", "commands", "Search all commands", "ctrl+p", _PHONE, always, 40,
           _WITH_LISTS),
    Action("phone.help", "help", "Show all keys, and what the lock means", "question_mark,f1",
           _PHONE, always, 41),
    Action("person.show", "person", "Show this person: numbers, calls, texts", "J", _PHONE,
           on_person, 33, ("main", "contacts")),
    Action("contact.add", "add contact", "Add this person to your contacts, or somebody new", "A",
           _PHONE, can_be_added, 34, ("main", "contacts")),
    Action("phone.people", "people", "Find a contact, to call or to write to", "C", _PHONE,
           connected, 32),
    Action("phone.messages", "texts", "Read and write text messages", "M", _PHONE, connected, 31),
    Action("phone.devices", "devices", "Choose microphone, speaker and ringing device", "v", _PHONE,
           connected),
    Action("phone.settings", "settings", "Change the settings", "comma", _PHONE, connected),
    Action("phone.disturb", "do not disturb", "Turn do not disturb on or off", "D", _PHONE,
           connected),
    Action("phone.themes", "themes", "Choose a theme", "T", _PHONE, always),
    Action("phone.events", "events", "Show the engine's events", "E", _PHONE, always),
    Action("phone.log", "log", "Read the engine's log", "L", _PHONE, connected),
    Action("phone.welcome", "welcome", "Show the welcome again", "W", _PHONE, always),
    Action("phone.connect", "connect", "Connect to the engine; start it if it is not running",
           "ctrl+r", _PHONE, lambda c: not c.connected, 1, ("main", *_FORM)),
    Action("phone.redraw", "redraw", "Redraw the screen", "ctrl+l", _PHONE, always),
    Action("phone.quit", "quit", "Close this screen", "q,ctrl+q", _PHONE, always, 42),
    Action("move.next", "next pane", "Go to the next pane", "tab", _MOVING, always),
    Action("move.previous", "previous pane", "Go to the previous pane", "shift+tab", _MOVING,
           always),
    Action("move.leave", "back", "Leave the line and go back to the lists", "escape", _MOVING,
           lambda c: c.pane is Pane.DIAL or (c.pane is Pane.SEARCH and not c.filtered), 13,
           while_typing=True),
    Action("move.up", "up", "Move the cursor up", "up", _MOVING, has_cursor, 0, _WITH_LISTS),
    Action("move.down", "down", "Move the cursor down", "down", _MOVING,
           has_cursor, 0, _WITH_LISTS),
    Action("move.page_up", "page up", "Move the cursor a page up", "pageup", _MOVING,
           in_list, 0, _WITH_LISTS),
    Action("move.page_down", "page down", "Move the cursor a page down", "pagedown", _MOVING,
           in_list, 0, _WITH_LISTS),
    Action("move.first", "first", "Move the cursor to the first row", "home", _MOVING,
           in_list, 0, _WITH_LISTS),
    Action("move.last", "last", "Move the cursor to the last row", "end", _MOVING,
           in_list, 0, _WITH_LISTS),
    Action("form.save", "save", "Save the account", "ctrl+s", _ACCOUNTS, connected, 4, _FORM),
    Action("form.test", "test", "Test the account as the form has it", "ctrl+t", _ACCOUNTS,
           connected, 5, _FORM),
    Action("form.reload", "use the file's", "Use what the file has now", "ctrl+l", _ACCOUNTS,
           lambda c: c.connected and c.changed_meanwhile, 3, _FORM),
    Action("form.reveal", "show or hide", "Show or hide the password", "f7", _ACCOUNTS,
           lambda c: c.field == "password", 6, _FORM, while_typing=True),
    Action("form.choose", "choose", "Choose this", "space,enter", _ACCOUNTS,
           lambda c: c.spot is Spot.MARK, 7, _FORM),
    Action("form.more", "more", "Show or hide the rarely used fields", "ctrl+o", _ACCOUNTS,
           always, 8, _FORM),
    Action("form.trust", "certificates", "Look at the certificates of the server in the form",
           "ctrl+g", _ACCOUNTS, lambda c: c.connected and c.inspectable, 9,
           ("account", "accounttest")),
    Action("form.next", "next", "Go to the next field", "down", _MOVING, always, 0, _FIELDS),
    Action("form.previous", "previous", "Go to the previous field", "up", _MOVING, always, 0,
           _FIELDS),
    Action("form.again", "test again", "Test the account again", "ctrl+t,t", _ACCOUNTS, connected,
           4, ("accounttest",)),
    Action("lock.edit", "edit the account", "Edit the account of this lock", "enter", _LISTING,
           lambda c: c.connected and c.account is not None, 4, ("lock",)),
    Action("trust.leave", "leave it as it is", "Leave the pin as it is, and accept no other key",
           "enter", _LISTING, lambda c: c.other_key, 4, ("trust",)),
    Action("trust.pin", "accept this key", "Accept only this key of the server", "enter",
           _LISTING, lambda c: c.connected and c.pinnable and not c.other_key, 4, ("trust",)),
    Action("trust.replace", "accept the other key", "Accept another key than before", "A",
           _LISTING, lambda c: c.connected and c.pinnable and c.other_key, 16, ("trust",)),
    Action("trust.unpin", "remove the pin", "Remove the pin: authorities decide again", "delete",
           _LISTING, lambda c: c.connected and c.pinned, 16, ("trust",)),
    Action("words.equal", "words equal", "The words are equal: remember this phone's key",
           "equals_sign", _LISTING, lambda c: c.connected and c.comparable, 4, ("lock",)),
    Action("words.different", "different", "The words are different: what that means", "d",
           _LISTING, lambda c: c.connected and c.comparable, 5, ("lock",)),
    Action("words.forget", "forget", "Forget that this phone's key was compared", "delete",
           _LISTING, lambda c: c.connected and c.remembered, 16, ("lock",)),
    Action("device.use", "use", "Use this microphone or speaker", "enter,space", _LISTING,
           connected, 4, ("devices",)),
    Action("device.test", "test", "Test the microphone: speak, then hear yourself", "t", _LISTING,
           connected, 5, ("devices",)),
    Action("setting.change", "change", "Change this setting", "enter,space", _LISTING,
           lambda c: c.connected and not c.line_open, 4, ("settings",)),
    Action("setting.default", "default", "Reset this setting to its default", "delete", _LISTING,
           lambda c: c.connected and not c.line_open, 16, ("settings",)),
    Action("key.change", "new key", "Press another key for this action", "enter", _LISTING,
           connected, 4, ("keys",)),
    Action("key.default", "default", "Reset this action to its own keys", "delete", _LISTING,
           connected, 16, ("keys",)),
    Action("theme.keep", "keep", "Keep the theme and the symbols that are shown", "enter",
           _LISTING, connected, 4, ("themes",)),
    Action("theme.symbols", "symbols", "Try another set of symbols", "g", _LISTING, always, 5,
           ("themes",)),
    Action("event.open", "details", "Show all of this event", "enter", _LISTING, always, 4,
           ("events",)),
    Action("thread.open", "read", "Read the texts with this person", "enter", _LISTING,
           lambda c: c.connected and c.on_thread and not c.line_open, 4, ("threads",)),
    Action("thread.new", "write", "Write a text to somebody", "n", _LISTING, connected, 5,
           ("threads",)),
    Action("thread.delete", "delete", "Delete the texts with this person", "delete",
           _LISTING, lambda c: c.connected and c.on_thread and not c.line_open, 16, ("threads",)),
    Action("thread.delete_all", "delete all", "Delete all texts", "shift+delete", _LISTING,
           lambda c: c.connected and not c.line_open, 0, ("threads",)),
    Action("thread.restore", "bring back", "Bring back the texts that were deleted last",
           "U,ctrl+z", _LISTING, lambda c: c.connected and not c.line_open, 0,
           ("threads", "thread")),
    Action("thread.write", "write", "Write a text", "enter,w", _LISTING,
           lambda c: c.connected and not c.line_open, 4, ("thread",)),
    Action("contact.call", "call", "Call this number", "enter", _LISTING,
           lambda c: begins_calls(c) and c.on_contact, 4, ("contacts",)),
    Action("contact.pickup", "pick up", "Pick up the call that rings at this person's phone", "g",
           _LISTING, lambda c: begins_calls(c) and c.on_contact, 7, ("contacts",)),
    Action("contact.write", "write", "Write a text to this person", "I", _LISTING,
           lambda c: c.connected and c.on_contact, 5, ("contacts",)),
    Action("contact.favourite", "favourite", "Make this person a favourite", "f", _LISTING,
           can_be_favourite, 8, ("contacts",)),
    Action("contact.unfavourite", "no favourite", "Make this person no favourite any longer", "f",
           _LISTING, lambda c: c.connected and c.on_favourite, 8, ("contacts",)),
    Action("contact.calls", "calls", "Show the calls with this person in the log", "o", _LISTING,
           lambda c: c.connected and c.on_contact, 6, ("contacts",)),
    Action("list.search", "search", "Search this list", "slash", _LISTING, always, 14,
           ("events", "log", "guide", "threads", "contacts")),
    Action("list.reload", "look again", "Look again for changes", "r", _LISTING,
           always, 15, ("trust", "devices", "log", "themes")),
    Action("list.leave", "leave the line", "Leave the line of text, and clear it", "escape",
           _LISTING, lambda c: c.line_open, 30,
           ("settings", "events", "log", "guide", "threads", "thread", "contacts")),
    Action("box.close", "close", "Close this box", "escape", _MOVING,
           lambda c: not c.line_open, 30, _BOXES),
    Action("box.press", "choose", "Press the button that the keyboard is on", "enter", _MOVING,
           lambda c: c.spot is Spot.BUTTON, 7, (*_CHOICES, "account", "accounttest")),
    Action("box.next", "next", "Go to the next choice", "down", _MOVING, always, 31, _CHOICES),
    Action("box.previous", "previous", "Go to the previous choice", "up", _MOVING, always, 0,
           _CHOICES),
)  # fmt: skip

BY_ID = {action.id: action for action in ACTIONS}


def of_screen(screen: str) -> tuple[Action, ...]:
    """The actions that a screen binds, including those of all screens."""
    return tuple(a for a in ACTIONS if not a.screens or screen in a.screens)


def available(context: Context) -> tuple[Action, ...]:
    """The actions that do something now, in the list's order."""
    return tuple(a for a in of_screen(context.screen) if a.when(context))


def offered(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions of a footer, by rank."""
    return tuple(sorted((a for a in actions if a.rank), key=lambda a: a.rank))


def by_group() -> dict[str, list[Action]]:
    """Every action by its group, in the list's order."""
    groups: dict[str, list[Action]] = {}
    for action in ACTIONS:
        groups.setdefault(action.group, []).append(action)
    return groups
