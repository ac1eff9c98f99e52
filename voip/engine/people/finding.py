"""Finds people by a part of their name or number, among thousands."""

from __future__ import annotations

import re
from typing import Self

import msgspec

from voip.model import NameFrom
from voip.protocol.people import Suggestion
from voip.security.text import fold
from voip.sip import numbers

_SEPARATORS = re.compile(r"[\s().\-/+\u2010-\u2015]")


class Findable(msgspec.Struct, frozen=True):
    """Suggestion, with the forms of it that typed text is compared with."""

    suggestion: Suggestion
    words: str
    digits: str

    @classmethod
    def of(cls, name: str, target: str, source: str, name_from: NameFrom | None = None) -> Self:
        """Make one of `target`, a number or a SIP address, `sip:` optional."""
        short = target.removeprefix("sip:")
        return cls(
            suggestion=Suggestion(name, short, source, name_from if name else None),
            words=f"{fold(name)}\n{fold(short)}",
            digits=_SEPARATORS.sub("", short.partition("@")[0]),
        )


class Query:
    """Typed text, compared as words, and by its digits if it is a number."""

    def __init__(self, typed: str) -> None:
        visible = numbers.without_marks(typed)
        self.text = fold(visible.strip())
        digits = _SEPARATORS.sub("", visible)
        self._digits = digits if digits.isascii() and digits.isdecimal() else None

    def finds(self, who: Findable) -> bool:
        return self.text in who.words or (self._digits is not None and self._digits in who.digits)
