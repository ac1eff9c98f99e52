"""Cleans text from the network once, where it enters the engine.

A stranger's name or reason may hold escape sequences that drive a terminal,
control characters that forge a log, bidirectional overrides that reorder text
(Unicode UAX #9), or a false lock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum
from typing import Any, NewType

import msgspec

Clean = NewType("Clean", str)
"""Text safe to show: one line, bounded, without characters that act."""

MAX_TEXT = 256

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control, format (which holds the bidirectional marks), surrogate, private,
# unassigned and the two line separators.
_ACTING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))

# Signs that the phone draws or that look like them: locks and keys, arrows, boxes,
# blocks, marks of state. A lock in a stranger's text would be believed.
_SIGN = re.compile(
    "[×‖›"
    "\u2190-\u21ff\u2295-\u22a1\u2300-\u23ff\u2500-\u25ff\u2605\u2606\u2610-\u2612\u2669-\u266f\u26bf\u26c9-\u26cb\u26dd\u26e8\u26f6"
    "\u26aa\u26ab\u2705\u270b\u2713-\u2718\u274c-\u2752\u2794-\u27be\u27f0-\u27ff\u2800-\u28ff"
    "\u2900-\u297f\u29c7\u29c8\u29d6\u29d7\u2b00-\u2bff\U0001f4e4-\U0001f4ef\U0001f3b5\U0001f3b6"
    "\U0001f507-\U0001f513\U0001f518\U0001f532-\U0001f535\U0001f5dd\U0001f6e1"
    "\U0001f192\U0001f197\U0001f5f5-\U0001f5f9\U0001f780-\U0001f7d8\U0001f7e0-\U0001f7eb\U0001f800-\U0001f8ff\U0001fb00-\U0001fbff]"
)

# Terminals disagree on the width of a character before one of these.
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# More marks than this on a base character would cover the lines next to it.
MAX_MARKS = 4


def clean(text: str, limit: int = MAX_TEXT) -> Clean:
    """`text` on one line, with every acting character and sign replaced.

    Cut to `limit`. Whitespace of any kind becomes one space, and the ends are trimmed.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        # Most names and addresses: thousands of contacts are read at once.
        return Clean(text.strip())
    # Bound the work first: the far end chose the length.
    head = text[: limit * 4]
    out: list[str] = []
    marks = 0
    for char in head:
        category = unicodedata.category(char)
        if char in "\t\r\n\v\f" or category == "Zs":
            char = " "
            if out and out[-1] == " ":
                continue
        elif _SELECTOR.match(char):
            continue
        elif acts(char) or imitates_sign(char):
            char = _REPLACEMENT
        if category in ("Mn", "Me"):
            marks += 1
            if marks > MAX_MARKS:
                continue
        else:
            marks = 0
        out.append(char)
    result = "".join(out).strip()
    if len(result) > limit or len(text) > len(head):
        result = result[: limit - 1].rstrip() + "…"
    return Clean(result)


def acts(char: str) -> bool:
    """True if a character changes how others are shown, or has no agreed meaning."""
    return unicodedata.category(char) in _ACTING or _SELECTOR.match(char) is not None


def imitates_sign(char: str) -> bool:
    """True if a character looks like a sign that the phone draws."""
    return _SIGN.match(char) is not None


def clean_lines(text: str) -> str:
    """`text` with its line breaks, each line made safe as by `clean` and none cut.

    Of several empty lines in a row one is kept.
    """
    lines = [clean(line, len(line)) for line in text.replace("\r\n", "\n").splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip("\n")


def change_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every string in it changed, within structs and tuples."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(change_texts(item, change) for item in value)
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
        return type(value)(**{name: change_texts(getattr(value, name), change) for name in names})
    return value


def fold(text: str) -> str:
    """`text` for finding and comparing, regardless of case and composition.

    Unicode's compatible caseless matching (chapter 3.13): “STRASSE” is
    “straße”, and an accent is the same whether it is part of its letter or not.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
