"""Connections of conferences in a worker, on a bridge that notes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pjsua2 as pj
from hypothesis import given
from hypothesis import strategies as st

from voip.protocol.worker.calls import MixedCall
from voip.worker.media.conference import Conference

CALLS = (1, 2, -1, -2)


@dataclass
class _Bridge:
    """Connections of ports; a port that is gone has none."""

    connected: set[tuple[int, int]] = field(default_factory=set)
    allowed: set[tuple[int, int]] = field(default_factory=set)
    still_speaks: Callable[[], bool] = lambda: False
    ports: int = 0

    def renew(self, old: _Port | None, call: int) -> _Port:
        if old is not None:
            self.connected = {path for path in self.connected if old.number not in path}
        self.ports += 1
        return _Port(self, self.ports, call)


@dataclass
class _Port:
    bridge: _Bridge
    number: int
    call: int

    def startTransmit(self, sink: _Port) -> None:  # noqa: N802
        assert (self.call, sink.call) in self.bridge.allowed, "a voice that nobody may hear"
        assert not self.bridge.still_speaks(), "connected before the person was cut"
        self.bridge.connected.add((self.number, sink.number))

    def stopTransmit(self, sink: _Port) -> None:  # noqa: N802
        self.bridge.connected.discard((self.number, sink.number))


class _Call:
    """A call as its conference sees it."""

    def __init__(self, bridge: _Bridge, number: int) -> None:
        self.number = number
        self.real: _Port | None = bridge.renew(None, number)
        self.hidden: _Port | None = None
        self.held = self.voice = self.silenced = False
        self.listener: Any = None
        self.recorded: set[int] = set()

    @property
    def port(self) -> pj.AudioMedia | None:
        return cast("pj.AudioMedia | None", self.real)

    @property
    def mixes(self) -> bool:
        return self.real is not None and not self.held

    def follow_wiring(self, listener: Any) -> None:
        self.listener = listener

    def silence(self, on: bool) -> None:
        self.silenced = on
        self.changed(False)

    def give_voice(self, on: bool) -> None:
        self.voice = on
        self.changed(False)

    def record_beside(self, other: Any, on: bool) -> None:
        if on:
            self.recorded.add(other.number)
        else:
            self.recorded.discard(other.number)

    def changed(self, renewed: bool) -> None:
        if self.listener is not None:
            self.listener(renewed)


class _Room:
    """A worker with calls, of which the engine mixes some."""

    def __init__(self) -> None:
        self.bridge = _Bridge()
        self.calls = {number: _Call(self.bridge, number) for number in CALLS}
        self.conference = Conference()
        self.wanted: set[tuple[int, int]] = set()

    def use(self, wishes: list[MixedCall]) -> None:
        self.wanted = {(source, wish.call) for wish in wishes for source in wish.hears}
        self._allow()
        mute = [self.calls[wish.call] for wish in wishes if not wish.voice]
        self.bridge.still_speaks = lambda: any(call.voice for call in mute)
        self.conference.use({wish.call: self.calls[wish.call] for wish in wishes}, wishes)
        members = {wish.call for wish in wishes}
        for wish in wishes:
            assert self.calls[wish.call].voice is wish.voice
            assert self.calls[wish.call].silenced is not wish.heard
        assert {n for n, call in self.calls.items() if call.listener is not None} >= members

    def hold(self, number: int, on: bool) -> None:
        self.calls[number].held = on
        self._allow()
        self.calls[number].changed(False)

    def renew(self, number: int, sounds: bool, same_port: bool) -> None:
        """Change a call's session: PJSIP may keep its port, or make another.

        It may even keep the port of a call without sound, which is not known then.
        """
        call = self.calls[number]
        old = call.real or call.hidden
        new = old if same_port and old is not None else self.bridge.renew(old, number)
        call.real, call.hidden = (new, None) if sounds else (None, new)
        self._allow()
        call.changed(True)

    def _allow(self) -> None:
        mixing = {number for number, call in self.calls.items() if call.mixes}
        self.bridge.allowed = {path for path in self.wanted if mixing.issuperset(path)}

    def check(self) -> None:
        there = {
            call.real.number: call.number for call in self.calls.values() if call.real is not None
        }
        known = [path for path in self.bridge.connected if there.keys() >= set(path)]
        assert {(there[a], there[b]) for a, b in known} == self.bridge.allowed
        for call in self.calls.values():
            recorded = {there[port] for port in call.recorded if port in there}
            assert recorded == {a for a, b in self.bridge.allowed if b == call.number}


@st.composite
def wishes(draw: st.DrawFn) -> list[MixedCall]:
    members = draw(st.lists(st.sampled_from(CALLS), unique=True))
    return [
        MixedCall(
            call=member,
            hears=tuple(draw(st.lists(st.sampled_from(members), unique=True).map(set)) - {member}),
            voice=draw(st.booleans()),
            heard=draw(st.booleans()),
        )
        for member in members
    ]


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, Any]]:
    one = st.one_of(
        st.tuples(st.just("use"), wishes()),
        st.tuples(st.just("hold"), st.tuples(st.sampled_from(CALLS), st.booleans())),
        st.tuples(
            st.just("renew"),
            st.tuples(st.sampled_from(CALLS), st.booleans(), st.booleans()),
        ),
    )
    return draw(st.lists(one, max_size=15))


@given(steps())
def test_exactly_the_wanted_paths_of_calls_that_are_not_held_are_connected(
    played: list[tuple[str, Any]],
) -> None:
    room = _Room()
    for what, how in played:
        if what == "use":
            room.use(how)
        else:
            getattr(room, what)(*how)
        room.check()


def test_a_call_that_has_ended_is_connected_no_more() -> None:
    room = _Room()
    both = [MixedCall(1, (2,), True, True), MixedCall(2, (1,), True, True)]
    room.use(both)
    assert len(room.bridge.connected) == 2
    room.calls[2].real = None
    room.conference.forget(2)
    room.bridge.connected.clear()
    room.wanted.clear()
    room.renew(1, sounds=True, same_port=False)
    room.check()


def test_a_port_that_comes_back_is_cut_from_those_that_it_must_not_reach_now() -> None:
    room = _Room()
    room.use([MixedCall(1, (2,), True, True), MixedCall(2, (1,), True, True)])
    room.renew(1, sounds=False, same_port=True)
    room.use([MixedCall(1, (), True, True), MixedCall(2, (), True, True)])
    room.renew(1, sounds=True, same_port=True)
    room.check()
    assert not room.bridge.connected


def test_a_port_that_comes_back_after_the_conference_is_cut_from_those_it_reached() -> None:
    room = _Room()
    room.use([MixedCall(1, (2,), True, True), MixedCall(2, (1,), True, True)])
    room.renew(1, sounds=False, same_port=True)
    room.use([])
    assert all(call.listener is not None for call in (room.calls[1], room.calls[2]))
    room.renew(1, sounds=True, same_port=True)
    assert not room.bridge.connected
    assert all(call.listener is None for call in room.calls.values())
