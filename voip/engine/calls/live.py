"""One current call as the engine holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from msgspec.structs import replace

from voip.causes import Cause
from voip.engine.files.sound_files import PlayedFile
from voip.engine.trust.compared import Answer, comparison
from voip.model import (
    Call,
    CallState,
    Direction,
    HeldBy,
    Outcome,
    Party,
    PostDial,
    Source,
    Transfer,
    rfc3339,
)
from voip.protection import (
    ComparedKey,
    Lock,
    LockReport,
    LockState,
    MediaKind,
    Sign,
    Stream,
    Transport,
)
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import HoldEvent, StartCall
from voip.protocol.worker.process import ConnectionEvent
from voip.quality import Quality
from voip.security import lock_facts, lock_report, policy, sas
from voip.sip.sentences import refusal, sentence


class Voice(Enum):
    """State of the user's voice in a call.

    `NONE`: the call sends only a file. `FIRST`: it is not in its worker yet, because
    others are put on hold before. `WAITING`: another call has the microphone. `HERE`:
    the user speaks in it, unless a file is played.
    """

    NONE = auto()
    FIRST = auto()
    WAITING = auto()
    HERE = auto()


@dataclass
class LiveCall:
    """Call with its state; `number` is the worker's id, `id` the clients'.

    `file` is set until it has been played. `hold_agreed` is the far end's answer to the
    latest hold or resume, None before it. `taken`: a side has accepted the call.
    `refused`: its session was not accepted. `stopped`: the engine ends it on shutdown.
    `pieces` are the tones of a dial string that are not sent yet, between its waits.
    `start` made an outgoing call, and makes it again at another target than those
    `tried`; `between_targets` it is in no worker.
    `reception_timer` acts on an incoming call that nobody has answered. One that
    `waits_to_ring` has the tone of a second call. `sent_on` is why it is
    forwarded.
    `counted` are the packets, accepted and rejected, of each stream in the last report.
    `conference` is the id of its conference.
    `address` is the far end's, normalized, None where nothing can be remembered of it;
    `find_keys` returns its remembered keys, and `answer` is the user's own to the
    words. `connected` is at the other end in place of `remote`, `asked` the one with whom
    the far end wants to connect the user. It takes the place of `in_place_of`.
    """

    id: int
    number: int
    role: Role
    account: str
    transport: Transport
    direction: Direction
    remote: Party
    state: CallState
    started: float
    answered: float | None = None
    ended: float | None = None
    code: int | None = None
    reason: str = ""
    cause: Cause | None = None
    muted: bool = False
    recording: bool = False
    file: PlayedFile | None = None
    voice: Voice = Voice.NONE
    held_by: HeldBy | None = None
    hold_agreed: bool | None = None
    hold_waiters: list[asyncio.Future[HoldEvent | None]] = field(default_factory=list)
    codec: str | None = None
    quality: Quality = field(default_factory=Quality)
    connection: ConnectionEvent | None = None
    first_connection: int | None = None
    streams: tuple[Stream, ...] = ()
    counted: tuple[tuple[int, int], ...] = ()
    taken: bool = False
    ended_here: bool = False
    stopped: bool = False
    refused: bool = False
    outcome: Outcome = Outcome.ONGOING
    was_open: bool = False
    last_sign: Sign | None = None
    offers_srtp: bool | None = None
    start: StartCall | None = None
    tried: tuple[Target, ...] = ()
    between_targets: bool = False
    hangup_after_s: float | None = None
    hangup_timer: asyncio.TimerHandle | None = None
    reception_timer: asyncio.TimerHandle | None = None
    waits_to_ring: bool = False
    sent_on: Cause | None = None
    post_dial: PostDial | None = None
    pieces: list[str] = field(default_factory=list)
    last_lock: LockState = LockState.OPEN
    conference: str | None = None
    address: str | None = None
    find_keys: Callable[[], tuple[ComparedKey, ...]] = tuple
    answer: Answer | None = None
    forwarded_by: Party | None = None
    connected: Party | None = None
    asked: Party | None = None
    in_place_of: Party | None = None
    transfer: Transfer | None = None

    @property
    def on_hold(self) -> bool:
        """Report if the call is on hold here, whatever the far end does."""
        return self.held_by is not None and self.held_by.here

    @property
    def source(self) -> Source:
        """Source of the sent sound, while the call is not on hold."""
        return Source.of(person=self.voice is Voice.HERE, file=self.file is not None)

    def hold_answer(self) -> asyncio.Future[HoldEvent | None]:
        """Return the outcome of the pending hold or resume; None if the call ends."""
        waiter: asyncio.Future[HoldEvent | None] = asyncio.get_running_loop().create_future()
        self.hold_waiters.append(waiter)
        return waiter

    def on_hold_answer(self, event: HoldEvent | None) -> None:
        """Set the outcome for the waiting requests."""
        waiters, self.hold_waiters = self.hold_waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(event)

    def change_streams(self, streams: tuple[Stream, ...]) -> None:
        """Record changed streams; the next report judges their packets."""
        self.counted = tuple(self._counted_before(i, now) for i, now in enumerate(streams))
        self.streams = tuple(
            replace(now, failing=index < len(self.streams) and self.streams[index].failing)
            for index, now in enumerate(streams)
        )
        self.codec = next((s.codec for s in streams if s.active and s.codec), self.codec)

    def see_streams(self, streams: tuple[Stream, ...], seconds: float = 1.0) -> None:
        """Record a report of the last `seconds`, and which streams failed in it."""
        self.change_streams(streams)
        self.streams = tuple(
            replace(
                now,
                failing=policy.is_failing(
                    now.accepted - accepted, now.rejected - rejected, seconds
                ),
            )
            for now, (accepted, rejected) in zip(streams, self.counted, strict=True)
        )
        self.counted = tuple((now.accepted, now.rejected) for now in streams)

    def _counted_before(self, index: int, now: Stream) -> tuple[int, int]:
        accepted, rejected = self.counted[index] if index < len(self.counted) else (0, 0)
        # Counters of a replacing stream start at zero.
        again = now.accepted < accepted or now.rejected < rejected
        return (0, 0) if again else (accepted, rejected)

    def use(self, connection: ConnectionEvent) -> None:
        """Record the connection that now carries the call's messages."""
        if self.first_connection is None:
            self.first_connection = connection.id
        self.connection = connection

    def facts(self) -> lock_facts.CallFacts:
        """Return the facts observed so far."""
        same = self.connection is not None and self.connection.id == self.first_connection
        return lock_facts.CallFacts(
            account_transport=self.transport,
            in_secure_worker=self.role.tls_only,
            offers_srtp=self.offers_srtp,
            state=self.state,
            connection=connection_facts(self.connection, same),
            streams=self.streams,
            comparison=comparison(sas.ends(self.streams), self.answer, self.find_keys()),
        )

    def lock(self) -> Lock:
        """Return the lock from the facts observed; after the end, its last sign."""
        current = policy.lock(self.facts())
        return current if self.ended is None else replace(current, sign=self.last_sign)

    def note_lock(self, lock: Lock) -> None:
        """Keep the lock for the log, unless it still waits for media."""
        if not self.state.answered:
            return
        self.last_lock = lock.state
        self.was_open = self.was_open or not lock.closed
        if lock.sign is not Sign.WAIT:
            self.last_sign = lock.sign

    def lock_report(self, words: tuple[str, ...] | None = None) -> LockReport:
        """Report all facts of the lock; `words` as `voip.security.sas` makes them."""
        tls = self.connection.tls if self.connection else None
        report = lock_report.report(self.facts(), tls, words)
        if report.end_to_end is None:
            return report
        code = replace(
            report.end_to_end, reading=lock_report.READING[self.direction], address=self.address
        )
        return replace(report, end_to_end=code)

    @property
    def has_realtime_text(self) -> bool:
        """Report if both sides can write, as secretly as the account demands."""
        plain = not policy.DEMANDS[self.transport].srtp_mandatory
        texts = [s for s in self.streams if s.kind is MediaKind.TEXT and s.active]
        return bool(texts) and all(stream.srtp or plain for stream in texts)

    @property
    def words(self) -> str:
        """Cause in words, empty where there is none."""
        if self.cause is None:
            return ""
        return refusal(self.cause) if self.refused else sentence(self.cause)

    def snapshot(self, now: float) -> Call:
        """Return the call as clients see it; `now` in seconds since the epoch."""
        lock = self.lock()
        duration = 0.0
        if self.answered is not None:
            duration = max(0.0, (self.ended or now) - self.answered)
        return Call(
            id=str(self.id),
            account=self.account,
            direction=self.direction,
            remote=self.remote,
            state=self.state,
            lock=lock,
            code=self.code,
            reason=self.words or self.reason,
            outcome=self.outcome,
            started=rfc3339(self.started),
            answered=None if self.answered is None else rfc3339(self.answered),
            duration_s=round(duration, 3),
            muted=self.muted,
            recording=self.recording,
            playing=self.source is Source.FILE and self.state.answered,
            held_by=self.held_by if self.state.answered else None,
            hold_agreed=self.hold_agreed,
            codec=self.codec,
            quality=self.quality,
            cause=self.cause,
            forwarded_by=self.forwarded_by,
            connected=self.connected,
            asked=self.asked,
            in_place_of=self.in_place_of,
            transfer=self.transfer,
            post_dial=self.post_dial if self.ended is None else None,
            conference=self.conference,
            realtime_text=self.has_realtime_text and self.ended is None,
        )


def connection_facts(
    connection: ConnectionEvent | None, same: bool | None = None
) -> lock_facts.ConnectionFacts | None:
    """Return a connection's lock facts; `same` as in `ConnectionFacts`."""
    if connection is None:
        return None
    tls = connection.tls
    return lock_facts.ConnectionFacts(
        up=connection.up,
        transport=connection.transport,
        # An incoming connection is never verified.
        verified=connection.outgoing and tls is not None and tls.verified,
        version=tls.version if tls else None,
        server=connection.host or None,
        cipher=tls.cipher if tls else None,
        certificate=tls.peer if tls else None,
        same=same,
        pinned=tls.pinned if tls else False,
    )
