"""Actions on conferences, and which calls belong together."""

from __future__ import annotations

from collections.abc import Callable

from tui.host import Command, Host
from tui.keys.context import Context
from tui.state import ShownCall, State
from voip.model import CallState
from voip.protocol.calls import (
    EndConference,
    JoinCalls,
    LeaveConference,
    SilenceParty,
    TakeOut,
    TalkAside,
)
from voip.protocol.client import AnyCommand


def grouped(state: State) -> tuple[ShownCall, ...]:
    """The calls, those of a conference together at the place of its first."""
    calls: list[ShownCall] = []
    for shown in state.calls:
        group = state.conference_of(shown.call.id)
        together = group.calls if group else (shown.call.id,)
        if shown not in calls:
            calls += sorted(
                (other for other in state.calls if other.call.id in together),
                key=lambda other: together.index(other.call.id),
            )
    return tuple(calls)


def has_user(state: State, shown: ShownCall) -> bool:
    """True if the user speaks in an answered call, or in its conference."""
    group = state.conference_of(shown.call.id)
    return group.here if group else shown.call.state is not CallState.HELD


def next_call(state: State, selected: ShownCall | None) -> ShownCall | None:
    """The call to switch to: the one after the active one; a conference is as one."""
    calls = [s for s in grouped(state) if s.call.state.answered and _is_first(state, s)]
    spoken = [s for s in calls if has_user(state, s) and s.call.state is not CallState.REMOTE_HELD]
    active = next(iter(spoken), selected)
    others = [s for s in calls if active is None or s.call.id != active.call.id]
    if not others or active is None:
        return others[0] if others else None
    place = next((i for i, s in enumerate(calls) if s.call.id == active.call.id), -1)
    return calls[(place + 1) % len(calls)]


def _is_first(state: State, shown: ShownCall) -> bool:
    group = state.conference_of(shown.call.id)
    return group is None or group.calls[0] == shown.call.id


def joins(state: State, selected: ShownCall | None) -> tuple[str, ...]:
    """The calls that joining the selected one would put together; none if it cannot.

    It is joined with the active call, or if it is active itself with one on hold.
    """
    if selected is None or not selected.call.state.answered:
        return ()
    call = selected.call
    group = state.conference_of(call.id)
    together = group.calls if group else (call.id,)
    others = [s.call for s in state.live if s.call.state.answered and s.call.id not in together]
    active = [other for other in others if other.state is CallState.ACTIVE]
    partners = active or others
    return (partners[-1].id, call.id) if partners else ()


def _on_selected(command: Callable[[str], AnyCommand]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if context.call is not None:
            await phone.ask(command(context.call.call.id))

    return run


async def _join(phone: Host, context: Context) -> None:
    if context.joins:
        await phone.ask(JoinCalls(calls=context.joins))


COMMANDS = {
    "conference.join": _join,
    "conference.back": _on_selected(lambda call: JoinCalls(calls=(call,))),
    "conference.leave": _on_selected(lambda call: LeaveConference(call=call)),
    "conference.aside": _on_selected(lambda call: TalkAside(call=call)),
    "conference.silence": _on_selected(lambda call: SilenceParty(call=call)),
    "conference.unsilence": _on_selected(lambda call: SilenceParty(call=call, on=False)),
    "conference.take_out": _on_selected(lambda call: TakeOut(call=call)),
    "conference.end": _on_selected(lambda call: EndConference(call=call)),
}
