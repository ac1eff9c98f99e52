from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import BindingsMap

from tests.support.screen.contexts import SCREENS, together
from tui.keys.actions import ACTIONS, BY_ID, of_screen
from tui.keys.keymap import DIALLED_AT_ONCE, Keymap, resolve, show, typed
from tui.widgets.screens import bindings_of


def problem(wish: dict[str, str]) -> str:
    keymap = resolve(wish)
    assert len(keymap.problems) == 1, keymap.problems
    assert keymap.changed == {}
    return keymap.problems[0]


# Reading keys


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("z", "z"),
        ("Z", "Z"),
        ("shift+z", "Z"),
        ("ä", "ä"),
        ("f9", "f9"),
        ("F9", "f9"),
        ("ctrl+g", "ctrl+g"),
        ("Ctrl+G", "ctrl+g"),
        ("^g", "ctrl+g"),
        ("^", "circumflex_accent"),
        ("?", "question_mark"),
        ("!", "exclamation_mark"),
        ("@", "at"),
        ("_", "underscore"),
        ("€", "euro_sign"),
        ("exclamation_mark", "exclamation_mark"),
        (";", "semicolon"),
        ("esc", "escape"),
        ("Escape", "escape"),
        ("PgDn", "pagedown"),
        ("insert", "insert"),
        ("alt+shift+up", "alt+shift+up"),
        ("shift+alt+up", "alt+shift+up"),
        ("ctrl++", "ctrl+plus"),
        ("ctrl+plus", "ctrl+plus"),
        ("alt+1", "alt+1"),
        # Keys that a terminal sends as the same bytes.
        ("ctrl+i", "tab"),
        ("ctrl+m", "enter"),
    ],
)
def test_a_key_is_read_as_written_typed_or_shown(written: str, key: str) -> None:
    # A question's box has hardly any other action, so no key is in use.
    action = {"escape": "box.close", "enter": "box.press"}.get(key, "box.previous")
    keymap = resolve({action: written})
    assert keymap.problems == ()
    assert keymap.keys[action] == key


@pytest.mark.parametrize(
    "written",
    [
        "", " ", ",,", "ctrl+", "nonsense", "ctrl+nonsense", "win+a", "\x01", "ctrl+\x01", "aa",
        "+a", "+++", "f99", "z,nonsense",
    ],
)  # fmt: skip
def test_what_is_no_key_is_said_to_be_none(written: str) -> None:
    assert "is not a key" in problem({"call.hold": written})
    assert resolve({"call.hold": written}).keys["call.hold"] == "h"


@pytest.mark.parametrize("action", ["dial.call", "move.leave", "form.reveal"])
def test_a_letter_cannot_be_the_key_of_a_line_of_text(action: str) -> None:
    assert problem({action: "z,ä"}) == (
        f"keys: {action}: “z” is typed into the line, so it cannot do this there"
    )
    assert resolve({action: "z,f9"}).keys[action] == "z,f9"


def test_several_keys_can_do_one_thing() -> None:
    keymap = resolve({"call.hold": " z , f9 ,z"})
    assert keymap.keys["call.hold"] == "z,f9"
    assert keymap.changed == {"call.hold": "z,f9"}


def test_a_comma_is_a_key_too() -> None:
    assert resolve({"phone.settings": "z"}).keys["phone.settings"] == "z"
    keymap = resolve({"phone.settings": "z", "phone.events": ","})
    assert keymap.keys["phone.events"] == "comma"


@given(key=st.sampled_from(sorted({k for a in ACTIONS for k in a.keys.split(",")})))
def test_what_is_shown_can_be_written(key: str) -> None:
    # An action may always have its own key.
    action = next(a for a in ACTIONS if key in a.keys.split(","))
    keymap = resolve({action.id: show(key)})
    assert keymap.problems == ()
    assert keymap.keys[action.id] == key


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("ctrl+p", "^p"), ("question_mark", "?"), ("slash", "/"), ("comma", ","), ("escape", "esc"),
        ("delete", "del"), ("pageup", "pgup"), ("space", "space"), ("f2", "f2"), ("a", "a"),
        ("shift+tab", "shift+tab"), ("enter", "enter"), ("ctrl+question_mark", "^?"), ("at", "@"),
    ],
)  # fmt: skip
def test_a_key_is_shown_as_a_person_reads_it(key: str, shown: str) -> None:
    assert show(key) == shown


def test_keys_that_type_are_told_from_keys_that_act() -> None:
    for key in ("a", "F", "space", "plus", "at", "question_mark", "euro_sign", "5"):
        assert typed(key) is not None, key
    for key in ("enter", "escape", "delete", "tab", "up", "f1", "ctrl+p", "alt+a", "shift+up",
                "backspace", "home", "pageup", "insert"):  # fmt: skip
        assert typed(key) is None, key


def test_while_typing_the_keys_that_act_are_shown() -> None:
    keymap = resolve({"call.hold": "at", "call.end": "euro_sign,f9"})
    assert keymap.shown("call.answer") == "a"
    assert keymap.shown_while_typing("call.answer") == "f2"
    assert keymap.works_while_typing("call.answer")
    assert not keymap.works_while_typing("call.hold")
    assert keymap.shown_while_typing("call.hold") == "@"
    assert keymap.shown_while_typing("call.end") == "f9"


# Users' choices


def test_a_wish_for_no_action_says_which_was_meant() -> None:
    assert problem({"call.hodl": "z"}) == (
        "keys: there is no action “call.hodl”, did you mean “call.hold”?"
    )
    assert problem({"zzzzzz": "z"}) == "keys: there is no action “zzzzzz”"


def test_a_key_that_is_taken_stays_where_it_is() -> None:
    assert problem({"dial.open": "q"}) == (
        "keys: dial.open: “q” is taken by “phone.quit” (Close this screen); "
        "give that one another key first"
    )
    keymap = resolve({"dial.open": "q"})
    assert keymap.keys["dial.open"] == "d"
    assert keymap.keys["phone.quit"] == "q,ctrl+q"


@pytest.mark.parametrize("order", [1, -1])
def test_a_key_is_free_once_its_action_has_another(order: int) -> None:
    wish = dict([("phone.quit", "Q"), ("dial.open", "q")][::order])
    keymap = resolve(wish)
    assert keymap.problems == ()
    assert keymap.changed == wish


def test_two_actions_can_change_places() -> None:
    wish = {"call.keypad": "l", "lock.details": "k"}
    assert resolve(wish).changed == wish


def test_of_two_wishes_for_one_key_the_first_holds() -> None:
    keymap = resolve({"call.end": "z", "dial.open": "z"})
    assert keymap.changed == {"call.end": "z"}
    assert keymap.keys["dial.open"] == "d"
    assert "taken by “call.end”" in keymap.problems[0]


def test_a_wish_that_rests_on_one_that_is_dropped_is_dropped_too() -> None:
    keymap = resolve({"dial.open": "e", "call.end": "q"})
    assert keymap.changed == {}
    assert len(keymap.problems) == 2


def test_actions_that_take_turns_can_share_another_key() -> None:
    wish = {"call.hold": "z", "call.resume": "z"}
    assert resolve(wish).changed == wish
    # One of them alone can move, too.
    keymap = resolve({"call.hold": "z"})
    assert keymap.keys["call.resume"] == "h"


def test_one_key_can_do_different_things_on_different_screens() -> None:
    wish = {"key.change": "d"}
    assert resolve(wish).changed == wish


@pytest.mark.parametrize("key", sorted(DIALLED_AT_ONCE))
def test_a_key_that_begins_a_number_is_for_dialling(key: str) -> None:
    assert "begins a number" in problem({"call.mute": key})
    assert "begins a number" in problem({"call.answer": f"z,{key}"})
    assert resolve({"call.mute": f"alt+{key}"}).problems == ()


OTHERS = ["z", "Z", "f9", "f10", "^g", "esc", "5", "nonsense", ""]
keys = st.sampled_from(
    [*sorted({key for action in ACTIONS for key in action.keys.split(",")}), *OTHERS]
)
wishes = st.dictionaries(
    st.sampled_from([*BY_ID, "nobody.here"]),
    st.lists(keys, min_size=1, max_size=3).map(",".join),
    max_size=12,
)


def clashes(keymap: Keymap) -> set[tuple[str, str]]:
    by_key: dict[str, list[str]] = {}
    for name, keys in keymap.keys.items():
        for key in set(keys.split(",")):
            by_key.setdefault(key, []).append(name)
    pairs = itertools.chain.from_iterable(itertools.permutations(n, 2) for n in by_key.values())
    return set(pairs) & together()


@given(wish=wishes)
def test_whatever_is_wished_no_key_does_two_things_at_one_moment(wish: dict[str, str]) -> None:
    assert clashes(resolve(wish)) == set()


@given(wish=wishes)
def test_every_wish_holds_or_is_answered(wish: dict[str, str]) -> None:
    keymap = resolve(wish)
    refused = wish.keys() - keymap.changed.keys()
    assert len(keymap.problems) == len(refused)
    for name in refused:
        assert any(f"{name}" in text for text in keymap.problems)
    for action in ACTIONS:
        assert keymap.keys[action.id] == keymap.changed.get(action.id, action.keys)


@given(wish=wishes)
def test_what_holds_can_be_wished_again(wish: dict[str, str]) -> None:
    keymap = resolve(wish)
    again = resolve(keymap.changed)
    assert again.problems == ()
    assert again.keys == keymap.keys


# Textual's bindings


def bound(bindings: BindingsMap) -> dict[str, set[str]]:
    """Return the keys of each action."""
    keymap: dict[str, set[str]] = {}
    for key, several in bindings.key_to_bindings.items():
        for binding in several:
            assert binding.id is not None
            keymap.setdefault(binding.id, set()).add(key)
    return keymap


@given(wish=wishes, screen=st.sampled_from(SCREENS))
def test_textual_binds_the_keys_that_hold(wish: dict[str, str], screen: str) -> None:
    keymap = resolve(wish)
    bindings = BindingsMap(bindings_of(screen))
    before = bound(bindings)
    bindings.apply_keymap(keymap.bindings)
    after = bound(bindings)
    for action in of_screen(screen):
        if action.id in keymap.changed:
            assert after[action.id] == set(keymap.keys[action.id].split(",")), action.id
        else:
            assert after[action.id] == before[action.id], action.id


def test_who_shared_a_key_keeps_it_when_the_other_moves() -> None:
    bindings = BindingsMap(bindings_of("main"))
    bindings.apply_keymap(resolve({"call.hold": "z"}).bindings)
    assert bound(bindings)["call.hold"] == {"z"}
    assert bound(bindings)["call.resume"] == {"h"}
