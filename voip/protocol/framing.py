"""Encodes and decodes JSON lines: one message a line, UTF-8, bounded."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

import msgspec

MAX_LINE = 64 * 1024
"""Longest request line in bytes, including the newline."""

MAX_REPLY = 8 * 1024 * 1024
"""Longest line of a reply or event in bytes.

A status holds every account and call, and a chain of certificates all the names that a
server made up.
"""

_T = TypeVar("_T")

_encoder = msgspec.json.Encoder()


class FramingError(ValueError):
    """Line that is not a message; the text says why, without quoting it."""


def encode(message: Any, limit: int = MAX_LINE) -> bytes:
    """Encode `message` as one line of at most `limit` bytes with newline.

    Raises:
        FramingError: the message does not fit in a line, or is not Unicode.
    """
    try:
        line = _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        raise FramingError("what was typed is not valid UTF-8 text") from None
    if len(line) > limit:
        raise FramingError(f"a message of {len(line)} bytes is over the limit of {limit}")
    return line


class Decoder(Generic[_T]):
    """Decodes lines as messages of one type."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[_T] = msgspec.json.Decoder(kind)

    def decode(self, line: bytes) -> _T:
        """Decode the message on `line`.

        Raises:
            FramingError: it is not JSON, or not a message of the type.
        """
        try:
            return self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FramingError(_without_quotes(str(error))) from None


def _without_quotes(text: str) -> str:
    # msgspec quotes the unexpected name or value, which may be anything, quotes
    # included.
    text = re.sub(r"(unknown field) `.*", r"\1", text, flags=re.DOTALL)
    return re.sub(r"'.*'", "…", text, flags=re.DOTALL)


class LineSplitter:
    """Splits a stream of bytes into lines; drops a line over the limit.

    `feed` returns the complete lines, with None in the place of each dropped one, so
    that its sender can get an error.
    """

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        lines: list[bytes | None] = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            if self._dropping:
                self._dropping = False
                lines.append(None)
                continue
            line = bytes(self._rest) + part
            self._rest.clear()
            lines.append(line if len(line) < self._limit else None)
        if not self._dropping:
            self._rest += rest
            if len(self._rest) >= self._limit:
                self._rest.clear()
                self._dropping = True
        return lines
