"""Telephone numbers as people, contacts and URIs write them (RFC 3966).

A text is a number as a whole or not at all: a digit more or less is another
person's number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

# Space separators (Zs), and the marks that people put between digits.
_SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_SEPARATOR = re.compile(rf"[{_SPACES}().\-/\u2010-\u2015\u2212]")
_NUMBER = re.compile(r"\+?[0-9*#]*[0-9][0-9*#]*")
_TRUNK_ZERO = re.compile(rf"\([{_SPACES}]*0[{_SPACES}]*\)")

# Codes in front of letters; without one, text with letters is not a number.
_COUNTRY = re.compile(r"\+?1|\+[1-9][0-9]{0,2}|00[1-9][0-9]{0,2}")
_SERVICE = re.compile(r"0?8[0-9]{2}|0?[79]00|1[38]00")
_LETTER = re.compile("[A-Za-z]")
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_NO_LETTERS_OF_A_NUMBER = frozenset(("X", "EXT", "EXTN", "EXTENSION"))
_LETTERED_LENGTH = range(6, 12)
_MOST_DIGITS_AMONG_LETTERS = 3

_TONES_BEHIND = re.compile(
    rf"(?P<number>.*?[0-9*#)])[{_SPACES}]*"
    rf"(?:[,;]?[{_SPACES}]*(?:extension|extn|ext|x)[{_SPACES}]*[.:=]?|[,;pw]+)[{_SPACES}]*"
    rf"(?P<tones>[0-9*#][0-9*#,;pw{_SPACES}]*)",
    re.IGNORECASE,
)
# Spaces would make one of two numbers that were pasted together.
_DIAL_STRING = re.compile(
    r"(?P<number>.*?[0-9*#)])(?P<tones>[,;pw]+[0-9*#][0-9*#,;pw]*)", re.IGNORECASE
)
_WAITS = str.maketrans("pwPW", ",;,;")
_MOST_TONES = 64
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TONE_PARAMETERS = frozenset(("ext", "postd"))
_PAUSES = str.maketrans(";pwPW", ",,,,,")
_LONGEST_SHORT_CODE = 3


class NumberError(ValueError):
    """Number that cannot be called as written; the text says what to do."""


class WithTones(NamedTuple):
    """A number, and tones to send after it has answered; “,” is a pause.

    `written` is the number as it is in the text.
    """

    number: str
    tones: str
    written: str


class DialString(NamedTuple):
    """A number, and tones to send once its call is active.

    “,” among the tones is a pause, “;” waits for the user.
    """

    number: str
    tones: str


def without_marks(text: str) -> str:
    """`text` without invisible characters (Unicode category Cf).

    Address books put marks of direction around copied numbers.
    """
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def read(text: str) -> str | None:
    """The number that `text` is, as it is dialled; None for any other text."""
    shown = without_marks(text).strip(" ")
    lettered = _lettered(shown)
    if lettered is not None:
        return lettered
    if "+" in shown or shown.startswith("00"):
        shown = _TRUNK_ZERO.sub("", shown)
    digits = _SEPARATOR.sub("", shown)
    return digits if _NUMBER.fullmatch(digits) else None


def with_tones(text: str) -> WithTones | None:
    """Number with an extension or pauses after it: `100 ext. 5`, `100,,5#`."""
    match = _TONES_BEHIND.fullmatch(without_marks(text).strip(" "))
    number = read(match["number"]) if match else None
    if match is None or number is None:
        return None
    tones = re.sub(rf"[{_SPACES}]", "", match["tones"]).translate(_PAUSES).rstrip(",")
    return WithTones(number, tones, match["number"])


def dial_string(text: str) -> DialString | None:
    """Number with pauses and tones behind it: `100,,55#`; “;” or w waits."""
    match = _DIAL_STRING.fullmatch(without_marks(text).strip(" "))
    number = read(match["number"]) if match else None
    if match is None or number is None or len(match["tones"]) > _MOST_TONES:
        return None
    return DialString(number, as_tones(match["tones"]))


def as_tones(text: str) -> str:
    """Tones of an address book, in which p is a pause and w waits."""
    return text.translate(_WAITS).rstrip(",;")


def can_be_sent(tones: str) -> bool:
    return re.fullmatch(r"[0-9*#,;]*", tones) is not None


def begins_like_one(text: str) -> bool:
    """True if a person would expect `text` to be a number."""
    return re.match(rf"[+({_SPACES}]*[0-9*#]", without_marks(text)) is not None


def refuse_tones(typed: str, parts: WithTones) -> NumberError:
    """Error for a number with tones behind it, which are not sent with it."""
    return NumberError(
        f"“{typed}” is more than a number: call {parts.number}, then send {parts.tones} as tones"
    )


def in_context(number: str, parameters: Iterable[str], typed: str) -> str:
    """`number` with the parameters of its URI (RFC 3966 section 5).

    Raises:
        NumberError: they ask for more than a number, or make it another one.
    """
    for parameter in parameters:
        name, _, value = (part.strip() for part in parameter.partition("="))
        name = name.lower()
        if not _PARAMETER_NAME.fullmatch(name) or (name in _TONE_PARAMETERS and not value):
            raise NumberError(f"“{typed}” is not a number: remove “;{parameter}”")
        if name in _TONE_PARAMETERS:
            raise refuse_tones(typed, WithTones(number, value.translate(_PAUSES), number))
        if name.startswith("m-"):
            # RFC 3966 section 5.2 forbids using a number with an unknown mandatory parameter.
            raise NumberError(f"“{typed}” asks for “{name}”, which this phone does not know")
        if name == "phone-context" and not number.startswith("+"):
            number = _in_phone_context(number, value, typed)
    return number


def _in_phone_context(number: str, context: str, typed: str) -> str:
    if not context.startswith("+"):
        return number  # a domain names the number's owner, and is not part of it
    prefix = read(context)
    if prefix is None:
        raise NumberError(f"“{typed}” names “{context}”, which is not the beginning of a number")
    # RFC 3966 section 5.1.5: 911 is a number of +1, and +1911 is nobody's.
    if len(number) <= _LONGEST_SHORT_CODE:
        return number
    if not number.isdecimal() or number.startswith("0"):
        raise NumberError(f"“{typed}” is a number within {prefix}: write it whole, with {prefix}")
    return prefix + number


def _lettered(text: str) -> str | None:
    """Number with words in place of digits: `1-800-FLOWERS`."""
    if _LETTER.search(text) is None:
        return None
    groups = [group for group in _SEPARATOR.split(text) if group]
    if not all(re.fullmatch(r"\+?[0-9]+|[A-Za-z]+", group) for group in groups):
        return None
    place = 1 if len(groups) > 1 and _COUNTRY.fullmatch(groups[0]) else 0
    rest = groups[place + 1 :]
    if not any(group.isalpha() for group in rest) or not _SERVICE.fullmatch(groups[place]):
        return None
    # Lower-case letters could be a word beside a number, or a person's name.
    bare = place == 0 and not groups[0].startswith(("0", "1"))
    if (bare or re.search(rf"[{_SPACES}]", text)) and text != text.upper():
        return None
    word = "".join(rest).upper()
    if (
        len(word) not in _LETTERED_LENGTH
        or sum(map(str.isdecimal, word)) > _MOST_DIGITS_AMONG_LETTERS
        or not _NO_LETTERS_OF_A_NUMBER.isdisjoint(group.upper() for group in rest)
    ):
        return None
    return "".join(groups[: place + 1]) + word.translate(_KEYS)
