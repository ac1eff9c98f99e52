"""Rows of what a client lists: ids, pages that fit a reply, and failures of the log's file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from voip.engine.errors import Refusal
from voip.engine.history.log import HistoryError
from voip.protocol.framing import MAX_REPLY

_MOST = 1000

_Row = TypeVar("_Row")
_Page = TypeVar("_Page")


def limit_of(asked: int) -> int:
    """Number of rows that a page has at most, of those that were asked for."""
    return max(1, min(asked, _MOST))


def fitting(rows: tuple[_Row, ...], page: Callable[[tuple[_Row, ...]], _Page]) -> _Page:
    """Page of the first rows, as many as a reply has room for."""
    made = page(rows)
    while len(msgspec.json.encode(made)) > MAX_REPLY // 2:
        rows = rows[: len(rows) // 2]
        made = page(rows)
    return made


def number_of(row: str) -> int | None:
    """Number of the row with this id; None if no row can have it."""
    # SQLite has no larger numbers.
    return int(row) if re.fullmatch(r"[0-9]{1,18}", row) else None


@contextmanager
def refusals() -> Iterator[None]:
    """Refuse a command whose work on the file fails.

    Raises:
        Refusal: the file cannot be used.
    """
    try:
        yield
    except HistoryError as error:
        raise Refusal("history", str(error)) from error
