"""Reads vCard files (RFC 6350, RFC 2426 and vCard 2.1) card by card, and writes new ones.

Every step takes time in proportion to the text, which may be hostile. An unreadable
card does not affect the others.
"""

from __future__ import annotations

import codecs
import quopri
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from voip.engine.files import whole_file
from voip.protocol.people import ContactNumber

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = ("utf-8", "cp1252")
# RFC 6350 section 3.2: a letter of several bytes may be folded in its middle.
_FOLD_IN_A_LETTER = re.compile(rb"(?<=[\x80-\xff])(?:\r\n|\n|\r)[ \t](?=[\x80-\xbf])")
_BEGIN, _END = "BEGIN:VCARD", "END:VCARD"
_LINE_END = re.compile(r"\r\n|\n|\r")
_HEAD = re.compile(r"(?:[A-Za-z0-9_-]++\.)?(?P<name>[A-Za-z0-9_-]++)(?=[;:])")
_PARAMETER = re.compile(r';(?P<name>[^=;:"]*+)(?:=(?P<value>(?:"[^"]*+"|[^";:]++)*+))?')
_ESCAPED = re.compile(r"\\(.)")
_CARET = {"^^": "^", "^n": "\n", "^'": '"'}
_LONGEST_LINE = 75
"""Bytes of a line (RFC 2425 section 5.8.1); a longer one goes on in the next."""

_MEANT = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_READ = frozenset(("FN", "N", "NICKNAME", "ORG", "TEL", "IMPP", "X-SIP", "X-ABLABEL"))


class CardError(ValueError):
    """Card that cannot be read; the text is the reason for the user."""


class Property(msgspec.Struct, frozen=True):
    """Line of a card, its text still escaped.

    Names are in capitals, `types` in small letters.
    """

    name: str
    text: str
    group: str = ""
    types: tuple[str, ...] = ()
    preference: int | None = None

    @property
    def value(self) -> str:
        return _unescaped(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        """Components of a structured value, such as N."""
        return tuple(map(_unescaped, re.findall(r"(?:^|(?<=;))((?:\\.|[^\\;])*+)", self.text)))


class Card(msgspec.Struct, frozen=True):
    """Properties of a person that this phone reads, in the file's order."""

    properties: tuple[Property, ...]

    def all(self, *names: str) -> list[Property]:
        return [line for name in names for line in self.properties if line.name == name]


class Odd(msgspec.Struct, frozen=True):
    """Card that was left out: its first line, and the reason."""

    line: int
    why: str


class Cards(msgspec.Struct, frozen=True):
    cards: tuple[Card, ...]
    odd: tuple[Odd, ...] = ()


def read(data: bytes) -> Cards:
    """Read every card of a file.

    Raises:
        CardError: the file is not a vCard file.
    """
    cards: list[Card] = []
    odd: list[Odd] = []
    text = _decoded(data)
    pieces = list(_cut(text))
    if not pieces and text.strip():
        raise CardError("it holds no contact (no BEGIN:VCARD)")
    for number, lines in pieces:
        try:
            cards.append(_card(lines))
        except CardError as error:
            odd.append(Odd(number, str(error)))
    return Cards(tuple(cards), tuple(odd))


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    # Decode each line alone: some programs put cards of several origins into one file.
    whole = _FOLD_IN_A_LETTER.sub(b"", data)
    return "\n".join(map(_text, re.split(rb"\r\n|\n|\r", whole)))


def _text(data: bytes, encodings: tuple[str, ...] = _ENCODINGS) -> str:
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")


def _cut(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each card after BEGIN:VCARD, and their start.

    A card ends at its END:VCARD, or at the next card if it has none.
    """
    card: list[str] | None = None
    begun = 0
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line.strip().upper() == _BEGIN:
            if card is not None:
                yield begun, card
            card, begun = [], number
        elif card is not None:
            card.append(line)
            if line.strip().upper() == _END:
                yield begun, card
                card = None
    if card is not None:
        yield begun, card


def _card(lines: list[str]) -> Card:
    properties: list[Property] = []
    last: Property | None = None
    for line in _unfolded(lines):
        if line.strip().upper() == _END:
            return Card(tuple(properties))
        if not line.strip():
            continue
        parsed = _property(line)
        if parsed is None:
            # A note or a picture may continue in lines that are not properties.
            if last is None or last.name in _READ:
                raise CardError("a line of it is not that of a vCard")
            continue
        last = parsed
        if parsed.name in _READ:
            properties.append(parsed)
    raise CardError("it has no END:VCARD")


def _unfolded(lines: list[str]) -> Iterator[str]:
    """Unfold lines (RFC 6350 section 3.2, RFC 2045 section 6.7)."""
    whole: list[str] = []
    soft = False
    for line in lines:
        if soft:
            whole.append(line)
        elif whole and line[:1] in (" ", "\t"):
            whole.append(line[1:])
        else:
            if whole:
                yield "".join(whole)
            whole = [line]
            quoted = "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        soft = quoted and line.endswith("=")
        if soft:
            whole[-1] = whole[-1][:-1]
    if whole:
        yield "".join(whole)


def _property(line: str) -> Property | None:
    head = _HEAD.match(line)
    if head is None:
        return None
    name = head["name"].upper()
    place = head.end()
    parameters: list[tuple[str, str]] = []
    while line[place : place + 1] == ";":
        match = _PARAMETER.match(line, place)
        if match is None:
            return None
        parameters.append((match["name"].strip().upper(), match["value"] or ""))
        place = match.end()
    if line[place : place + 1] != ":":
        return None
    text = line[place + 1 :]
    if name not in _READ:
        return Property(name, "")
    if _encoding(parameters) == "QUOTED-PRINTABLE":
        text = _from_quoted_printable(text, dict(parameters).get("CHARSET", "utf-8"))
    types = tuple(_types(parameters))
    group = line[: head.start("name")].rstrip(".").lower()
    return Property(name, text, group, types, _preference(parameters, types))


def _encoding(parameters: list[tuple[str, str]]) -> str:
    # vCard 2.1 gives values without the name of their parameter.
    named = dict(parameters)
    return "QUOTED-PRINTABLE" if "QUOTED-PRINTABLE" in named else named.get("ENCODING", "").upper()


def _from_quoted_printable(text: str, charset: str) -> str:
    data = quopri.decodestring(text.encode("utf-8"))
    return _text(data, (charset.strip('"'), *_ENCODINGS))


def _types(parameters: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in parameters:
        if name == "TYPE":
            for word in re.sub(r"\^[\^n']", lambda m: _CARET[m[0]], value).split(","):
                yield word.strip('" ').lower()
        elif not value:
            yield name.lower()


def _preference(parameters: list[tuple[str, str]], types: tuple[str, ...]) -> int | None:
    """Return the preference, 1 to 100, 1 the best, or None.

    RFC 6350 section 5.3.
    """
    given = dict(parameters).get("PREF", "").strip('" ')
    if given.isascii() and given.isdecimal():
        return min(max(int(given[:4]), 1), 100)
    return 1 if "pref" in types else None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)


def write(folder: Path, name: str, number: ContactNumber) -> Path:
    """Write the card of a person; return its file, which nothing else has written.

    Raises:
        OSError: it cannot be written.
    """
    uid = str(uuid.uuid4())
    path = folder / f"{uid}.vcf"
    whole_file.create(path, _written(uid, name, number))
    return path


def _written(uid: str, name: str, number: ContactNumber) -> bytes:
    text = name.translate(_MEANT)
    kind = "IMPP" if "@" in number.target else "TEL"
    value = f"{number.target}{number.tones}".translate(_MEANT)
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{uid}",
        f"FN:{text}",
        # Which of a person's names is the family's is unknown.
        f"N:{text};;;;",
        f"{kind}:{value}",
        "END:VCARD",
    )
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _folded(line: str) -> bytes:
    """Fold a line between letters, where every program joins it again."""
    pieces, room = [b""], _LONGEST_LINE
    for letter in line:
        encoded = letter.encode()
        if len(pieces[-1]) + len(encoded) > room:
            pieces.append(b"")
            room = _LONGEST_LINE - 1  # the space in front
        pieces[-1] += encoded
    return b"\r\n ".join(pieces)
