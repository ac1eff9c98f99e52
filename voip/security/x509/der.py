"""Elements of DER, the encoding of certificates (X.690 sections 8.1 and 10.1)."""

from __future__ import annotations

import re
from typing import NamedTuple

INTEGER, BIT_STRING, OCTET_STRING, OBJECT = 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

# UTF8, Numeric, Printable, Teletex, IA5, Visible: many a certificate has UTF-8 in each.
_TEXTS = dict.fromkeys((0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A), "utf-8")
# Universal, BMP
_TEXTS |= {0x1C: "utf-32-be", 0x1E: "utf-16-be"}

_MOST_LENGTH_BYTES = 4
_MOST_OBJECT_BYTES = 32
_FORMATS = {
    UTC_TIME: re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", re.ASCII),
    GENERALIZED_TIME: re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", re.ASCII),
}


class Element(NamedTuple):
    """Element with its tag; `whole` is all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def elements(der: bytes) -> list[Element]:
    """Elements in a row, to the end.

    Raises:
        ValueError: it is not DER, or has tags of more than one byte.
    """
    found = []
    while der:
        element = _first(der)
        found.append(element)
        der = der[len(element.whole) :]
    return found


def only(der: bytes, tag: int) -> bytes:
    """Content of the one element.

    Raises:
        ValueError: it is another, or not alone.
    """
    element = _first(der)
    if element.tag != tag or len(element.whole) != len(der):
        raise ValueError("not the element that is expected")
    return element.content


def content_of(element: Element, tag: int) -> bytes:
    """Content of an element of this tag.

    Raises:
        ValueError: it has another tag.
    """
    if element.tag != tag:
        raise ValueError(f"tag {element.tag:#x} in place of {tag:#x}")
    return element.content


def object_identifier(content: bytes) -> str:
    """Numbers of an object identifier, with dots (X.690 section 8.19).

    Raises:
        ValueError: it is none.
    """
    if not content or content[-1] & 0x80 or len(content) > _MOST_OBJECT_BYTES:
        raise ValueError("not an object identifier")
    numbers, value, begins = [], 0, True
    for byte in content:
        if begins and byte == 0x80:
            raise ValueError("not the shortest form of a number")
        value = value << 7 | byte & 0x7F
        begins = not byte & 0x80
        if begins:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def text(element: Element) -> str | None:
    """Text of an element; None if it is of another kind.

    Raises:
        ValueError: its bytes are not of its encoding.
    """
    encoding = _TEXTS.get(element.tag)
    return None if encoding is None else element.content.decode(encoding)


def time(element: Element) -> tuple[int, int, int, int, int, int]:
    """Year to second of a time in UTC (RFC 5280 section 4.1.2.5).

    Raises:
        ValueError: it is none.
    """
    form = _FORMATS.get(element.tag)
    match = form.fullmatch(element.content.decode("ascii")) if form else None
    if match is None:
        raise ValueError("not a time")
    year, month, day, hour, minute, second = map(int, match.groups())
    if element.tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000
    return year, month, day, hour, minute, second


def _first(der: bytes) -> Element:
    if len(der) < 2 or der[0] & 0x1F == 0x1F:
        raise ValueError("not an element of DER")
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start])
        # One way alone to write a length: others would hide bytes from one reader.
        is_long = start - 2 > _MOST_LENGTH_BYTES
        if is_long or start > len(der) or size < 0x80 or size >> 8 * (start - 3) == 0:
            raise ValueError("not a length of DER")
    if start + size > len(der):
        raise ValueError("an element that ends too early")
    return Element(der[0], der[start : start + size], der[: start + size])
