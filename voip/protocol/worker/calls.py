"""Messages about a worker's calls."""

from __future__ import annotations

import msgspec

from voip.causes import Cause
from voip.choices import Dtmf
from voip.model import CallState, HeldBy
from voip.protection import Stream
from voip.protocol.worker.base import WorkerCommand, WorkerReport


class StartCall(WorkerCommand, frozen=True, tag="call"):
    """Call `uri`, which `voip.sip.dialing` rebuilt from parsed parts.

    With `voice` it gets the microphone, unless a file is played. A server that sends
    no response within `patience_s` ends the call. `replaces` is the value of a Replaces
    header (RFC 3891), which `voip.sip.messages.referred` made.
    """

    call: int
    account: str
    uri: str
    voice: bool = True
    play: str | None = None
    record: str | None = None
    patience_s: float | None = None
    replaces: str | None = None


class Ring(WorkerCommand, frozen=True, tag="ring"):
    """Ring for an incoming call, and inform its caller (180).

    One that comes while the user has another call gets the tone of a `waiting` one.
    """

    call: int
    waiting: bool = False


class Answer(WorkerCommand, frozen=True, tag="answer"):
    """Answer an incoming call, and connect the microphone if it has a `voice`.

    With `beep` only after a beep that the user hears.
    """

    call: int
    beep: bool = False
    voice: bool = True


class EndCall(WorkerCommand, frozen=True, tag="end"):
    """End a call in any state; `code` refuses an incoming one.

    A `contact`, a URI that `voip.sip.dialing` rebuilt, is where 302 sends it on.
    """

    call: int
    code: int = 603
    contact: str | None = None


class HoldCall(WorkerCommand, frozen=True, tag="hold"):
    """Stop a call's sound and request hold from the far end, or resume.

    `Done` reports that the call is disconnected or connected here, `HoldEvent` the far
    end's answer. A resumed call gets the microphone if it has a `voice`.
    """

    call: int
    on: bool = True
    voice: bool = True


class MixedCall(msgspec.Struct, frozen=True):
    """Call in a conference, and the calls that it `hears`.

    With `voice` it gets the microphone; the speaker plays it if it is `heard`.
    """

    call: int
    hears: tuple[int, ...]
    voice: bool
    heard: bool


class MixCalls(WorkerCommand, frozen=True, tag="mix"):
    """Connect the calls of all conferences as told, and cut all other calls apart.

    Calls that have ended meanwhile, or are on hold, are connected to none.
    """

    calls: tuple[MixedCall, ...]


class MoveCall(WorkerCommand, frozen=True, tag="move_call"):
    """Tell the far end of a call that is up where this phone is now.

    With new `media` the call ends if the far end refuses; that is for a machine with
    another address. Without, its connection alone is another.
    """

    call: int
    media: bool


class AnswerTransfer(WorkerCommand, frozen=True, tag="answer_transfer"):
    """Answer a `TransferAsked` of `call`'s far end.

    The progress of the call `by` is reported to it; None refuses with `code`.
    """

    call: int
    by: int | None
    code: int = 603


class GiveVoice(WorkerCommand, frozen=True, tag="voice"):
    """Connect or disconnect the microphone; the far end is not asked."""

    call: int
    on: bool = True


class MuteCall(WorkerCommand, frozen=True, tag="mute"):
    call: int
    on: bool = True


class Digits(WorkerCommand, frozen=True, tag="digits"):
    call: int
    digits: str


class TypeText(WorkerCommand, frozen=True, tag="type_text"):
    """Send real-time text in a call; newlines and backspaces act."""

    call: int
    text: str

    def __repr__(self) -> str:
        return f"TypeText(call={self.call})"


class ReferCall(WorkerCommand, frozen=True, tag="refer"):
    """Ask the far end of a call to call `uri`, as in `StartCall` (RFC 3515).

    With `hold` the call is put on hold first, as by `HoldCall`.
    """

    call: int
    uri: str
    hold: bool = False


class ReferToCall(WorkerCommand, frozen=True, tag="refer_to_call"):
    """Ask the far end of a call to take this worker's place in `other` (RFC 3891).

    `hold` as in `ReferCall`.
    """

    call: int
    other: int
    hold: bool = False


class PlayFile(WorkerCommand, frozen=True, tag="play"):
    call: int
    path: str | None


class RecordFile(WorkerCommand, frozen=True, tag="record"):
    call: int
    path: str | None


class IncomingCall(WorkerReport, frozen=True, tag="incoming"):
    """Reports an incoming call.

    `offers_srtp` describes the session in the INVITE, None where it has none.
    `asserted` is the caller's identity by the account's server, `diverted_by` who
    forwarded the call, None where the server does not tell.
    `answer_after_s` is the time after which it asks to be answered, which proves
    nothing; None without such a wish. `replaces` is the call of this worker that it
    asks to take the place of (RFC 3891): neither is answered or ended for that.
    """

    call: int
    account: str
    remote: str
    connection: int | None = None
    offers_srtp: bool | None = None
    asserted: str | None = None
    diverted_by: str | None = None
    answer_after_s: int | None = None
    replaces: int | None = None


class RefusedCall(WorkerReport, frozen=True, tag="refused"):
    """Reports an incoming call that PJSIP refused before it could ring.

    `call` is set when it was reported as `IncomingCall` before.
    """

    call: int | None
    account: str | None
    remote: str
    code: int
    cause: Cause


class UnreadCall(WorkerReport, frozen=True, tag="unread_call"):
    """Reports a refused, unreadable INVITE, at a limited rate.

    `accounts` are those that the connection belongs to, none over UDP.
    """

    accounts: tuple[str, ...]
    connection: int | None


class CallStateEvent(WorkerReport, frozen=True, tag="call_state"):
    """Reports a call's state; `code` and `reason` are the last SIP status.

    `cause` is one of our own. `refused`: the far end's session was not accepted.
    """

    call: int
    state: CallState
    code: int
    reason: str
    remote: str = ""
    connection: int | None = None
    cause: Cause | None = None
    refused: bool = False


class IdentityEvent(WorkerReport, frozen=True, tag="identity"):
    """Reports that the account's server names another far end of a call than before."""

    call: int
    asserted: str


class MediaEvent(WorkerReport, frozen=True, tag="media"):
    """Reports a call's streams after they, or a hold, changed.

    A call on hold here has no sound, whatever the far end has agreed to.
    """

    call: int
    streams: tuple[Stream, ...]
    held_by: HeldBy | None = None
    connection: int | None = None


class HoldEvent(WorkerReport, frozen=True, tag="hold"):
    """Reports the outcome of `HoldCall`, once its far end has answered.

    `held` is the hold here from now on, `agreed` means the far end has the same. `code`
    is the status of its answer, 0 where there was none.
    """

    call: int
    agreed: bool
    held: bool
    code: int
    reason: str


class TransferAsked(WorkerReport, frozen=True, tag="transfer_asked"):
    """Reports a far end's request to call somebody else; `refer_to` as received."""

    call: int
    refer_to: str


class ReferAnswered(WorkerReport, frozen=True, tag="refer_answered"):
    """Reports the final status of a REFER.

    `reports` is False if no `ReferProgress` will follow (RFC 4488 section 4).
    """

    call: int
    code: int
    reason: str
    reports: bool = True


class ReferProgress(WorkerReport, frozen=True, tag="refer_progress"):
    """Reports the status in a NOTIFY (RFC 3515), 0 where it names none.

    `last`: no other follows.
    """

    call: int
    code: int
    reason: str
    last: bool


class StatisticsEvent(WorkerReport, frozen=True, tag="statistics"):
    """Reports counters of an active call each second.

    `voip.engine.calls.quality` rates them. Packet counts are of the whole call, of
    those in a codec that is not played (`rx_unplayable`) in the last `seconds`; jitter
    and round-trip time are the last ones, in milliseconds, None without RTCP.
    `rx_silent_s` is the time for which expected packets have not come, None while it is
    short. `underruns` counts the times that the speaker has run out of sound, in the
    whole call.
    """

    call: int
    streams: tuple[Stream, ...]
    connection: int | None
    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_lost: int | None
    jitter_ms: float | None
    rtt_ms: float | None
    seconds: float = 1.0
    rx_unplayable: int = 0
    rx_silent_s: float | None = None
    underruns: int = 0


class DigitReceived(WorkerReport, frozen=True, tag="digit"):
    call: int
    digit: str


class RealtimeTextReceived(WorkerReport, frozen=True, tag="realtime_text"):
    """Reports real-time text of a call as it came: UTF-8, perhaps cut within a character."""

    call: int
    text: bytes

    def __repr__(self) -> str:
        return f"RealtimeTextReceived(call={self.call})"


class DigitsDone(WorkerReport, frozen=True, tag="digits_done"):
    """Reports that queued digits were sent, except the last `lost`, for a `cause`.

    `way` is that of the last one tried, None before the first.
    """

    call: int
    lost: int = 0
    cause: Cause | None = None
    way: Dtmf | None = None


class PlayEnded(WorkerReport, frozen=True, tag="play_ended"):
    """Reports the end of a file that was played into a call."""

    call: int


class RecordingEnded(WorkerReport, frozen=True, tag="recording_ended"):
    """Reports that a recording has ended by itself; its file is whole up to there."""

    call: int
    cause: Cause


AnyCallCommand = (
    StartCall
    | Ring
    | Answer
    | EndCall
    | HoldCall
    | MoveCall
    | AnswerTransfer
    | GiveVoice
    | MuteCall
    | MixCalls
    | Digits
    | TypeText
    | ReferCall
    | ReferToCall
    | PlayFile
    | RecordFile
)

AnyCallEvent = (
    IncomingCall
    | RefusedCall
    | UnreadCall
    | CallStateEvent
    | IdentityEvent
    | MediaEvent
    | HoldEvent
    | TransferAsked
    | ReferAnswered
    | ReferProgress
    | StatisticsEvent
    | DigitReceived
    | RealtimeTextReceived
    | DigitsDone
    | PlayEnded
    | RecordingEnded
)
