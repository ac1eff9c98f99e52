"""Terminal input as keys and pastes; ends a paste that was cut short.

Textual's parser waits for the end mark of a bracketed paste (xterm's ctlseqs)
for ever, and reads every key until then as pasted text. This removes pastes
before its parser: without the end mark, no key would answer a call.
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
"""Longest wait for more of a paste, in seconds."""

MAX_PASTE = 65_536
"""Most characters kept of a paste."""

_PRESSED = 16
"""Most characters that typed keys bring in one read; a paste brings more."""

_SPACES = "\t\r\n"

_BAD_SEQUENCE = (ValueError, OverflowError, ZeroDivisionError)
"""Errors of Textual's parser on numbers that are no character or size."""


class TerminalInput:
    """Parses input; `clock` counts seconds."""

    def __init__(self, debug: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._debug = debug
        self._clock = clock
        self._parser = XTermParser(debug)
        self._before = ""
        self._pasted: str | None = None
        self._alive = 0.0
        self._cut = False

    def feed(self, data: str) -> Iterator[Message]:
        """The keys and pastes in `data`, which continues earlier input."""
        while data:
            if self._pasted is not None:
                data = yield from self._paste(self._pasted, data)
            else:
                data = yield from self._keys(data)

    def tick(self) -> Iterator[Message]:
        """Input that has waited too long for more: an escape key or a paste."""
        if self._pasted is not None and self._clock() - self._alive >= STALLED_S:
            self._cut = True
            yield self._end_paste(self._pasted)
        yield from self._parsed(self._parser.tick)

    def _keys(self, data: str) -> Generator[Message, None, str]:
        """Yield events up to a paste; return the data after its start mark."""
        # A mark may arrive in pieces, the first of which the parser has already.
        had = len(self._before)
        joined = self._before + data
        start, end = joined.find(START), joined.find(END)
        if self._cut and end >= 0 and not 0 <= start < end:
            # The rest of a paste that timed out must not be read as keys.
            self._cut, self._before = False, ""
            if text := _cleaned(joined[had:end]):
                yield events.Paste(text)
            behind = end + len(END)
            yield from self._parsed(lambda: self._parser.feed(joined[max(had, end) : behind]))
            return joined[behind:]
        if start < 0:
            self._before = joined[-len(START) + 1 :]
            yield from self._parsed(lambda: self._parser.feed(data))
            return ""
        behind = start + len(START)
        # The parser gets an empty paste, or it would wait for the end mark.
        for message in self._parsed(lambda: self._parser.feed(joined[had:behind] + END)):
            if not isinstance(message, events.Paste):
                yield message
        self._cut, self._before = False, ""
        self._pasted, self._alive = "", self._clock()
        return joined[behind:]

    def _paste(self, pasted: str, data: str) -> Generator[Message, None, str]:
        """Extend the paste; return the data after its end mark."""
        text = pasted + data
        end = text.find(END, max(0, len(pasted) - len(END)))
        if end >= 0:
            yield self._end_paste(text[:end])
            return text[end + len(END) :]
        if len(data) > _PRESSED:
            self._alive = self._clock()
        if len(text) > MAX_PASTE:
            # Part of the end mark may have arrived.
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
    """Pasted text without control characters other than whitespace."""
    return "".join(char for char in text if unicodedata.category(char) != "Cc" or char in _SPACES)
