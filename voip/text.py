"""Text from the network, made harmless once, where it enters the engine.

A name or reason sent by a stranger may hold escape sequences that drive a
terminal, control characters that forge a log, or bidirectional overrides that
reorder what a person reads (Unicode UAX #9).
"""

from __future__ import annotations

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

# A base character carries at most this many marks, or a name grows towers
# over the lines next to it.
_MAX_MARKS = 4


def clean(text: str, limit: int = MAX_TEXT) -> Clean:
    """`text` on one line with every acting character replaced, cut to `limit`.

    Whitespace of any kind becomes a single space, and the ends are trimmed.
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
        elif category in _ACTING:
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
