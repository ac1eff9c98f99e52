"""The screen's copy of the phone's state, and its change by events.

`reduce` is a pure function: the same state and event give the same state.
Moments are seconds of a monotonic clock, given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from voip.choices import Dtmf
from voip.lamps import Lamp, LampState, target_of
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Conference,
    EngineStatus,
    LogEntry,
    RegistrationState,
)
from voip.protection import Sign
from voip.protocol.accounts import AccountEvent, AccountRemoved, AccountsOrdered
from voip.protocol.calls import CallEvent, ConferenceEvent, DigitEvent, DigitsEvent, LogEvent
from voip.protocol.client import AnyEvent
from voip.protocol.people import LampEvent, UnreadEvent
from voip.protocol.phone import Snapshot, StoppingEvent
from voip.protocol.settings import Settings, SettingsEvent
from voip.protocol.sound import LevelsEvent

KEEP_ENDED_S = 6.0
"""Seconds for which an ended call stays on the screen with its reason."""

QUALITY_EVERY_S = 5.0
QUALITY_POINTS = 12


class Link(StrEnum):
    """Connection to the engine; `stopped` after it was told to end."""

    CONNECTING = "connecting"
    UP = "up"
    LOST = "lost"
    STOPPED = "stopped"


class ShownCall(msgspec.Struct, frozen=True):
    """A call with the facts that only the screen keeps.

    `seen` is when the call's duration was received, `ended` when the call ended.
    Levels are linear, 0.0 to 1.0. `history` holds a MOS every five seconds.
    `entry` is the call's latest row in the log, `way` that of the digits sent last.
    """

    call: Call
    seen: float
    ended: float | None = None
    rx: float = 0.0
    tx: float = 0.0
    history: tuple[float | None, ...] = ()
    marked: float = 0.0
    heard: str = ""
    entry: LogEntry | None = None
    way: Dtmf | None = None

    def duration_s(self, now: float) -> float:
        """Seconds since the answer, 0 before it."""
        if self.call.state.answered:
            return self.call.duration_s + max(0.0, now - self.seen)
        return self.call.duration_s


class State(msgspec.Struct, frozen=True):
    """The phone's state; `link_text` explains a lost connection, `unread` counts texts.

    `lamps` has those of a number, by what the contact has.
    """

    link: Link = Link.CONNECTING
    link_text: str = ""
    engine: EngineStatus | None = None
    accounts: tuple[AccountStatus, ...] = ()
    calls: tuple[ShownCall, ...] = ()
    conferences: tuple[Conference, ...] = ()
    settings: Settings = Settings()
    unread: int = 0
    lamps: Mapping[str, tuple[Lamp, ...]] = MappingProxyType({})

    @property
    def live(self) -> tuple[ShownCall, ...]:
        """The calls that have not ended."""
        return tuple(shown for shown in self.calls if shown.ended is None)

    @property
    def incoming(self) -> tuple[ShownCall, ...]:
        """Calls to answer, the oldest first."""
        return tuple(s for s in self.live if s.call.state is CallState.INCOMING)

    @property
    def speaks_in_the_open(self) -> bool:
        """True if the active call is unprotected while another is protected."""
        locks = [(s.call.state, s.call.lock) for s in self.live if s.call.state.answered]
        speaks = any(
            state is CallState.ACTIVE and lock.sign is Sign.UNSAFE for state, lock in locks
        )
        return speaks and any(lock.sign is not None and lock.sign.closed for _, lock in locks)

    def find(self, call_id: str | None) -> ShownCall | None:
        return next((shown for shown in self.calls if shown.call.id == call_id), None)

    def conference_of(self, call_id: str) -> Conference | None:
        """The conference of a call."""
        return next((found for found in self.conferences if call_id in found.calls), None)

    def account(self, name: str | None) -> AccountStatus | None:
        return next((status for status in self.accounts if status.name == name), None)

    def country(self, account: str) -> str:
        """Country of an account's numbers, empty if unknown."""
        status = self.account(account)
        return status.country if status else ""

    def lamp(self, target: str, account: str | None) -> Lamp | None:
        """The lamp of a number at an account, or else at the first that has one."""
        lamps = self.lamps.get(target_of(target), ())
        return next((lamp for lamp in lamps if lamp.account == account), next(iter(lamps), None))

    def registered(self, state: RegistrationState) -> int:
        """Number of accounts in a state of registration."""
        return sum(account.registration.state is state for account in self.accounts)


def attach(state: State, snapshot: Snapshot, now: float) -> State:
    """The state after connecting to the engine."""
    status = snapshot.status
    former = {shown.call.id: shown for shown in state.calls}
    calls = tuple(
        msgspec.structs.replace(former[call.id], call=call, seen=now, ended=None)
        if call.id in former
        else ShownCall(call=call, seen=now, marked=now)
        for call in status.calls
    )
    return msgspec.structs.replace(
        state,
        link=Link.UP,
        link_text="",
        engine=status.engine,
        accounts=status.accounts,
        calls=calls,
        conferences=status.conferences,
        unread=status.unread_messages,
        lamps=_put_lamps({}, status.lamps),
    )


def reduce(state: State, event: AnyEvent, now: float) -> State:
    """The state after an event."""
    match event:
        case CallEvent(call=call):
            return _with_calls(state, _put_call(state.calls, call, now))
        case ConferenceEvent(conference=conference):
            others = tuple(found for found in state.conferences if found.id != conference.id)
            there = (conference,) if conference.calls else ()
            return msgspec.structs.replace(state, conferences=others + there)
        case LevelsEvent(call=call_id, rx=rx, tx=tx):
            return _change(state, call_id, rx=rx, tx=tx)
        case DigitEvent(call=call_id, digit=digit):
            shown = state.find(call_id)
            return _change(state, call_id, heard=(shown.heard + digit)[-32:]) if shown else state
        case DigitsEvent(call=call_id, way=way):
            return _change(state, call_id, way=way) if way else state
        case LogEvent(entry=entry):
            return _change(state, entry.id, entry=entry) if state.find(entry.id) else state
        case AccountEvent(account=account):
            return msgspec.structs.replace(state, accounts=_put_account(state.accounts, account))
        case AccountRemoved(name=name):
            left = tuple(account for account in state.accounts if account.name != name)
            return msgspec.structs.replace(state, accounts=left)
        case AccountsOrdered(names=names):
            return msgspec.structs.replace(state, accounts=_in_order(state.accounts, names))
        case UnreadEvent(unread=unread):
            return msgspec.structs.replace(state, unread=unread)
        case LampEvent(lamp=lamp):
            return msgspec.structs.replace(state, lamps=_put_lamps(state.lamps, (lamp,)))
        case SettingsEvent(settings=settings):
            return msgspec.structs.replace(state, settings=settings)
        case StoppingEvent():
            return msgspec.structs.replace(
                state, link=Link.STOPPED, link_text="The engine was stopped."
            )
        case _:
            return state


def forget_ended(state: State, now: float) -> State:
    """The state without calls that ended `KEEP_ENDED_S` ago."""
    kept = tuple(s for s in state.calls if s.ended is None or now - s.ended < KEEP_ENDED_S)
    return state if len(kept) == len(state.calls) else _with_calls(state, kept)


def lose(state: State, link: Link, text: str) -> State:
    """The state while the engine cannot be reached; keeps the rest."""
    return msgspec.structs.replace(state, link=link, link_text=text)


def _put_call(calls: tuple[ShownCall, ...], call: Call, now: float) -> tuple[ShownCall, ...]:
    ended = now if call.state is CallState.ENDED else None
    for index, shown in enumerate(calls):
        if shown.call.id == call.id:
            marked, history = shown.marked, shown.history
            if call.state is CallState.ACTIVE and now - marked >= QUALITY_EVERY_S:
                marked, history = now, (*history, call.quality.mos)[-QUALITY_POINTS:]
            put = msgspec.structs.replace(
                shown, call=call, seen=now, ended=ended, marked=marked, history=history
            )
            return (*calls[:index], put, *calls[index + 1 :])
    return (*calls, ShownCall(call=call, seen=now, ended=ended, marked=now))


def _put_lamps(
    lamps: Mapping[str, tuple[Lamp, ...]], changed: Iterable[Lamp]
) -> Mapping[str, tuple[Lamp, ...]]:
    put = dict(lamps)
    for lamp in changed:
        others = tuple(one for one in put.get(lamp.target, ()) if one.account != lamp.account)
        known = lamp.state is not LampState.UNKNOWN
        put[lamp.target] = (*others, lamp) if known else others
    return put


def _put_account(
    accounts: tuple[AccountStatus, ...], account: AccountStatus
) -> tuple[AccountStatus, ...]:
    if any(other.name == account.name for other in accounts):
        return tuple(account if other.name == account.name else other for other in accounts)
    return (*accounts, account)


def _in_order(
    accounts: tuple[AccountStatus, ...], names: tuple[str, ...]
) -> tuple[AccountStatus, ...]:
    places = {name: place for place, name in enumerate(names)}
    return tuple(sorted(accounts, key=lambda account: places.get(account.name, len(names))))


def _with_calls(state: State, calls: tuple[ShownCall, ...]) -> State:
    return msgspec.structs.replace(state, calls=calls)


def _change(state: State, call_id: str, **changes: float | str | LogEntry | Dtmf) -> State:
    return _with_calls(
        state,
        tuple(
            msgspec.structs.replace(shown, **changes) if shown.call.id == call_id else shown
            for shown in state.calls
        ),
    )
