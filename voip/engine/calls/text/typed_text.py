"""Cleans real-time text (ITU-T T.140) once, where it enters the engine.

It comes in pieces of UTF-8: a piece may end within a character or a control sequence.
"""

from __future__ import annotations

import codecs
import unicodedata

from voip.security.text import MAX_MARKS, acts, imitates_sign
from voip.texts import ERASE, LOST, NEW_LINE

_LINE_ENDS = frozenset("\r\n\u2028\u2029")
_RENDITION = "\x9b"  # T.140 section 8.5: colours and the like, up to an "m"
_LONGEST_RENDITION = 16
_INSTEAD = "?"


class TypedText:
    """Text that one far end types, made safe to show piece by piece.

    Line ends become newlines, erasures backspaces. What was lost or cannot be read is
    one `LOST`. Every other acting character is left out, and signs of the phone are
    question marks.
    """

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._before = ""
        self._marks = 0
        self._rendition = 0

    def read(self, piece: bytes) -> str:
        """Safe text of the next piece."""
        return "".join(self._safe(char) for char in self._utf8.decode(piece))

    def _safe(self, char: str) -> str:
        before, self._before = self._before, char
        if self._rendition:
            self._rendition -= 1
            if char == "m":
                self._rendition = 0
            if char in "0123456789;m":
                return ""
            self._rendition = 0
        if char == _RENDITION:
            self._rendition = _LONGEST_RENDITION
            return ""
        if char == LOST:
            return "" if before == LOST else LOST
        if char in _LINE_ENDS:
            self._marks = 0
            return "" if before == "\r" and char == "\n" else NEW_LINE
        if char == ERASE:
            self._marks = 0
            return ERASE
        category = unicodedata.category(char)
        if category == "Zs" or char == "\t":
            char = " "
        elif acts(char):
            return ""
        elif imitates_sign(char):
            char = _INSTEAD
        self._marks = self._marks + 1 if category in ("Mn", "Me") else 0
        return "" if self._marks > MAX_MARKS else char
