"""Text from the network, made harmless once, where it enters the engine.

A name or reason sent by a stranger may hold escape sequences that drive a
terminal, control characters that forge a log, bidirectional overrides that
reorder what a person reads (Unicode UAX #9), or a lock that the phone did not
close.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum
from typing import Any, NewType

import msgspec

Clean = NewType("Clean", str)
"""Text that may be shown: one line, bounded, no character that acts."""

MAX_TEXT = 256

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control, format (which holds the bidirectional marks), surrogate, private,
# unassigned and the two line separators.
_ACTING = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))

# What the phone itself draws with, or what looks like it: locks and keys, arrows,
# boxes, blocks, marks of state. Of a lock it is said on the screen alone.
_SIGN = re.compile(
    "[×‖›"
    "\u2190-\u21ff\u2295-\u22a1\u2300-\u23ff\u2500-\u25ff\u2610-\u2612\u2669-\u266f\u26bf\u26c9-\u26cb\u26dd\u26e8\u26f6"
    "\u26aa\u26ab\u2705\u270b\u2713-\u2718\u274c-\u2752\u2794-\u27be\u27f0-\u27ff\u2800-\u28ff"
    "\u2900-\u297f\u29c7\u29c8\u29d6\u29d7\u2b00-\u2bff\U0001f4e4-\U0001f4ef\U0001f3b5\U0001f3b6"
    "\U0001f507-\U0001f513\U0001f518\U0001f532-\U0001f535\U0001f5dd\U0001f6e1"
    "\U0001f192\U0001f197\U0001f5f5-\U0001f5f9\U0001f780-\U0001f7d8\U0001f7e0-\U0001f7eb\U0001f800-\U0001f8ff\U0001fb00-\U0001fbff]"
)

# Terminals disagree about how wide a character is that one of these follows.
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# A base character carries at most this many marks, or a name grows towers
# over the lines next to it.
_MAX_MARKS = 4


def clean(text: str, limit: int = MAX_TEXT) -> Clean:
    """`text` on one line with every acting character and every sign replaced.

    It is cut to `limit`. Whitespace of any kind becomes a single space, and the ends are trimmed.
    """
    # Bounded before any work is done on it: the far end chose its length.
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
        elif category in _ACTING or _SIGN.match(char):
            char = _REPLACEMENT
        if category in ("Mn", "Me"):
            marks += 1
            if marks > _MAX_MARKS:
                continue
        else:
            marks = 0
        out.append(char)
    result = "".join(out).strip()
    if len(result) > limit or len(text) > len(head):
        result = result[: limit - 1].rstrip() + "…"
    return Clean(result)


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
    """`text` for finding and comparing, whatever its case and its composition.

    Unicode's compatible caseless matching (chapter 3.13): “STRASSE” is
    “straße”, and an accent is the same whether it is part of its letter or not.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
