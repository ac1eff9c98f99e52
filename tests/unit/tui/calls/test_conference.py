"""Calls that belong together on the screen: their order, and keys on them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tui.calls.conference import grouped, has_user, joins, next_call
from tui.state import ShownCall, State, attach, reduce
from tui.terminal.glyphs import UNICODE
from tui.terminal.text import fit
from tui.words import conference as words
from tui.words import rows
from voip.model import Call, CallState, Conference, Direction, EngineStatus, Party, Status
from voip.protection import ConferenceLock, Lock, LockSignalling, LockState, Sign, Transport
from voip.protocol.calls import ConferenceEvent
from voip.protocol.phone import Snapshot

ACTIVE, HELD = CallState.ACTIVE, CallState.HELD
LOCK = Lock(LockState.CLOSED, "", LockSignalling(Transport.TLS), sign=Sign.SERVER)
GROUP_LOCK = ConferenceLock(LockState.CLOSED, "", Sign.SEALED)


def call(call_id: str, state: CallState = ACTIVE) -> ShownCall:
    party = Party(uri=f"sip:{call_id}@example.com")
    return ShownCall(Call(call_id, "work", Direction.OUT, party, state, LOCK), seen=0.0)


def group(*calls: str, **fields: object) -> Conference:
    return Conference(id="9", calls=calls, lock=GROUP_LOCK, **fields)  # type: ignore[arg-type]


def state(calls: Iterable[ShownCall], *groups: Conference) -> State:
    return State(calls=tuple(calls), conferences=groups)


def ids(calls: Iterable[ShownCall]) -> str:
    return "".join(shown.call.id for shown in calls)


def test_calls_of_a_conference_stand_together_in_its_order() -> None:
    calls = [call(one) for one in "abcd"]
    assert ids(grouped(state(calls, group("d", "b")))) == "adbc"
    assert ids(grouped(state(calls))) == "abcd"
    # Events come one by one: a call may have ended and be gone already.
    assert ids(grouped(state(calls, group("x", "c")))) == "abcd"


@pytest.mark.parametrize(
    ("selected", "there", "groups", "joined"),
    [
        ("a", {"a": HELD, "b": ACTIVE}, (), ("b", "a")),
        ("b", {"a": HELD, "b": ACTIVE}, (), ("a", "b")),
        ("a", {"a": HELD, "b": HELD, "c": ACTIVE}, (), ("c", "a")),
        ("a", {"a": ACTIVE}, (), ()),
        ("a", {"a": CallState.RINGING, "b": ACTIVE}, (), ()),
        ("a", {"a": ACTIVE, "b": CallState.RINGING}, (), ()),
        ("a", {"a": ACTIVE, "b": ACTIVE}, (group("a", "b"),), ()),
        ("c", {"a": ACTIVE, "b": ACTIVE, "c": HELD}, (group("a", "b"),), ("b", "c")),
        ("a", {"a": ACTIVE, "b": ACTIVE, "c": HELD}, (group("a", "b"),), ("c", "a")),
    ],
)
def test_a_call_is_joined_with_the_active_one_or_with_one_on_hold(
    selected: str,
    there: dict[str, CallState],
    groups: tuple[Conference, ...],
    joined: tuple[str, ...],
) -> None:
    now = state([call(one, how) for one, how in there.items()], *groups)
    assert joins(now, now.find(selected)) == joined


def test_switching_goes_to_and_fro_between_a_call_and_a_conference() -> None:
    calls = [call("a"), call("b"), call("c", HELD)]
    inside = state(calls, group("a", "b"))
    after = next_call(inside, inside.find("b"))
    assert after is not None
    assert after.call.id == "c"
    assert not has_user(inside, after)
    away = state([call("a"), call("b"), call("c")], group("a", "b", here=False))
    after = next_call(away, away.find("c"))
    assert after is not None
    assert after.call.id == "a"
    assert not has_user(away, after)
    alone = state(calls[:2], group("a", "b"))
    assert next_call(alone, alone.find("a")) is None


@pytest.mark.parametrize(
    ("conference", "standing"),
    [
        (group("a", "b"), "active"),
        (group("a", "b", here=False), "without you"),
        (group("a", "b", aside="a"), "aside"),
        (group("a", "b", aside="b"), "without you"),
        (None, "active"),
    ],
)
def test_a_party_says_if_the_user_is_with_it(conference: Conference | None, standing: str) -> None:
    assert words.standing(call("a").call, conference)[0] == standing
    assert words.standing(call("a", HELD).call, conference)[0] == "held by you"


def test_a_row_has_the_sign_of_the_whole_conference_beside_its_own() -> None:
    subject = group("a", "b", silenced=("a",))
    drawn = rows.call(call("a"), UNICODE, 0.0, False, False, 60, "l", "", subject)
    first, second, third = ("".join(p.text for p in fit(line, 60, "…")) for line in drawn)
    assert [line[0] for line in (first, second, third)] == ["┃"] * 3
    assert "[server]" in second
    assert "all: [sealed]" in third
    assert "nobody hears them" in third
    other = rows.call(call("b"), UNICODE, 0.0, False, False, 60, "l", "", subject)
    assert "nobody" not in "".join(part.text for part in other[2].left)


def test_the_screen_follows_conferences_and_forgets_one_that_has_ended() -> None:
    status = Status(EngineStatus("1", 1, 0.0), (), (call("a").call,), (group("a", "b"),))
    now = attach(State(), Snapshot(seq=1, status=status), 0.0)
    assert now.conference_of("a") == group("a", "b")
    now = reduce(now, ConferenceEvent(group("a", "b", here=False)), 1.0)
    assert now.conferences == (group("a", "b", here=False),)
    assert reduce(now, ConferenceEvent(group()), 2.0).conferences == ()
