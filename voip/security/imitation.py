"""Names that others choose: made harmless, and checked for imitation.

A far end chooses the name that is shown for it, and a vCard often comes from
somebody else. `inert` removes the phone's own signs from a name. A name that
reads like a word of the phone, a number, an address or a person the user knows
is shown behind its address (`Party.imitates`).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Container

from voip.security.text import MAX_TEXT, Clean, clean, fold
from voip.sip import numbers

# Words of the phone for locks and calls, matched whole: “Bob Waite” is harmless.
_WORDS = (
    "lock", "locked", "unlock", "unlocked", "open", "closed", "encrypted", "unencrypted",
    "encryption", "secure", "secured", "insecure", "unsecured", "proven", "unproven", "protected",
    "unprotected", "server", "sealed", "unsafe", "verify", "wait", "waiting", "compared", "private",
    "trusted", "untrusted", "verified", "unverified", "e2e", "e2ee", "tls", "srtp", "offhook",
    "fail", "failed", "missed", "declined", "refused", "blocked",
)  # fmt: skip
_PHRASES = ("end to end",)
_SIGNS = re.compile(r"<-|->|<x|>|\[[ x]?\]|[.:|#=~*-]{3}|[\"“”„]| [-·|] |^[-*~!^=|.:·] ")
_NUMBER = re.compile(r"[+(]*\d[\d\s()./-]*\d")
_ADDRESS = re.compile(r"\S*@\S*|\bsips?:\S*|\btel:\S*")
_FEWEST_DIGITS, _FEWEST_AMONG_WORDS = 3, 6
_WORD = re.compile(r"[^\W_]+")

# Characters drawn like Latin letters (Unicode TS #39, the commonest), small
# capitals included, and letters in circles, squares and flags.
_LOOKS_LIKE = {
    ord(other): letter
    for letter, others in {
        "a": "аαᴀ", "b": "вьʙ", "c": "сϲᴄꓚ", "d": "ԁᴅ", "e": "еєᴇꓰꭼ", "f": "ꜰ", "g": "ɢ",
        "h": "нһʜ", "i": "іı1lι|ӏɪʟ", "j": "јϳᴊ", "k": "кκᴋ", "m": "мᴍ", "n": "νɴ",
        "o": "оοσ0օᴏꓳო", "p": "рρᴘꓑ", "q": "ԛ", "r": "ʀгꓣ", "s": "ѕꜱꓢƨʂ", "t": "тτᴛ", "u": "υսᴜ",
        "v": "ѵᴠ", "w": "ԝωᴡꓪꮃ", "x": "хχ", "y": "уγʏ", "z": "ᴢ",
    }.items()
    for other in others
} | {
    start + place: "i" if letter == "l" else letter
    for start in (0x1F150, 0x1F170, 0x1F1E6)
    for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}  # fmt: skip

# Digits read as letters in a word: “s3cure”.
_SPELT_WITH = str.maketrans({"3": "e", "4": "a", "5": "s", "7": "t", "$": "s"})

# Quotes, some of which Unicode counts as brackets (categories Ps and Pe).
_QUOTES = frozenset('"“”„‟″‶〝〞〟＂❝❞🙶🙷🙸')
_LOW_QUOTES = frozenset("‚❟❠")
_PARENTHESES = {"Ps": "(", "Pe": ")"}
_DRAWN_LIKE_BRACKETS = {"⊏": "(", "⊐": ")", "⊑": "(", "⊒": ")"}

# Blanks that are not spaces to Unicode: they would split a word that reads as one.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")

# Brackets around an IPv6 address (RFC 3261 section 25.1).
_BRACKETS_OF_ADDRESS = re.compile(r"\[(?P<inner>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]")


def inert(name: str, limit: int = MAX_TEXT) -> Clean:
    """Remove from a name the phone's signs and quotes that would end it.

    Brackets of every script become round, quotes single, letters in squares plain.
    """
    return clean("".join(map(_plain, clean(name, limit))), limit)


def inert_address(uri: str) -> Clean:
    """Address whose only square brackets surround an IPv6 address."""
    parts = []
    end = 0
    whole = clean(uri)
    for match in _BRACKETS_OF_ADDRESS.finditer(whole):
        parts += [*map(_round, whole[end : match.start()]), match[0]]
        end = match.end()
    return Clean("".join((*parts, *map(_round, whole[end:]))))


def imitates(name: str, uri: str, others: Container[str] = ()) -> bool:
    """True if a name that came with `uri` could be mistaken for another.

    `others` is how the names of people look who have another address: see `looks`.
    """
    if not name:
        return False
    text = fold(name)
    appearance = looks(name)
    return (
        appearance in others
        or _has_words_of_the_phone(name)
        or _SIGNS.search(text) is not None
        or "\N{REPLACEMENT CHARACTER}" in text  # a sign of the phone was removed
        or _is_another_address(text, uri)
        or _is_another_number(text, uri)
    )


def looks(text: str) -> str:
    """Common form of all texts that a person could mistake for each other."""
    if text.isascii():
        return fold(text).translate(_LOOKS_LIKE)
    plain = unicodedata.normalize("NFKD", fold(text))
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_LOOKS_LIKE)


def _has_words_of_the_phone(name: str) -> bool:
    appearance = looks(name)
    whole = appearance.replace("\N{REPLACEMENT CHARACTER}", "").replace("vv", "w")
    framed = looks(name.replace("|", " "))
    for read in (appearance, whole, framed, looks(fold(name).translate(_SPELT_WITH))):
        words = _WORD.findall(read)
        spaced = f" {' '.join(words)} "
        # Spaced letters read as one word: “s e c u r e”.
        joined = re.sub(r"(?<= \w) (?=\w )", "", spaced).split()
        if not _LOOKS_OF_WORDS.isdisjoint((*words, *joined)):
            return True
        if any(f" {phrase} " in spaced for phrase in _LOOKS_OF_PHRASES):
            return True
    return False


@functools.lru_cache(maxsize=1024)
def _plain(char: str) -> str:
    """The harmless form of a character of a name."""
    if char in _QUOTES:
        return "'"
    if unicodedata.category(char) == "Me" or char in _BLANKS:
        return ""  # Me: a frame around the letter before it
    code = ord(char)
    for start in (0x1F130, 0x1F150, 0x1F170):
        if start <= code < start + 26:
            return chr(ord("A") + code - start)
    return _round(char)


def _round(char: str) -> str:
    if char in _QUOTES or char in _LOW_QUOTES:
        return char
    bracket = _DRAWN_LIKE_BRACKETS.get(char)
    return bracket or _PARENTHESES.get(unicodedata.category(char), char)


def _is_another_address(text: str, uri: str) -> bool:
    own = fold(uri)
    allowed = (own, own.partition(":")[2])
    return any(address.strip("<>()") not in allowed for address in _ADDRESS.findall(text))


def _is_another_number(text: str, uri: str) -> bool:
    own = _digits(uri.partition(":")[2].partition("@")[0])
    # Among digits, the letters O and l read as digits.
    read = re.sub(r"(?<=[\d+ ])[oо]+|[oо]+(?=\d)", lambda m: "0" * len(m[0]), text)
    read = re.sub(r"(?<=\d)[li|]|[li|](?=\d)", "1", read)
    fewest = _FEWEST_DIGITS if _NUMBER.fullmatch(read) else _FEWEST_AMONG_WORDS
    for number in _NUMBER.findall(read):
        digits = _digits(number)
        is_own = bool(own) and own in (digits, _international(number))
        if len(digits) >= fewest and not is_own:
            return True
    return False


def _international(text: str) -> str:
    """Digits of a number after “+” or “00”, without the zero in “(0)”."""
    whole = numbers.read(text) or ""
    return whole.removeprefix("+" if whole.startswith("+") else "00")


def _digits(text: str) -> str:
    return "".join(
        str(unicodedata.digit(c)) for c in text if unicodedata.digit(c, None) is not None
    )


_LOOKS_OF_WORDS = frozenset(map(looks, _WORDS))
_LOOKS_OF_PHRASES = tuple(map(looks, _PHRASES))
