"""Calls of a worker: commands and events."""

from __future__ import annotations

from voip.causes import Cause
from voip.model import CallState, HeldBy
from voip.protection import Stream
from voip.protocol.worker.base import WorkerCommand, WorkerReport


class StartCall(WorkerCommand, frozen=True, tag="call"):
    """Call `uri`, which `voip.sip.dialing` rebuilt from parsed parts.

    With `voice` the person speaks in it, unless a file is played.
    """

    call: int
    account: str
    uri: str
    voice: bool = True
    play: str | None = None
    record: str | None = None


class Ring(WorkerCommand, frozen=True, tag="ring"):
    """Ring for an incoming call, and let its caller know (180)."""

    call: int


class Answer(WorkerCommand, frozen=True, tag="answer"):
    """Take an incoming call, and let the person speak in it."""

    call: int


class EndCall(WorkerCommand, frozen=True, tag="end"):
    """End a call in whatever state it is; `code` refuses an incoming one."""

    call: int
    code: int = 603


class HoldCall(WorkerCommand, frozen=True, tag="hold"):
    """Cut a call off at once and ask the far end for hold, or let it go on.

    `Done` says that it is cut off or connected here, `HoldEvent` what the far
    end says to it.
    """

    call: int
    on: bool = True


class GiveVoice(WorkerCommand, frozen=True, tag="voice"):
    """Connect the person to a call, or cut them off; the far end is not asked."""

    call: int
    on: bool = True


class MuteCall(WorkerCommand, frozen=True, tag="mute"):
    call: int
    on: bool = True


class Digits(WorkerCommand, frozen=True, tag="digits"):
    call: int
    digits: str


class PlayFile(WorkerCommand, frozen=True, tag="play"):
    call: int
    path: str | None


class RecordFile(WorkerCommand, frozen=True, tag="record"):
    call: int
    path: str | None


class IncomingCall(WorkerReport, frozen=True, tag="incoming"):
    """`offers_srtp` is of the session in the INVITE, None where it has none."""

    call: int
    account: str
    remote: str
    connection: int | None = None
    offers_srtp: bool | None = None


class RefusedCall(WorkerReport, frozen=True, tag="refused"):
    """An incoming call that PJSIP refused before it could ring.

    `call` is set when it was reported as `IncomingCall` before.
    """

    call: int | None
    account: str | None
    remote: str
    code: int
    cause: Cause


class UnreadCall(WorkerReport, frozen=True, tag="unread_call"):
    """An INVITE that could not be read, and was refused; told once in a while.

    `accounts` are those that the connection belongs to, none over UDP.
    """

    accounts: tuple[str, ...]
    connection: int | None


class CallStateEvent(WorkerReport, frozen=True, tag="call_state"):
    """`code` and `reason` are the last SIP status; `cause` is one of our own.

    `refused` tells that the session of the far end was not taken.
    """

    call: int
    state: CallState
    code: int
    reason: str
    remote: str = ""
    connection: int | None = None
    cause: Cause | None = None
    refused: bool = False


class MediaEvent(WorkerReport, frozen=True, tag="media"):
    """The streams of a call after they, or a hold, changed.

    A call that is on hold here is cut off, whatever the far end has agreed to.
    """

    call: int
    streams: tuple[Stream, ...]
    held_by: HeldBy | None = None
    connection: int | None = None


class HoldEvent(WorkerReport, frozen=True, tag="hold"):
    """The outcome of `HoldCall`, once its far end has answered.

    `held` is the hold as it is here from now on, `agreed` that the far end has
    the same. `code` is the status of its answer, 0 where there was none.
    """

    call: int
    agreed: bool
    held: bool
    code: int
    reason: str


class StatisticsEvent(WorkerReport, frozen=True, tag="statistics"):
    """Each second of an active call; see `voip.engine.calls.quality` for what becomes of it.

    Packet counts are of the whole call, of those in a codec that is not played
    (`rx_unplayable`) in the last `seconds`; jitter and round-trip time are the
    last ones, in milliseconds, None without RTCP. `rx_silent_s` is the time for
    which nothing has come that should have, None while it is short.
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


class DigitReceived(WorkerReport, frozen=True, tag="digit"):
    call: int
    digit: str


class DigitsDone(WorkerReport, frozen=True, tag="digits_done"):
    """The digits that waited were sent, but for the last `lost` of them."""

    call: int
    lost: int = 0
    reason: str | None = None


class PlayEnded(WorkerReport, frozen=True, tag="play_ended"):
    """The file that was played into a call is over."""

    call: int


AnyCallCommand = (
    StartCall
    | Ring
    | Answer
    | EndCall
    | HoldCall
    | GiveVoice
    | MuteCall
    | Digits
    | PlayFile
    | RecordFile
)

AnyCallEvent = (
    IncomingCall
    | RefusedCall
    | UnreadCall
    | CallStateEvent
    | MediaEvent
    | HoldEvent
    | StatisticsEvent
    | DigitReceived
    | DigitsDone
    | PlayEnded
)
