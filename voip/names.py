"""Names that read like something they are not.

A far end chooses the name that is shown for it. One that reads like a sign of
the phone, a number, an address or somebody whom the user knows is still shown,
but quoted and with the address it came from (`Party.imitates`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from voip import numbers
from voip.text import fold

# What the phone says of locks and of calls, and the signs of its ASCII set.
_WORDS = (
    "lock", "locked", "unlock", "unlocked", "open", "closed", "encrypted", "secure", "secured",
    "verified", "tls", "srtp", "offhook", "fail", "failed", "missed", "declined", "refused",
)  # fmt: skip
_SIGNS = re.compile(r"<-|->|<x|>|\[[ x]?\]|[.:|#=~*-]{3}|[\"“”„]| [-·|] |^[-*~!^=|.:·] ")
_NUMBER = re.compile(r"[+(]*\d[\d\s()./-]*\d")
_ADDRESS = re.compile(r"\S*@\S*|\bsips?:\S*|\btel:\S*")
_FEWEST_DIGITS, _FEWEST_AMONG_WORDS = 3, 6

# What is drawn like a letter of the Latin script (Unicode TS #39, the commonest).
_LOOKS_LIKE = {
    ord(other): letter
    for letter, others in {
        "a": "аα", "b": "вь", "c": "сϲ", "d": "ԁ", "e": "еє", "h": "нһ", "i": "іı1lι|ӏ",
        "j": "јϳ", "k": "кκ", "m": "м", "n": "ν", "o": "оοσ0", "p": "рρ", "q": "ԛ",
        "s": "ѕ", "t": "тτ", "u": "υ", "w": "ԝω", "x": "хχ", "y": "уγ",
    }.items()
    for other in others
}  # fmt: skip


def imitates(name: str, uri: str, known: Iterable[str] = ()) -> bool:
    """True if a name that came with `uri` could be taken for something else.

    `known` are the names of people who have another address. Letters that look
    alike count as the same.
    """
    if not name:
        return False
    text = fold(name)
    seen = looks(name)
    return (
        any(looks(other) == seen for other in known)
        or not _LOOKS_OF_WORDS.isdisjoint(re.findall(r"\w+", seen))
        or _SIGNS.search(text) is not None
        or _is_another_address(text, uri)
        or _is_another_number(text, uri)
    )


def looks(text: str) -> str:
    """The same for all texts that a person could take for each other."""
    plain = unicodedata.normalize("NFKD", fold(text))
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_LOOKS_LIKE)


def _is_another_address(text: str, uri: str) -> bool:
    own = fold(uri)
    allowed = (own, own.partition(":")[2])
    return any(found.strip("<>()") not in allowed for found in _ADDRESS.findall(text))


def _is_another_number(text: str, uri: str) -> bool:
    own = _digits(uri.partition(":")[2].partition("@")[0])
    # The letters O and l among digits pass for them.
    read = re.sub(r"(?<=[\d+ ])[oо]+|[oо]+(?=\d)", lambda m: "0" * len(m[0]), text)
    read = re.sub(r"(?<=\d)[li|]|[li|](?=\d)", "1", read)
    fewest = _FEWEST_DIGITS if _NUMBER.fullmatch(read) else _FEWEST_AMONG_WORDS
    for found in _NUMBER.findall(read):
        digits = _digits(found)
        is_own = bool(own) and own in (digits, _international(found))
        if len(digits) >= fewest and not is_own:
            return True
    return False


def _international(text: str) -> str:
    """The digits of a number behind its “+” or “00”, without the zero in “(0)”."""
    whole = numbers.read(text) or ""
    return whole.removeprefix("+" if whole.startswith("+") else "00")


def _digits(text: str) -> str:
    return "".join(
        str(unicodedata.digit(c)) for c in text if unicodedata.digit(c, None) is not None
    )


_LOOKS_OF_WORDS = frozenset(map(looks, _WORDS))
