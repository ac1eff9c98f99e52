from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest
from textual.fuzzy import Matcher

from tests.support.screen.contexts import SCREENS, answers, together
from tui.commands import COMMANDS
from tui.keys.actions import ACTIONS, BY_ID, available, by_group, of_screen, offered
from tui.keys.context import Context, Pane
from tui.keys.keymap import DIALLED_AT_ONCE, resolve, typed
from tui.state import ShownCall
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Direction,
    LogEntry,
    Outcome,
    Party,
    PostDial,
    Registration,
    RegistrationState,
)
from voip.protection import Lock, LockSignalling, LockState, Transport


def call(state: CallState, **fields: Any) -> ShownCall:
    return ShownCall(
        call=Call(
            id="1", account="work", direction=Direction.IN, remote=Party("sip:bob@example.com"),
            state=state, lock=Lock(LockState.OPEN, "", LockSignalling(Transport.UDP)), **fields,
        ),
        seen=0.0,
        ended=0.0 if state is CallState.ENDED else None,
    )  # fmt: skip


ACCOUNT = AccountStatus(
    name="work", aor="sip:alice@example.com", transport=Transport.UDP, enabled=True,
    registration=Registration(RegistrationState.REGISTERED),
)  # fmt: skip
ENTRY = LogEntry(
    id="1", account="work", direction=Direction.IN, remote=Party("sip:bob@example.com"),
    outcome=Outcome.ANSWERED, started="2026-03-14T14:32:00Z", answered="2026-03-14T14:32:05Z",
)  # fmt: skip
MISSED = msgspec.structs.replace(ENTRY, outcome=Outcome.MISSED, answered=None)
ONGOING = msgspec.structs.replace(ENTRY, outcome=Outcome.ONGOING)


def ended(entry: LogEntry) -> ShownCall:
    return msgspec.structs.replace(call(CallState.ENDED), entry=entry)


def ids(context: Context) -> set[str]:
    return {action.id for action in available(context)}


def test_no_two_actions_have_one_name() -> None:
    assert [name for name, count in Counter(a.id for a in ACTIONS).items() if count > 1] == []


def test_each_action_has_a_command_and_each_command_an_action() -> None:
    assert COMMANDS.keys() == BY_ID.keys()


def test_the_words_of_an_action_are_there() -> None:
    for action in ACTIONS:
        assert action.words, action.id
        assert action.title[0].isupper(), action.id
        assert not action.title.endswith("."), action.id
        assert action.words[0].islower(), action.id


def test_the_keys_that_actions_come_with_are_as_textual_names_them() -> None:
    given = {action.id: action.keys for action in ACTIONS}
    defaults = resolve({})
    assert defaults.keys == given
    assert defaults.problems == ()
    for action in ACTIONS:
        # A user may set each default key alone, except those for dialling.
        asked = resolve({action.id: action.keys})
        assert asked.problems == (), action.id
        assert asked.keys[action.id] == action.keys


def test_no_key_of_the_main_screen_is_one_that_dials() -> None:
    for action in of_screen("main"):
        assert not {typed(key) for key in action.keys.split(",")} & DIALLED_AT_ONCE, action.id


def test_every_action_makes_sense_at_some_time() -> None:
    ever = {name for screen in SCREENS for name, when in answers(screen).items() if when.any()}
    assert ever == BY_ID.keys()


def test_no_two_actions_answer_to_one_key_at_one_moment() -> None:
    clashes = {
        (one, other, key)
        for one, other in together()
        for key in BY_ID[one].keys.split(",")
        if key in BY_ID[other].keys.split(",")
    }
    assert clashes == set()


@pytest.mark.parametrize("screen", SCREENS)
def test_there_is_always_a_way_on(screen: str) -> None:
    way_out = {"phone.quit"} if screen == "main" else {"box.close", "list.leave"}
    ways = [when for name, when in answers(screen).items() if name in way_out]
    assert functools.reduce(np.logical_or, ways).all()


def test_without_an_engine_only_what_needs_none_is_offered() -> None:
    gone = Context(connected=False, call=call(CallState.ACTIVE), incoming=call(CallState.INCOMING))
    offline = ids(gone)
    assert "phone.connect" in offline
    assert not {name for name in offline if name.startswith(("call.", "account.", "lock."))}
    assert "phone.connect" not in ids(Context())


_UP = {"keypad", "play", "record", "transfer", "park"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CallState.DIALING, {"end", "mute"}),
        (CallState.RINGING, {"end", "mute"}),
        (CallState.CONNECTING, {"end", "mute"}),
        (CallState.ACTIVE, {"end", "mute", "hold", *_UP}),
        (CallState.REMOTE_HELD, {"end", "mute", "hold", *_UP}),
        (CallState.HELD, {"end", "mute", "resume", *_UP}),
        (CallState.INCOMING, set()),
        (CallState.ENDED, set()),
    ],
)
def test_a_call_offers_what_can_be_done_with_it(state: CallState, expected: set[str]) -> None:
    group = ids(Context(pane=Pane.CALLS, call=call(state), live=1))
    assert {name for name in group if name.startswith("call.")} == {f"call.{n}" for n in expected}


def test_what_is_on_can_be_turned_off() -> None:
    on = call(CallState.ACTIVE, muted=True, playing=True, recording=True)
    group = ids(Context(pane=Pane.CALLS, call=on))
    assert group >= {"call.unmute", "call.stop_playing", "call.stop_recording"}
    assert not group & {"call.mute", "call.play", "call.record"}


@pytest.mark.parametrize(
    ("tones", "offered"),
    [
        (None, False),
        (PostDial(0, 2), False),
        (PostDial(1, 2, begun=True), False),
        (PostDial(1, 2, begun=True, waits=True), True),
    ],
)
def test_waiting_tones_can_be_sent(tones: PostDial | None, offered: bool) -> None:
    group = ids(Context(pane=Pane.CALLS, call=call(CallState.ACTIVE, post_dial=tones)))
    assert ("call.send_rest" in group) is offered
    held = Context(pane=Pane.CALLS, call=call(CallState.HELD, post_dial=tones))
    assert "call.send_rest" not in ids(held)


def test_an_incoming_call_can_be_answered_on_every_screen() -> None:
    for screen in SCREENS:
        group = ids(Context(screen=screen, incoming=call(CallState.INCOMING)))
        assert group >= {"call.answer", "call.decline", "call.busy"}, screen


def test_the_search_line_is_cleared_before_it_is_left() -> None:
    assert "log.clear" in ids(Context(pane=Pane.SEARCH, filtered=True))
    assert "move.leave" not in ids(Context(pane=Pane.SEARCH, filtered=True))
    assert "move.leave" in ids(Context(pane=Pane.SEARCH))
    assert "move.leave" in ids(Context(pane=Pane.DIAL, filtered=True))


def test_the_footer_has_the_most_wanted_first_and_keeps_the_order_of_equals() -> None:
    group = offered(ACTIONS)
    ranks = [action.rank for action in group]
    assert ranks == sorted(ranks)
    assert 0 not in ranks
    assert len(group) == sum(action.rank > 0 for action in ACTIONS)
    equal = [action.id for action in group if action.rank == 14 and "main" in action.screens]
    assert equal == [a.id for a in ACTIONS if a.rank == 14 and "main" in a.screens]
    assert offered(reversed(ACTIONS))[0].rank == 1


def test_the_groups_hold_every_action_once() -> None:
    grouped = [action for actions in by_group().values() for action in actions]
    assert sorted(a.id for a in grouped) == sorted(BY_ID)
    assert all(action.group == name for name, group in by_group().items() for action in group)


def test_while_it_rings_no_key_begins_another_call_by_itself() -> None:
    begins = {"log.call", "dial.echo", "dial.pickup", "dial.retrieve", "dial.voicemail"}
    quiet = Context(pane=Pane.LOG, entry=ENTRY)
    assert ids(quiet) >= begins
    ringing = msgspec.structs.replace(quiet, incoming=call(CallState.INCOMING))
    assert not ids(ringing) & begins
    # Typed text comes first, and its word differs from that of an answer.
    typed_in = Context(pane=Pane.DIAL, dialling=True, incoming=call(CallState.INCOMING))
    assert "dial.call" in ids(typed_in)
    by_enter = [a.words for a in available(typed_in) if "enter" in a.keys.split(",")]
    assert by_enter == ["dial"]


@pytest.mark.parametrize(
    ("context", "there"),
    [
        (Context(pane=Pane.ACCOUNTS), False),
        (Context(pane=Pane.ACCOUNTS, account=ACCOUNT), True),
        (Context(pane=Pane.CALLS, call=call(CallState.INCOMING)), True),
        (Context(pane=Pane.CALLS, call=call(CallState.ACTIVE)), True),
        (Context(pane=Pane.CALLS, call=call(CallState.ENDED)), False),
        (Context(pane=Pane.CALLS, call=ended(ENTRY)), True),
        (Context(pane=Pane.CALLS, call=ended(MISSED)), True),
        (Context(pane=Pane.LOG, entry=ENTRY), True),
        (Context(pane=Pane.LOG, entry=MISSED), True),
        (Context(pane=Pane.LOG), False),
        (Context(pane=Pane.LOG, entry=ONGOING), False),
        (Context(pane=Pane.LOG, entry=MISSED, call=call(CallState.ACTIVE)), True),
        (Context(pane=Pane.LOG, call=ended(ENTRY)), False),
    ],
)
def test_the_key_of_the_lock_is_there_wherever_there_is_one(context: Context, there: bool) -> None:
    assert ("lock.details" in ids(context)) is there


def test_the_key_that_edits_an_account_is_there_with_its_open_lock_alone() -> None:
    assert "lock.edit" in ids(Context(screen="lock", account=ACCOUNT))
    assert "lock.edit" not in ids(Context(screen="lock"))
    assert "lock.edit" not in ids(Context(screen="lock", account=ACCOUNT, connected=False))


def test_enter_never_accepts_another_key_than_before() -> None:
    changed = Context(screen="trust", pinnable=True, pinned=True, other_key=True)
    assert [a.id for a in available(changed) if "enter" in a.keys.split(",")] == ["trust.leave"]
    assert "trust.replace" in ids(changed)
    first = Context(screen="trust", pinnable=True)
    assert [a.id for a in available(first) if "enter" in a.keys.split(",")] == ["trust.pin"]
    assert "trust.replace" not in ids(first)


def test_in_the_palette_the_title_of_an_action_finds_it_first() -> None:
    keymap = resolve({})
    entries = {id_: f"{action.title}  ({keymap.shown(id_)})" for id_, action in BY_ID.items()}
    matchers = {id_: Matcher(action.title) for id_, action in BY_ID.items()}
    assert together()
    for one, other in together():
        match = matchers[one].match
        assert match(entries[one]) > match(entries[other]), f"{BY_ID[one].title}: {other}"
