"""Input of a terminal, as keys and pastes; a paste that was cut short ends by itself.

Textual's parser waits for the end mark of a bracketed paste (xterm's ctlseqs)
for ever, and takes every key until then for pasted text. Pastes are taken out
here, before its parser sees them: a number that arrived without its end mark
must not leave a person with no key to answer a call.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END as END
from textual._xterm_parser import BRACKETED_PASTE_START as START
from textual._xterm_parser import XTermParser
from textual.message import Message

STALLED_S = 1.0
"""So long may a paste wait for more of itself."""

MAX_PASTE = 65_536
"""Characters of a paste that are kept."""

_PRESSED = 16
"""Characters that a person's keys bring at once, at most; a paste comes in larger pieces."""

_SPACES = "\t\r\n"

_BAD_SEQUENCE = (ValueError, OverflowError, ZeroDivisionError)
"""Failures of Textual's parser on numbers in a sequence: no such character or size."""


class TerminalInput:
    """`clock` counts seconds."""

    def __init__(self, debug: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._debug = debug
        self._clock = clock
        self._parser = XTermParser(debug)
        self._before = ""
        self._pasted: str | None = None
        self._alive = 0.0
        self._cut = False

    def feed(self, data: str) -> Iterator[Message]:
        """The keys and pastes in `data`, which continues what came before."""
        while data:
            if self._pasted is not None:
                data = yield from self._paste(self._pasted, data)
            else:
                data = yield from self._keys(data)

    def tick(self) -> Iterator[Message]:
        """Input that has waited for more for too long: an escape key, or a paste."""
        if self._pasted is not None and self._clock() - self._alive >= STALLED_S:
            self._cut = True
            yield self._end_paste(self._pasted)
        yield from self._parsed(self._parser.tick)

    def _keys(self, data: str) -> Generator[Message, None, str]:
        """Events up to a paste; the data behind its mark is returned."""
        # A mark may come in pieces: the parser has the first ones already.
        had = len(self._before)
        known = self._before + data
        start, end = known.find(START), known.find(END)
        if self._cut and end >= 0 and not 0 <= start < end:
            # The rest of a paste that was taken to be over must not be read as keys.
            self._cut, self._before = False, ""
            if text := _cleaned(known[had:end]):
                yield events.Paste(text)
            behind = end + len(END)
            yield from self._parsed(lambda: self._parser.feed(known[max(had, end) : behind]))
            return known[behind:]
        if start < 0:
            self._before = known[-len(START) + 1 :]
            yield from self._parsed(lambda: self._parser.feed(data))
            return ""
        behind = start + len(START)
        # The parser is told of a paste without text, which nobody hears of.
        for message in self._parsed(lambda: self._parser.feed(known[had:behind] + END)):
            if not isinstance(message, events.Paste):
                yield message
        self._cut, self._before = False, ""
        self._pasted, self._alive = "", self._clock()
        return known[behind:]

    def _paste(self, pasted: str, data: str) -> Generator[Message, None, str]:
        """A paste with what has come of it now; the data behind its end is returned."""
        text = pasted + data
        end = text.find(END, max(0, len(pasted) - len(END)))
        if end >= 0:
            yield self._end_paste(text[:end])
            return text[end + len(END) :]
        if len(data) > _PRESSED:
            self._alive = self._clock()
        if len(text) > MAX_PASTE:
            # The end mark may be halfway here.
            text = text[:MAX_PASTE] + text[-len(END) :]
        self._pasted = text
        return ""

    def _end_paste(self, text: str) -> events.Paste:
        self._pasted = None
        return events.Paste(_cleaned(text[:MAX_PASTE]))

    def _parsed(self, read: Callable[[], Iterable[Message]]) -> list[Message]:
        try:
            return list(read())
        except _BAD_SEQUENCE:
            self._parser = XTermParser(self._debug)
            return []


def _cleaned(text: str) -> str:
    """Pasted text without what controls a terminal."""
    return "".join(char for char in text if unicodedata.category(char) != "Cc" or char in _SPACES)
