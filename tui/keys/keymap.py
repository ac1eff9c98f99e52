"""The user's keys, checked against the actions; reports clashes."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from textual.binding import Binding
from textual.keys import KEY_TO_UNICODE_NAME, REPLACED_KEYS, Keys

from tui.keys.actions import ACTIONS, BY_ID, Action

DIALLED_AT_ONCE = frozenset("0123456789+*#")
"""Characters that begin a number on the main screen."""

_NAMED = frozenset(key.value for key in Keys)
_MODIFIERS = frozenset(("ctrl", "shift", "alt", "meta", "super", "hyper"))
_SHORT = {"escape": "esc", "delete": "del", "pageup": "pgup", "pagedown": "pgdn"}
_LONG = {short: name for name, short in _SHORT.items()}
# A terminal sends the same bytes for both.
_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}


class Keymap(msgspec.Struct, frozen=True):
    """Keys of every action, the user's changes, and the problems with them.

    `bindings` is for Textual (`App.set_keymap`).
    """

    keys: dict[str, str]
    changed: dict[str, str] = {}
    bindings: dict[str, str] = {}
    problems: tuple[str, ...] = ()

    def shown(self, action_id: str) -> str:
        """First key of an action, as the user reads it."""
        return show(self.keys[action_id].split(",")[0])

    def works_while_typing(self, action_id: str) -> bool:
        """True if an action has a key that types no character."""
        return any(typed(key) is None for key in self.keys[action_id].split(","))

    def shown_while_typing(self, action_id: str) -> str:
        """First key of an action that types no character."""
        keys = self.keys[action_id].split(",")
        return show(next((key for key in keys if typed(key) is None), keys[0]))


def resolve(own_keys: Mapping[str, str]) -> Keymap:
    """The keys in force, with the user's where possible.

    All wishes apply at once, so that two actions can change places. Where two
    actions of one screen would share a key at the same moment, drops the later
    wish; its action keeps its former keys.
    """
    wishes: dict[str, str] = {}
    problems: list[str] = []
    for action_id, text in own_keys.items():
        reading = _read_wish(action_id, text)
        if isinstance(reading, str):
            problems.append(f"keys: {reading}")
        else:
            wishes[action_id] = ",".join(reading)
    while (clash := _clash(wishes)) is not None:
        action_id, key, other = clash
        del wishes[action_id]
        problems.append(
            f"keys: {action_id}: “{show(key)}” is taken by “{other.id}” ({other.title}); "
            "give that one another key first"
        )
    keys = _all_keys(wishes)
    return Keymap(
        keys=keys,
        changed=wishes,
        bindings={action_id: keys[action_id] for action_id in _touched(wishes)},
        problems=tuple(problems),
    )


def show(key: str) -> str:
    """A key as the user reads it: `ctrl+p` as ^p, `question_mark` as ?."""
    if key.startswith("ctrl+"):
        return f"^{show(key.removeprefix('ctrl+'))}"
    return _SHORT.get(key) or (typed(key) or "").strip() or key


@lru_cache(1024)
def typed(key: str) -> str | None:
    """The character that a key types; None for a key that types none."""
    if len(key) == 1:
        return key
    # Textual names most keys by their character's name in Unicode, some otherwise.
    name = REPLACED_KEYS.get(key, key)
    try:
        character = unicodedata.lookup(KEY_TO_UNICODE_NAME.get(name, name.replace("_", " ")))
    except KeyError:
        return None
    return character if character.isprintable() else None


def _read_wish(action_id: str, text: str) -> list[str] | str:
    """The keys wished for an action, or a sentence about the problem."""
    action = BY_ID.get(action_id)
    if action is None:
        near = difflib.get_close_matches(action_id, BY_ID, n=1)
        hint = f", did you mean “{near[0]}”?" if near else ""
        return f"there is no action “{action_id}”{hint}"
    written = [","] if text.strip() == "," else [key.strip() for key in text.split(",")]
    keys = {key: _read(key) for key in written if key}
    wrong = [key for key, name in keys.items() if name is None]
    if wrong or not keys:
        named = "”, “".join(wrong) or text
        return f"{action_id}: “{named}” is not a key"
    valid = list(dict.fromkeys(key for key in keys.values() if key))
    on_main = not action.screens or "main" in action.screens
    dialled = [key for key in valid if on_main and typed(key) in DIALLED_AT_ONCE]
    if dialled:
        return f"{action_id}: “{show(dialled[0])}” begins a number and can do nothing else"
    if action.while_typing and all(map(typed, valid)):
        return f"{action_id}: “{show(valid[0])}” is typed into the line, so it cannot do this there"
    return valid


def _read(written: str) -> str | None:
    """Textual's name of a key, or None if there is no such key.

    Accepts Textual's name, the user's form, or the character it types.
    """
    key = f"ctrl+{written[1:]}" if len(written) > 1 and written.startswith("^") else written
    before, plus, last = key.rpartition("+")
    if key == "+" or key.endswith("++"):
        before, plus, last = before.removesuffix("+"), before, "+"
    modifiers = set(before.lower().split("+")) if plus else set()
    if not last or not modifiers <= _MODIFIERS:
        return None
    if len(last) > 1:
        name = _LONG.get(last.lower(), last.lower())
        if name not in _NAMED and typed(name) is None:
            return None
    elif modifiers == {"shift"} and last.isalpha():
        modifiers, name = set(), last.upper()
    else:
        (binding,) = Binding.make_bindings([Binding("comma" if last == "," else last, "")])
        name = binding.key
        if typed(name) != last or not last.isprintable():
            return None
        name = name.lower() if "ctrl" in modifiers else name
    combined = "+".join([*sorted(modifiers), name])
    return _SAME.get(combined, combined)


def _all_keys(wishes: Mapping[str, str]) -> dict[str, str]:
    return {action.id: wishes.get(action.id, action.keys) for action in ACTIONS}


def _clash(wishes: Mapping[str, str]) -> tuple[str, str, Action] | None:
    """The wish to drop, its key, and the action that has that key."""
    keys = {action_id: set(text.split(",")) for action_id, text in _all_keys(wishes).items()}
    order = list(wishes)
    for action_id in order:
        for other in ACTIONS:
            if not _meet(BY_ID[action_id], other):
                continue
            for key in sorted(keys[action_id] & keys[other.id]):
                if other.id in wishes and order.index(other.id) > order.index(action_id):
                    return other.id, key, BY_ID[action_id]
                return action_id, key, other
    return None


def _meet(one: Action, other: Action) -> bool:
    """True if both can make sense at one moment."""
    if one.id == other.id:
        return False
    if one.screens and other.screens and not set(one.screens) & set(other.screens):
        return False
    # Actions that share a default key never make sense at one moment.
    return not _share(one, other)


def _share(one: Action, other: Action) -> bool:
    return bool(set(one.keys.split(",")) & set(other.keys.split(",")))


def _touched(wishes: Mapping[str, str]) -> set[str]:
    """The actions to rebind: those with a wish, and those sharing their keys.

    Rebinding one action in Textual removes its keys from every other.
    """
    touched = set(wishes)
    more = touched
    while more:
        more = {
            action.id
            for action in ACTIONS
            if action.id not in touched and any(_share(action, BY_ID[one]) for one in touched)
        }
        touched |= more
    return touched
