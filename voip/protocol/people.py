"""Messages about look-ups, contacts, blocked callers, text messages and real-time text."""

from __future__ import annotations

import msgspec

from voip.lamps import Lamp
from voip.model import BlockedCaller, Direction, LogEntry, NameFrom, Outcome
from voip.protocol.base import Command, Event
from voip.texts import TextMessage, Thread, TypedLines


class LookUp(Command, frozen=True, tag="look_up"):
    """Look up the target and account of `text`, and suggestions.

    Nothing is called. `account` None uses the account that a call would.
    """

    text: str
    account: str | None = None
    limit: int = 8


class GetContacts(Command, frozen=True, tag="contacts"):
    """Request the contacts that match, favourites first, each kind sorted by name.

    `search` is a part of a name, a number or an address; with none, all match.
    """

    search: str = ""
    limit: int = 200


class SearchDirectory(Command, frozen=True, tag="directory"):
    """Search with the contacts command (`contacts.command`), which may take seconds.

    Without a command or a text nobody is found. The reply is `DirectoryPage`.
    """

    search: str


class MarkFavourite(Command, frozen=True, tag="favourite"):
    """Make a contact a favourite, or no longer; the reply is the `Contact`.

    `contact` is their name, a number or an address; of several with that name it is the
    one with `number`. vCards stay as they are.
    """

    contact: str
    number: str | None = None
    on: bool = True


class AddContact(Command, frozen=True, tag="add_contact"):
    """Write a new contact, a vCard file of its own. The reply is `ContactAdded`.

    `number` is a number or a SIP address. Refused where a contact has it already.
    """

    name: str
    number: str


class GetPerson(Command, frozen=True, tag="person"):
    """Request what the phone has of one person.

    `who` is the name of a contact, or a number or an address, as `account` calls or is
    called by it; of several contacts it is the one with `number`. `limit` bounds calls,
    and texts.
    """

    who: str
    number: str | None = None
    account: str | None = None
    limit: int = 10


class BlockCaller(Command, frozen=True, tag="block"):
    """Decline present and future calls of an address to an account.

    `caller` is a number or an address; the reply is its `BlockedCaller`.
    """

    caller: str
    account: str


class UnblockCaller(Command, frozen=True, tag="unblock"):
    """Let a blocked caller ring again; `caller` in any spelling."""

    caller: str
    account: str


class GetBlocked(Command, frozen=True, tag="blocked"):
    """Request blocked callers.

    With `caller` and `account`, only the entry of this caller.
    """

    caller: str | None = None
    account: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """Possible target of a look-up; `target` is what to dial.

    `source` is contact, log, account, directory, or echo for the local test line.
    `name_from` is as in `Party`.
    """

    name: str
    target: str
    source: str
    name_from: NameFrom | None = None


class LookedUp(msgspec.Struct, frozen=True):
    """Reply to `LookUp`: `uri` and `account` of the call, or its `problem`.

    `warning`: the account is said not to place calls to this emergency number.
    `tones` are sent once the call is active, as in `PlaceCall`. `lamp` is that of a
    contact at this URI, None while it is unknown.
    """

    uri: str | None
    account: str | None
    problem: str | None
    suggestions: tuple[Suggestion, ...] = ()
    warning: str | None = None
    tones: str = ""
    lamp: Lamp | None = None


class ContactNumber(msgspec.Struct, frozen=True):
    """Number or SIP address of a contact; `target` is what to dial.

    `label` is such as work or cell. `tones` reach the contact behind the number of a whole
    house, once somebody answers. `lamps` are those that are not unknown, one an account.
    """

    target: str
    label: str = ""
    tones: str = ""
    lamps: tuple[Lamp, ...] = ()


class LastCall(msgspec.Struct, frozen=True):
    """Latest call with a contact; `time` is when it began."""

    time: str
    direction: Direction
    outcome: Outcome


class Contact(msgspec.Struct, frozen=True):
    """Person with at least one number or SIP address, the preferred first.

    `last_call` is None without one among the latest people in the call log. `directory`:
    found by the contacts command, whose names nobody vouches for.
    """

    name: str
    numbers: tuple[ContactNumber, ...]
    favourite: bool = False
    last_call: LastCall | None = None
    directory: bool = False


class PersonPage(msgspec.Struct, frozen=True):
    """Reply to `GetPerson`: last calls and texts, the newest first.

    `contact` is None for somebody who is not among the contacts; `number` is what to
    dial, None for somebody who hides.
    """

    contact: Contact | None
    number: str | None
    calls: tuple[LogEntry, ...] = ()
    texts: tuple[TextMessage, ...] = ()


class DirectoryPage(msgspec.Struct, frozen=True):
    """Reply to `SearchDirectory`: who is not among the contacts already.

    `problem` says why nobody could be found.
    """

    contacts: tuple[Contact, ...] = ()
    problem: str | None = None


class ContactAdded(msgspec.Struct, frozen=True):
    """Reply to `AddContact`: the contact, and the file that was written."""

    contact: Contact
    path: str


class ContactsPage(msgspec.Struct, frozen=True):
    """Reply to `GetContacts`; `total` counts all that match, `folder` has their files."""

    contacts: tuple[Contact, ...]
    total: int
    folder: str


class BlockedCallers(msgspec.Struct, frozen=True):
    """Reply to `GetBlocked`."""

    callers: tuple[BlockedCaller, ...]


class SendMessage(Command, frozen=True, tag="message"):
    """Send a text (RFC 3428); the reply is its `TextMessage`, once it has ended.

    `target` as in `PlaceCall`. With `back` it is the address of somebody who wrote.
    """

    target: str
    text: str
    account: str | None = None
    back: bool = False


class GetMessages(Command, frozen=True, tag="messages"):
    """Request texts that match all conditions, newest first.

    `address` is the other end in any spelling, and needs an `account`. `search` is in the
    text, name or address. `before` is the id of a text.
    """

    account: str | None = None
    address: str | None = None
    search: str = ""
    unread: bool = False
    limit: int = 50
    before: str | None = None


class GetThreads(Command, frozen=True, tag="threads"):
    """Request those who wrote or were written to, latest first."""

    limit: int = 200


class MarkRead(Command, frozen=True, tag="mark_read"):
    """Note that the texts of one person to an account were read."""

    account: str
    address: str


class DeleteMessages(Command, frozen=True, tag="delete_messages"):
    """Delete texts by their ids."""

    messages: tuple[str, ...]


class DeleteThread(Command, frozen=True, tag="delete_thread"):
    """Delete all texts of one person and an account."""

    account: str
    address: str


class DeleteAllMessages(Command, frozen=True, tag="delete_all_messages"):
    """Delete all texts up to the one with the id `newest`; None is of all accounts.

    A text that arrives while the user is asked stays.
    """

    newest: str
    account: str | None = None


class RestoreMessages(Command, frozen=True, tag="restore_messages"):
    """Bring back the texts that were deleted last, within a minute.

    The reply is `MessagesRestored`.
    """


class Messages(msgspec.Struct, frozen=True):
    """Reply to `GetMessages`; `unread` counts all texts that nobody has read."""

    messages: tuple[TextMessage, ...]
    unread: int


class Threads(msgspec.Struct, frozen=True):
    """Reply to `GetThreads`; `unread` counts all texts that nobody has read."""

    threads: tuple[Thread, ...]
    unread: int


class MessagesDeleted(msgspec.Struct, frozen=True):
    """Reply to `DeleteMessages`, `DeleteThread` and `DeleteAllMessages`."""

    count: int


class MessagesRestored(msgspec.Struct, frozen=True):
    """Reply to `RestoreMessages`: how many texts are back."""

    restored: int


class ContactsEvent(Event, frozen=True, tag="contacts"):
    """Reports that contacts or favourites have changed."""


class MessageEvent(Event, frozen=True, tag="message"):
    """Reports a text that arrived or is being sent, or the end of one that was sent."""

    message: TextMessage


class LampEvent(Event, frozen=True, tag="lamp"):
    """Reports a change of a contact's lamp."""

    lamp: Lamp


class UnreadEvent(Event, frozen=True, tag="unread"):
    """Reports how many texts nobody has read: texts came, were read, deleted or brought back."""

    unread: int


MOST_CHARACTERS = 1000
"""Longest real-time text of one request."""


class SendRealtimeText(Command, frozen=True, tag="realtime_text"):
    """Send what the user types in a call (RFC 4103), at once.

    A newline ends a line, and a backspace erases the character before it. The call's
    `realtime_text` tells if it can.
    """

    call: str
    text: str


class GetRealtimeText(Command, frozen=True, tag="get_realtime_text"):
    """Request what both sides of a call have written. The reply is `RealtimeText`.

    An ended call has text if its account keeps it. `before` is the `first` of a reply,
    for the lines before those.
    """

    call: str
    before: int | None = None


class RealtimeText(msgspec.Struct, frozen=True):
    """Reply to `GetRealtimeText`: the last lines of a call, from the first `pieces`.

    `first` counts the lines before these.
    """

    lines: TypedLines
    pieces: int = 0
    first: int = 0


class RealtimeTextEvent(Event, frozen=True, tag="realtime_text"):
    """Reports what a side has typed, newlines and backspaces included.

    U+FFFD stands for text of the far end that was lost on the way. `piece` counts those
    of the call, from 1.
    """

    call: str
    ours: bool
    text: str
    piece: int


AnyPeopleCommand = (
    LookUp
    | GetContacts
    | SearchDirectory
    | MarkFavourite
    | AddContact
    | GetPerson
    | BlockCaller
    | UnblockCaller
    | GetBlocked
    | SendMessage
    | GetMessages
    | GetThreads
    | MarkRead
    | DeleteMessages
    | DeleteThread
    | DeleteAllMessages
    | RestoreMessages
    | SendRealtimeText
    | GetRealtimeText
)

AnyPeopleEvent = ContactsEvent | MessageEvent | UnreadEvent | LampEvent | RealtimeTextEvent
