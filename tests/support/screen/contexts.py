"""Every situation that decides which actions apply, from `Context` itself."""

from __future__ import annotations

import itertools
import types
import typing
from enum import Enum
from functools import cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tui.keys.actions import ACTIONS, BY_ID, of_screen
from tui.keys.context import Context
from tui.keys.moments import When
from tui.state import ShownCall
from voip.causes import Cause, CauseKind
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Conference,
    Direction,
    LogEntry,
    Outcome,
    Party,
    PostDial,
    Registration,
    RegistrationState,
)
from voip.protection import ConferenceLock, Lock, LockSignalling, LockState, Transport

Answers = npt.NDArray[np.bool_]

SCREENS = sorted({screen for action in ACTIONS for screen in action.screens})
_FIELDS = ("", "name", "password")
"""Places of the keyboard in a form: `password` has an action of its own."""

_OF_MAIN = {"pane", "call", "conference", "joins", "account", "entry", "filtered", "dialling"}
_OF_BOXES = {
    "field", "spot", "changed_meanwhile", "line_open", "inspectable", "pinnable", "pinned",
    "other_key", "comparable", "remembered",
}  # fmt: skip


def _call(state: CallState, muted: bool, recording: bool, playing: bool) -> ShownCall:
    lock = Lock(LockState.OPEN, "", LockSignalling(Transport.UDP))
    ended = 0.0 if state is CallState.ENDED else None
    return ShownCall(
        call=Call(
            id="1", account="work", direction=Direction.IN, remote=Party("sip:bob@example.com"),
            state=state, lock=lock, muted=muted, recording=recording, playing=playing,
        ),
        seen=0.0,
        ended=ended,
    )  # fmt: skip


def _account(enabled: bool, transport: Transport) -> AccountStatus:
    return AccountStatus(
        name="work", aor="sip:alice@example.com", transport=transport, enabled=enabled,
        registration=Registration(RegistrationState.REGISTERED),
    )  # fmt: skip


def _conference(**fields: Any) -> Conference:
    return Conference(
        id="1", calls=("1", "2"), lock=ConferenceLock(LockState.OPEN, ""), **fields
    )  # fmt: skip


_ENTRY = LogEntry(
    id="1", account="work", direction=Direction.IN, remote=Party("sip:bob@example.com"),
    outcome=Outcome.MISSED, started="2026-03-14T14:32:00Z",
)  # fmt: skip
_ANSWERED = msgspec.structs.replace(
    _ENTRY, outcome=Outcome.ANSWERED, answered="2026-03-14T14:32:05Z"
)
_BOTH = (False, True)


def _values(name: str, kind: Any) -> list[Any]:
    """Return all values of a field that an action could distinguish."""
    if name == "field":
        return list(_FIELDS)
    if name == "incoming":
        return [None, _call(CallState.INCOMING, False, False, False)]
    if name == "joins":
        return [(), ("2", "1")]
    if isinstance(kind, types.UnionType):
        return [value for one in typing.get_args(kind) for value in _values(name, one)]
    if kind is types.NoneType:
        return [None]
    if kind is bool:
        return list(_BOTH)
    if kind is int:
        return [0, 2]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)
    if kind is ShownCall:
        in_use = [_call(CallState.ACTIVE, *how) for how in itertools.product(*[_BOTH] * 3)]
        logged = msgspec.structs.replace(
            _call(CallState.ENDED, False, False, False), entry=_ANSWERED
        )
        anywhere = [_call(state, on, on, on) for state in CallState for on in _BOTH]
        active = _call(CallState.ACTIVE, False, False, False)
        changes: tuple[dict[str, Any], ...] = (
            {"asked": Party("sip:carol@example.com")},
            {"realtime_text": True},
            {"post_dial": PostDial(sent=0, total=1, begun=True, waits=True)},
        )
        more = [
            msgspec.structs.replace(active, call=msgspec.structs.replace(active.call, **change))
            for change in changes
        ]
        return [*in_use, *anywhere, logged, *more]
    if kind is AccountStatus:
        usual = [_account(*how) for how in itertools.product(_BOTH, Transport)]
        expired = Cause(CauseKind.CERTIFICATE_EXPIRED)
        failed = Registration(RegistrationState.FAILED, cause=expired)
        distrusted = msgspec.structs.replace(
            _account(True, Transport.TLS), registration=failed, distrusted=True
        )
        return [*usual, distrusted]
    if kind is LogEntry:
        return [_ENTRY, _ANSWERED, msgspec.structs.replace(_ANSWERED, realtime_text=True)]
    if kind is Conference:
        return [
            _conference(),
            _conference(here=False, silenced=("1",)),
            _conference(aside="1"),
        ]
    raise AssertionError(f"say here what Context.{name} can be: {kind}")


def _fields(screen: str) -> dict[str, list[Any]]:
    """Return the values of each field of a context on a screen: panes and rows, or boxes."""
    usual = Context(screen=screen)
    fixed = {"screen"} | (_OF_BOXES if screen == "main" else _OF_MAIN)
    if screen not in BY_ID["list.leave"].screens:
        fixed.add("line_open")
    if screen not in BY_ID["trust.pin"].screens:
        fixed |= {"pinnable", "pinned", "other_key"}
    if screen not in BY_ID["words.equal"].screens:
        fixed |= {"comparable", "remembered"}
    if screen in BY_ID["lock.edit"].screens:
        fixed.discard("account")
    return {
        name: [getattr(usual, name)] if name in fixed else _values(name, kind)
        for name, kind in typing.get_type_hints(Context).items()
    }


class _Watched:
    """A context that notes the fields that are read."""

    def __init__(self, values: dict[str, Any], names: set[str]) -> None:
        self._context = Context(**values)
        self._names = names

    def __getattr__(self, name: str) -> Any:
        self._names.add(name)
        return getattr(self._context, name)


def _table(when: When, fields: dict[str, list[Any]]) -> Answers:
    """Return the answer in every situation, an axis a field.

    The axis of a field that the condition never reads has length 1.
    """
    usual = {name: values[0] for name, values in fields.items()}
    names: set[str] = set()
    while True:
        read = {name: values for name, values in fields.items() if name in names}
        answers = [
            when(typing.cast(Context, _Watched(usual | dict(zip(read, row, strict=True)), names)))
            for row in itertools.product(*read.values())
        ]
        if names == read.keys():
            shape = [len(values) if name in read else 1 for name, values in fields.items()]
            return np.array(answers, dtype=np.bool_).reshape(shape)


@cache
def answers(screen: str) -> dict[str, Answers]:
    """Return, for each action of a screen, its answer in every situation, an axis a field.

    Where an action does not ask for a field, the axis has length 1: together they
    would be tens of millions of situations.
    """
    fields = _fields(screen)
    return {action.id: _table(action.when, fields) for action in of_screen(screen)}


@cache
def together() -> frozenset[tuple[str, str]]:
    """Return the pairs of actions that can apply together, in both orders."""
    pairs: set[tuple[str, str]] = set()
    for screen in SCREENS:
        for (one, when), (other, then) in itertools.combinations(answers(screen).items(), 2):
            if (when & then).any():
                pairs |= {(one, other), (other, one)}
    return frozenset(pairs)
