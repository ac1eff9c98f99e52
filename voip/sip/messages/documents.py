"""XML documents of notices, read within bounds, without DTD and entities."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MOST_BYTES = 16_000
"""Longest document: no SIP message of ours is longer."""

_MOST_ELEMENTS = 1_000
_DEPTH = 12
_CHARSETS = frozenset((None, "utf-8", "us-ascii"))
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)\s*(?:;|\Z)")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.-]+)", re.IGNORECASE)


class Unreadable(ValueError):
    """Body that is not the expected document."""


def read(content_type: str, body: bytes, expected: str, root: str) -> Element:
    """Parse a body of the media type `expected`, whose root element is `root`.

    Raises:
        Unreadable: it is anything else.
    """
    kind, charset = _TYPE.match(content_type), _CHARSET.search(content_type)
    if kind is None or kind[1].lower() != expected:
        raise Unreadable("another kind of document")
    if (charset and charset[1].lower()) not in _CHARSETS:
        raise Unreadable("another charset")
    if len(body) > MOST_BYTES:
        raise Unreadable("too long")
    try:
        text = body.decode("utf-8")
        # Text is read as it is, whatever encoding it declares.
        parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
        parser.feed(text)
        element: Element = parser.close()
    except (UnicodeDecodeError, ParseError, DefusedXmlException) as error:
        raise Unreadable("not XML as it is accepted here") from error
    if element.tag != root:
        raise Unreadable("another document")
    return element


class _Bounded(TreeBuilder):
    """Builder that stops a document of too many or too deep elements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > _DEPTH or self._count > _MOST_ELEMENTS:
            raise Unreadable("too large a tree")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)
