"""Calls and their log: commands, replies and events of a client."""

from __future__ import annotations

import msgspec

from voip.model import Call, LogEntry
from voip.protocol.base import Command, Event


class PlaceCall(Command, frozen=True, tag="call"):
    """Call `target`; see `voip.sip.dialing` for what it may be.

    `back` tells that `target` is the address of somebody who called `account`:
    a number there is called at the account's own domain, not at the host that
    passed it on. `play` and `record` are absolute paths of WAV files;
    `hangup_after_s` counts from the answer.
    """

    target: str
    account: str | None = None
    play: str | None = None
    record: str | None = None
    hangup_after_s: float | None = None
    back: bool = False


class AnswerCall(Command, frozen=True, tag="answer"):
    call: str


class DeclineCall(Command, frozen=True, tag="decline"):
    """Refuse an incoming call: 603 Decline, or 486 Busy Here when `busy`."""

    call: str
    busy: bool = False


class HangUp(Command, frozen=True, tag="hangup"):
    call: str


class Hold(Command, frozen=True, tag="hold"):
    """Cut a call off at once and ask its far end for hold.

    With `wait` the reply comes when the far end has answered, and is an error
    of kind `refused` when it did not agree.
    """

    call: str
    wait: bool = False


class Resume(Command, frozen=True, tag="resume"):
    """Speak in a call that is on hold; every other one is held. `wait` as in `Hold`."""

    call: str
    wait: bool = False


class Mute(Command, frozen=True, tag="mute"):
    call: str
    on: bool = True


class SendDigits(Command, frozen=True, tag="dtmf"):
    """Send 0-9 * # A-D as RFC 4733 events; a comma is a pause."""

    call: str
    digits: str


class Play(Command, frozen=True, tag="play"):
    """Play a WAV file into a call in place of the microphone; None stops."""

    call: str
    path: str | None = None


class Record(Command, frozen=True, tag="record"):
    """Write what the far end sends to a WAV file; None stops."""

    call: str
    path: str | None = None


class GetHistory(Command, frozen=True, tag="history"):
    """The call log, newest first; `before` is an id to go on from.

    `offset` skips rows. Only missed calls with `missed`, only one account's
    with `account`; `secure` keeps the calls whose lock was closed all the time,
    or with False the others.
    """

    search: str = ""
    limit: int = 50
    before: str | None = None
    offset: int = 0
    missed: bool = False
    account: str | None = None
    secure: bool | None = None


class CallEvent(Event, frozen=True, tag="call"):
    """The whole call after the change; `ended` comes last."""

    call: Call


class DigitEvent(Event, frozen=True, tag="digit"):
    """The far end pressed a key."""

    call: str
    digit: str


class DigitsEvent(Event, frozen=True, tag="digits_sent"):
    """The tones that were asked for are over; the last `lost` were not sent, for `reason`."""

    call: str
    lost: int = 0
    reason: str | None = None

    @property
    def text(self) -> str:
        """The same as a sentence's beginning."""
        if not self.lost:
            return "all tones were sent"
        what = "the last tone was" if self.lost == 1 else f"the last {self.lost} tones were"
        return f"{what} not sent" + (f": {self.reason}" if self.reason else "")


class LogEvent(Event, frozen=True, tag="log"):
    """A row of the call log was added or changed."""

    entry: LogEntry


class CallStarted(msgspec.Struct, frozen=True):
    """The reply to `PlaceCall`; `notice` is what its caller should know."""

    call: str
    notice: str | None = None


class HistoryPage(msgspec.Struct, frozen=True):
    """`total` counts the rows that match, on this page or not."""

    entries: tuple[LogEntry, ...]
    total: int = 0


AnyCallCommand = (
    PlaceCall
    | AnswerCall
    | DeclineCall
    | HangUp
    | Hold
    | Resume
    | Mute
    | SendDigits
    | Play
    | Record
    | GetHistory
)

AnyCallEvent = CallEvent | LogEvent | DigitEvent | DigitsEvent
