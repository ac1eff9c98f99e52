"""The user's own keys: checked against the actions, clashes told in words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import msgspec
from textual.keys import Keys

from tui.actions import ACTIONS, BY_ID, Action

_NAMED = frozenset(key.value for key in Keys)
_MODIFIERS = frozenset(("ctrl", "shift", "alt", "meta", "super", "hyper"))
_SIGNS = {
    "?": "question_mark", "/": "slash", ",": "comma", ".": "full_stop", "+": "plus",
    "-": "minus", "*": "asterisk", "#": "number_sign", ":": "colon", ";": "semicolon",
    "!": "exclamation_mark", "=": "equals_sign", " ": "space",
}  # fmt: skip
_SHOWN = {
    "question_mark": "?", "slash": "/", "comma": ",", "full_stop": ".", "plus": "+",
    "minus": "-", "asterisk": "*", "number_sign": "#", "colon": ":", "semicolon": ";",
    "exclamation_mark": "!", "equals_sign": "=", "escape": "esc", "delete": "del",
    "pageup": "pgup", "pagedown": "pgdn",
}  # fmt: skip


class Keymap(msgspec.Struct, frozen=True):
    """Every action's keys as they hold, those that the user changed, and what was wrong."""

    keys: dict[str, str]
    changed: dict[str, str] = {}
    problems: tuple[str, ...] = ()

    def shown(self, action_id: str) -> str:
        """The first key of an action as a person reads it."""
        return show(self.keys[action_id].split(",")[0])

    def works_while_typing(self, action_id: str) -> bool:
        """Whether an action has a key that is no character."""
        return any(_acts(key) for key in self.keys[action_id].split(","))

    def shown_while_typing(self, action_id: str) -> str:
        """The first key of an action that is no character."""
        keys = self.keys[action_id].split(",")
        return show(next((key for key in keys if _acts(key)), keys[0]))


def resolve(wanted: Mapping[str, str]) -> Keymap:
    """The keys that hold, with the user's where they can.

    A key that two actions of one screen would share at the same moment goes to
    neither of the two by wish: the later one keeps what it had.
    """
    keys = {action.id: action.keys for action in ACTIONS}
    changed: dict[str, str] = {}
    problems: list[str] = []
    for action_id, text in wanted.items():
        if action_id not in BY_ID:
            near = difflib.get_close_matches(action_id, BY_ID, n=1)
            hint = f", did you mean “{near[0]}”?" if near else ""
            problems.append(f"keys: there is no action “{action_id}”{hint}")
            continue
        read = [_read(key) for key in _split(text)]
        wrong = [key for key, known in zip(_split(text), read, strict=True) if known is None]
        if wrong or not read:
            named = "”, “".join(wrong) or text
            problems.append(f"keys: {action_id}: “{named}” is not a key")
            continue
        clash = _clash(BY_ID[action_id], [key for key in read if key], keys)
        if clash is not None:
            key, other = clash
            problems.append(
                f"keys: {action_id}: “{show(key)}” is taken by “{other.id}” ({other.title}); "
                "give that one another key first"
            )
            continue
        keys[action_id] = changed[action_id] = ",".join(key for key in read if key)
    return Keymap(keys=keys, changed=changed, problems=tuple(problems))


def show(key: str) -> str:
    """A key as a person reads it: `ctrl+p` as ^p, `question_mark` as ?."""
    if key.startswith("ctrl+"):
        return f"^{show(key.removeprefix('ctrl+'))}"
    return _SHOWN.get(key, key)


def _acts(key: str) -> bool:
    return len(key) > 1 and key not in _SIGNS.values()


def _split(text: str) -> list[str]:
    if text.strip() == ",":
        return [","]
    return [key.strip() for key in text.split(",") if key.strip()]


def _read(key: str) -> str | None:
    """Textual's name of a key, None where there is no such key."""
    if key in _SIGNS:
        return _SIGNS[key]
    *modifiers, last = key.split("+")
    if not set(modifiers) <= _MODIFIERS:
        return None
    if len(last) == 1 and last.isprintable():
        return "+".join([*modifiers, _SIGNS.get(last, last)])
    known = last in _NAMED or last in _SHOWN or last in _SIGNS.values()
    return key if known else None


def _clash(action: Action, wanted: list[str], keys: Mapping[str, str]) -> tuple[str, Action] | None:
    own = set(action.keys.split(","))
    for other in ACTIONS:
        if other.id == action.id or not _meet(action, other):
            continue
        taken = set(keys[other.id].split(","))
        # Actions that shared a key from the start take turns by what is up.
        shared = own & set(other.keys.split(","))
        for key in wanted:
            if key in taken and key not in shared:
                return key, other
    return None


def _meet(one: Action, other: Action) -> bool:
    return not one.screens or not other.screens or bool(set(one.screens) & set(other.screens))
