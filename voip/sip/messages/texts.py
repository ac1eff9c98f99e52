"""Bodies of text messages (RFC 3428) as text: plain, multipart and CPIM (RFC 3862).

The far end chose every byte: what is read is bounded in size, in parts and in depth,
and no type but text/plain becomes text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import quopri
import re
from collections.abc import Iterator

import msgspec

from voip.sip.messages import message

ACCEPTED = "text/plain, message/cpim, multipart/mixed, multipart/alternative"
"""Types of body that are read (RFC 3261 section 20.1)."""

MAX_BYTES = 8_192
"""Longest text that is kept, in bytes."""

NOT_READABLE = 415
TOO_LONG = 413

_MOST_PARTS = 16
_DEEPEST = 3
_LONGEST_BOUNDARY = 70
"""Characters of a boundary (RFC 2046 section 5.1.1)."""

_CHARSETS = {
    "": "utf-8",
    "us-ascii": "utf-8",
    "utf-8": "utf-8",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "utf-16": "utf-16",
}
_TYPE = re.compile(
    r"[ \t]*([!#-'*+.0-9A-Z^-z|~-]{1,64})/([!#-'*+.0-9A-Z^-z|~-]{1,64})[ \t]*(?:;|$)"
)
_PARAMETER = re.compile(r';?[ \t]*([A-Za-z-]{1,32})=(?:"([^"\\]{0,256})"|([^\s;"]{1,256}))[ \t]*')
_BREAK = re.compile(rb"\r\n|\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_BLANK = re.compile(rb"(?:^|\r?\n)\r?\n")
_CPIM_FROM = re.compile(r"^From:[ \t]*(.{1,256})$", re.MULTILINE)


class Unreadable(Exception):
    """Body that is not text; `code` is the answer to its request."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Body(msgspec.Struct, frozen=True):
    """Text of a message, not cleaned; `says_from` is the sender that its CPIM names."""

    text: str
    says_from: str | None = None


class _Part(msgspec.Struct, frozen=True):
    kind: str
    parameters: dict[str, str]
    content: bytes


def read(content_type: str, content_encoding: str, body: bytes) -> Body:
    """Text of a message with these two headers.

    A text without a type is plain (RFC 3428 section 4).

    Raises:
        Unreadable: it holds no text, in an encoding that is not read, or too much.
    """
    if content_encoding.strip().lower() not in ("", "identity"):
        raise Unreadable(NOT_READABLE)
    if not body:
        return Body("")
    result = _text(_part(content_type or "text/plain", "", body), _DEEPEST)
    if result is None:
        raise Unreadable(NOT_READABLE)
    if len(result.text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Unreadable(TOO_LONG)
    return result


def body_of(request: str) -> bytes:
    """Body of a request, as it came.

    PJSIP hands out the whole request: bytes that are not UTF-8 are lone surrogates, and
    a datagram may be longer than its Content-Length (RFC 3261 section 18.3).
    """
    body = message.body(request).encode("utf-8", "surrogateescape")
    size = next(iter(message.values(request, "Content-Length", "l")), "")
    return body[: int(size)] if re.fullmatch(r"[0-9]{1,9}", size) else body


def mark(request: str, body: bytes) -> str:
    """Mark that a repetition of a request shares (RFC 3261 section 8.2.2.2).

    A sender who uses one Call-ID and number for several texts loses none of them.
    """
    names = (("From", "f"), ("Call-ID", "i"), ("CSeq",))
    heads = [message.values(request, *pair) for pair in names]
    # A proxy may write a name anew, but not the tag.
    tags = [re.findall(r";[ \t]*tag[ \t]*=[ \t]*([^\s;,]+)", value) for value in heads[0]]
    facts = repr((tags, heads[1], heads[2])).encode("utf-8", "surrogateescape")
    return hashlib.sha256(facts + b"\0" + body).hexdigest()


def _part(content_type: str, transfer_encoding: str, body: bytes) -> _Part:
    match = _TYPE.match(content_type)
    if match is None:
        raise Unreadable(NOT_READABLE)
    found = _PARAMETER.finditer(content_type, match.end())
    parameters = {m[1].lower(): m[3] if m[2] is None else m[2] for m in found}
    kind = f"{match[1]}/{match[2]}".lower()
    return _Part(kind, parameters, _decoded(transfer_encoding.strip().lower(), body))


def _decoded(encoding: str, body: bytes) -> bytes:
    if encoding in ("", "7bit", "8bit", "binary"):
        return body
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding == "base64":
        try:
            return base64.b64decode(body, validate=False)
        except binascii.Error:
            raise Unreadable(NOT_READABLE) from None
    raise Unreadable(NOT_READABLE)


def _text(part: _Part, depth: int) -> Body | None:
    """Text in a part, None where there is none."""
    if part.kind == "text/plain":
        charset = _CHARSETS.get(part.parameters.get("charset", "").lower())
        if charset is None:
            return None
        return Body(part.content.decode(charset, "replace"))
    if depth == 0:
        return None
    if part.kind == "message/cpim":
        return _cpim(part.content, depth - 1)
    if part.kind.startswith("multipart/"):
        for inner in _parts(part):
            result = _text(inner, depth - 1)
            # An empty part before the text must not stand for it.
            if result is not None and result.text:
                return result
    return None


def _cpim(content: bytes, depth: int) -> Body | None:
    """Text in a message of RFC 3862: headers, those of its content, the content."""
    headers, *rest = _BLANK.split(content, maxsplit=1)
    if not rest:
        return None
    inner = _text(_with_headers(rest[0]), depth)
    if inner is None:
        return None
    says = _CPIM_FROM.search(headers.decode("utf-8", "replace").replace("\r", ""))
    return msgspec.structs.replace(inner, says_from=says[1].strip() if says else None)


def _parts(part: _Part) -> Iterator[_Part]:
    """Parts of a multipart body (RFC 2046 section 5.1) that can be read."""
    boundary = part.parameters.get("boundary", "")
    if not boundary or len(boundary) > _LONGEST_BOUNDARY:
        return
    line = (
        rb"(?:^|\r?\n)--"
        + re.escape(boundary.encode("utf-8", "replace"))
        + rb"(--)?[ \t]*(?=\r?\n|$)"
    )
    places = list(re.finditer(line, part.content))[: _MOST_PARTS + 1]
    for here, after in itertools.pairwise(places):
        if here[1] is not None:
            return
        raw = part.content[here.end() : after.start()]
        try:
            yield _with_headers(_BREAK.sub(b"", raw[:2], count=1) + raw[2:])
        except Unreadable:
            continue


def _with_headers(raw: bytes) -> _Part:
    """Part of the headers and the content in `raw` (RFC 2045 section 3)."""
    head, *rest = _BLANK.split(raw, maxsplit=1)
    if not rest:
        raise Unreadable(NOT_READABLE)
    headers: dict[str, str] = {}
    for line in _BREAK.split(_FOLD.sub(b" ", head)):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    kind = headers.get("content-type", "text/plain")
    return _part(kind, headers.get("content-transfer-encoding", ""), rest[0])
