"""JSON lines: one message a line, UTF-8, bounded in length."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

import msgspec

MAX_LINE = 64 * 1024
"""Longest request line in bytes, its end included."""

MAX_REPLY = 8 * 1024 * 1024
"""Longest line of an answer or event: a status holds every account and call, and a chain of
certificates all the names that a server made up."""

_T = TypeVar("_T")

_encoder = msgspec.json.Encoder()


class FramingError(ValueError):
    """A line that is no message; the text says why, without quoting it."""


def encode(message: Any, limit: int = MAX_LINE) -> bytes:
    """One line for `message`, its end included, of at most `limit` bytes.

    Raises:
        FramingError: the message would not fit in a line, or is no Unicode.
    """
    try:
        line = _encoder.encode(message) + b"\n"
    except UnicodeEncodeError:
        raise FramingError("what was typed is not valid UTF-8 text") from None
    if len(line) > limit:
        raise FramingError(f"a message of {len(line)} bytes is over the limit of {limit}")
    return line


class Decoder(Generic[_T]):
    """Reads lines as messages of one type."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[_T] = msgspec.json.Decoder(kind)

    def decode(self, line: bytes) -> _T:
        """The message on `line`.

        Raises:
            FramingError: it is not JSON, or not a message of the type.
        """
        try:
            return self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FramingError(_without_quotes(str(error))) from None


def _without_quotes(text: str) -> str:
    # msgspec quotes the name or value that it did not expect: it may be anything,
    # and hold the quotes themselves.
    text = re.sub(r"(unknown field) `.*", r"\1", text, flags=re.DOTALL)
    return re.sub(r"'.*'", "…", text, flags=re.DOTALL)


class LineSplitter:
    """Cuts a stream of bytes into lines; a line over the limit is dropped.

    `feed` returns the complete lines, with None in the place of each dropped
    one, so that whoever sent it can be told.
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
