"""Texts as clients see them: messages (RFC 3428), and real-time text of a call (RFC 4103).

Real-time text has two characters that act (ITU-T T.140): a newline ends the line, and a
backspace erases the last character of the same side.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from voip.causes import Cause
from voip.model import Direction, Party

NEW_LINE = "\n"
ERASE = "\b"

LOST = "\N{REPLACEMENT CHARACTER}"
"""Stands for a stretch of text that did not arrive (RFC 4103 section 5.4)."""

MOST_LINES = 100
LONGEST_LINE = 500
MOST_CHARACTERS = 10_000
"""Bounds of what is kept of a call, the newest lines first."""


class TextState(StrEnum):
    """State of a text message.

    `received` from somebody else; of ours `sending`, `delivered` to the far end or its
    server, `accepted` for later delivery (202), or `failed`.
    """

    RECEIVED = "received"
    SENDING = "sending"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    FAILED = "failed"


class TextMessage(msgspec.Struct, frozen=True):
    """Text message, sent or received, in cleaned text that keeps its line breaks.

    `time` is when it was sent or arrived here, RFC 3339 in UTC. `says_from` is the
    sender inside its wrapping (RFC 3862), which nobody has checked. `cause` and `code`
    are those of a failed one, `problem` its sentence.
    """

    id: str
    account: str
    remote: Party
    direction: Direction
    text: str
    time: str
    state: TextState
    unread: bool = False
    says_from: str | None = None
    code: int | None = None
    cause: Cause | None = None
    problem: str | None = None

    @property
    def is_ours(self) -> bool:
        """True if it was sent from here."""
        return self.direction is Direction.OUT


class Thread(msgspec.Struct, frozen=True):
    """Texts with one person by one account: the last one, and counts."""

    last: TextMessage
    messages: int
    unread: int


class TypedLine(msgspec.Struct, frozen=True):
    """Line of one side; one that has not `ended` may still grow.

    `time` is when it began, RFC 3339 in UTC.
    """

    ours: bool
    text: str
    time: str
    ended: bool = False


TypedLines = tuple[TypedLine, ...]
"""Lines of both sides in the order in which they began."""


def with_typed(lines: TypedLines, ours: bool, text: str, time: str) -> TypedLines:
    """Newest lines after one side has typed `text`."""
    return newest(all_with_typed(lines, ours, text, time))


def all_with_typed(lines: TypedLines, ours: bool, text: str, time: str) -> TypedLines:
    """Lines after one side has typed `text`, however many they are."""
    changed = list(lines)
    for char in text:
        if char == ERASE:
            _erase(changed, ours)
        else:
            _add(changed, ours, char, time)
    return tuple(changed)


def newest(lines: TypedLines) -> TypedLines:
    """Lines without the first ones that are too many."""
    first = max(0, len(lines) - MOST_LINES)
    while sum(len(line.text) for line in lines[first:]) > MOST_CHARACTERS:
        first += 1
    return lines[first:]


def _add(lines: list[TypedLine], ours: bool, char: str, time: str) -> None:
    place = growing(lines, ours)
    if place is None or (char != NEW_LINE and len(lines[place].text) >= LONGEST_LINE):
        lines.append(TypedLine(ours, "", time))
        place = len(lines) - 1
    line = lines[place]
    if char == NEW_LINE:
        lines[place] = TypedLine(ours, line.text, line.time, ended=True)
    else:
        lines[place] = TypedLine(ours, line.text + char, line.time)


def growing(lines: Sequence[TypedLine], ours: bool) -> int | None:
    """Place of a side's line that grows, None if what it types begins a new one."""
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if line.ours is ours:
            return None if line.ended else place
        if line.ended:
            # An answer stands beneath what it answers, also to who never ends a line.
            return None
    return None


def _erase(lines: list[TypedLine], ours: bool) -> None:
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if line.ours is not ours:
            continue
        text = line.text if line.ended else _shortened(line.text)
        if text:
            lines[place] = TypedLine(ours, text, line.time)
        else:
            del lines[place]
        return


def _shortened(text: str) -> str:
    """Text without its last character and the marks that combine with it."""
    end = len(text) - 1
    while end > 0 and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    return text[:end]
