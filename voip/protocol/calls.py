"""Messages about calls, their conferences and their log between a client and the engine.

The reply to each command of a conference but `EndConference` is the `Conference` after it.
"""

from __future__ import annotations

import msgspec

from voip.causes import Cause
from voip.choices import Dtmf
from voip.model import Call, Conference, LogEntry, Transfer
from voip.protocol.base import Command, Event


class PlaceCall(Command, frozen=True, tag="call"):
    """Call `target`; `voip.sip.dialing` lists its forms.

    Tones behind a number (`100,,55#;1`) are sent once the call is active: a comma is a
    pause, a semicolon waits for `SendRest`.

    `back` calls back the address of a caller of `account`: a number there is called at
    the account's own domain, not at the host that passed it on. `play` and `record` are
    absolute paths of WAV files; `hangup_after_s` counts from the answer.
    """

    target: str
    account: str | None = None
    play: str | None = None
    record: str | None = None
    hangup_after_s: float | None = None
    back: bool = False


class PickUp(Command, frozen=True, tag="pickup"):
    """Take a call that rings at a colleague's phone, by the account's code for it.

    `target` is whose phone rings, as in `PlaceCall`, at the account's own server;
    None takes any call of the group. The reply is `CallStarted`.
    """

    target: str | None = None
    account: str | None = None


class Retrieve(Command, frozen=True, tag="retrieve"):
    """Take a parked call back from the place `slot`. The reply is `CallStarted`."""

    slot: str
    account: str | None = None


class CallVoicemail(Command, frozen=True, tag="call_voicemail"):
    """Call an account's voice mail: its code for it, or the mailbox its server names.

    The reply is `CallStarted`.
    """

    account: str | None = None


class AnswerCall(Command, frozen=True, tag="answer"):
    call: str


class DeclineCall(Command, frozen=True, tag="decline"):
    """Refuse an incoming call: 603 Decline.

    With `busy` 486 Busy Here, with `unavailable` 480 Temporarily Unavailable; not both.
    """

    call: str
    busy: bool = False
    unavailable: bool = False


class HangUp(Command, frozen=True, tag="hangup"):
    call: str


class Hold(Command, frozen=True, tag="hold"):
    """Stop a call's sound at once and request hold from its far end.

    With `wait` the reply comes when the far end has answered, and is an error of kind
    `refused` when it did not agree.
    """

    call: str
    wait: bool = False


class Resume(Command, frozen=True, tag="resume"):
    """Resume a call that is on hold; hold the others. `wait` as in `Hold`."""

    call: str
    wait: bool = False


class Mute(Command, frozen=True, tag="mute"):
    call: str
    on: bool = True


class SendDigits(Command, frozen=True, tag="dtmf"):
    """Send 0-9 * # A-D by the account's `dtmf`; a comma is a pause."""

    call: str
    digits: str


class TransferCall(Command, frozen=True, tag="transfer"):
    """Pass the far end of a call that is up on to `target`, and leave (RFC 3515).

    `target` is as in `PlaceCall`, called with the call's own account. The call is on
    hold until the outcome comes as a `TransferEvent`; after a failure it is resumed if
    it was not on hold before.
    """

    call: str
    target: str


class Park(Command, frozen=True, tag="park"):
    """Transfer a call to where its account parks calls, as `TransferCall` does.

    `slot` is the place where the account's code asks for one.
    """

    call: str
    slot: str | None = None


class ConnectCalls(Command, frozen=True, tag="connect"):
    """Connect the far end of `call` with that of another call, and leave (RFC 3891).

    Both are calls of the same account, and this phone placed at least one. One that
    is not answered yet is ended, and its target called by the far end of `call`.
    """

    call: str
    other: str


class SendRest(Command, frozen=True, tag="dtmf_rest"):
    """Send the tones of the call's dial string that wait for the user."""

    call: str


class Play(Command, frozen=True, tag="play"):
    """Play a WAV file into a call in place of the microphone; None stops."""

    call: str
    path: str | None = None


class Record(Command, frozen=True, tag="record"):
    """Record both sides to a WAV file, the far end in the right channel; None stops."""

    call: str
    path: str | None = None


class AcceptTransfer(Command, frozen=True, tag="accept_transfer"):
    """Call the one with whom a call's far end wants to connect the user.

    The reply is `CallStarted`. The call is on hold meanwhile.
    """

    call: str


class RefuseTransfer(Command, frozen=True, tag="refuse_transfer"):
    """Refuse what a call's far end asks; the call goes on."""

    call: str


class GetHistory(Command, frozen=True, tag="history"):
    """Request the call log, newest first; `before` is an id to continue from.

    `offset` skips rows. Only missed calls with `missed`, only one account's with
    `account`; `secure` keeps the calls whose lock was closed all the time, or with
    False the others. `person` keeps those with one person: the name of a contact, or an
    address in any spelling.
    """

    search: str = ""
    limit: int = 50
    before: str | None = None
    offset: int = 0
    missed: bool = False
    account: str | None = None
    secure: bool | None = None
    person: str | None = None


class DeleteCalls(Command, frozen=True, tag="delete_calls"):
    """Delete rows of the call log by their ids, all of them or none.

    A call that has not ended cannot be deleted. The reply is `CallsDeleted`.
    """

    rows: tuple[str, ...]


class DeleteHistory(Command, frozen=True, tag="delete_history"):
    """Delete the ended calls that match, as in `GetHistory`; without filters, all.

    Rows that are newer than the row `newest` stay. The reply is `CallsDeleted`.
    """

    search: str = ""
    missed: bool = False
    account: str | None = None
    secure: bool | None = None
    newest: str | None = None
    person: str | None = None


class RestoreCalls(Command, frozen=True, tag="restore_calls"):
    """Bring back the rows that were deleted last, within a minute.

    The reply is `CallsRestored`.
    """


class CallEvent(Event, frozen=True, tag="call"):
    """Reports the whole call after a change; `ended` comes last."""

    call: Call


class DigitEvent(Event, frozen=True, tag="digit"):
    """Reports a digit that the far end sent."""

    call: str
    digit: str


class DigitsEvent(Event, frozen=True, tag="digits_sent"):
    """Reports the end of requested tones; the last `lost` were not sent.

    `reason` is the sentence of the `cause`; `way` is that of the last tone tried.
    """

    call: str
    lost: int = 0
    reason: str | None = None
    cause: Cause | None = None
    way: Dtmf | None = None

    @property
    def text(self) -> str:
        """Outcome as the beginning of a sentence."""
        if not self.lost:
            return f"all tones were sent {self.way.words}" if self.way else "all tones were sent"
        what = "the last tone was" if self.lost == 1 else f"the last {self.lost} tones were"
        return f"{what} not sent" + (f": {self.reason}" if self.reason else "")


class TransferEvent(Event, frozen=True, tag="transfer"):
    """Reports the progress of a transfer, and its outcome."""

    call: str
    transfer: Transfer


class LogEvent(Event, frozen=True, tag="log"):
    """Reports a new or changed row of the call log."""

    entry: LogEntry


class RowsDeletedEvent(Event, frozen=True, tag="rows_deleted"):
    """Reports that rows went from the call log; `rows` has their ids if they are few."""

    count: int
    rows: tuple[str, ...] = ()


class RowsRestoredEvent(Event, frozen=True, tag="rows_restored"):
    """Reports that deleted rows are in the call log again, with their former ids."""

    count: int


class CallStarted(msgspec.Struct, frozen=True):
    """Reply to `PlaceCall`; `notice` is a remark for the caller."""

    call: str
    notice: str | None = None


class HistoryPage(msgspec.Struct, frozen=True):
    """Page of the call log; `total` counts all matching rows."""

    entries: tuple[LogEntry, ...]
    total: int = 0


class CallsDeleted(msgspec.Struct, frozen=True):
    """Reply to `DeleteCalls` and `DeleteHistory`: how many rows went."""

    deleted: int


class CallsRestored(msgspec.Struct, frozen=True):
    """Reply to `RestoreCalls`: how many rows are back."""

    restored: int


class JoinCalls(Command, frozen=True, tag="join"):
    """Join calls that are up, up to eight, in a conference; the user takes part.

    Those on hold here are resumed. A call that is in a conference already brings the
    others into it, and one alone brings the user back. A call cannot join if its lock
    is open and it should be closed, nor an unencrypted call an encrypted one.
    """

    calls: tuple[str, ...]


class LeaveConference(Command, frozen=True, tag="leave"):
    """Leave the conference of `call`: its parties go on without the user.

    `JoinCalls` brings the user back.
    """

    call: str


class TalkAside(Command, frozen=True, tag="aside"):
    """Talk with one party alone; the others go on, and hear neither.

    `JoinCalls` brings both back. When the party hangs up, the user has left.
    """

    call: str


class SilenceParty(Command, frozen=True, tag="silence"):
    """Let nobody in the conference hear a party, which hears them all; or end that."""

    call: str
    on: bool = True


class TakeOut(Command, frozen=True, tag="take_out"):
    """Take a party out of its conference and put it on hold; the others go on."""

    call: str


class EndConference(Command, frozen=True, tag="end_conference"):
    """Hang up every call of the conference of `call`."""

    call: str


class ConferenceEvent(Event, frozen=True, tag="conference"):
    """Reports a conference after a change; without calls, it has ended."""

    conference: Conference


AnyConferenceCommand = (
    JoinCalls | LeaveConference | TalkAside | SilenceParty | TakeOut | EndConference
)

AnyPlacing = PlaceCall | PickUp | Retrieve | CallVoicemail
"""Commands that place a call; the reply is `CallStarted`."""

AnyCallCommand = (
    AnyPlacing
    | AnswerCall
    | DeclineCall
    | HangUp
    | Hold
    | Resume
    | Mute
    | SendDigits
    | AcceptTransfer
    | RefuseTransfer
    | TransferCall
    | Park
    | ConnectCalls
    | SendRest
    | Play
    | Record
    | AnyConferenceCommand
    | GetHistory
    | DeleteCalls
    | DeleteHistory
    | RestoreCalls
)

AnyCallEvent = (
    CallEvent
    | LogEvent
    | RowsDeletedEvent
    | RowsRestoredEvent
    | DigitEvent
    | DigitsEvent
    | TransferEvent
    | ConferenceEvent
)
