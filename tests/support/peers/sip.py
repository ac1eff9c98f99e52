"""SIP to misbehave with: messages as text, built and read by hand."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass

from tests.support.media.srtp import FORMS

_COUNTER = itertools.count(1)
_COMPACT = {
    "c": "content-type", "f": "from", "i": "call-id", "k": "supported", "l": "content-length",
    "m": "contact", "t": "to", "v": "via", "x": "session-expires",
}  # fmt: skip
"""Short names of headers (RFC 3261 section 7.3.3, RFC 4028)."""


@dataclass(frozen=True)
class Message:
    """A request or response; header names as they were sent."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def method(self) -> str:
        return self.first.split(" ", 1)[0]

    @property
    def uri(self) -> str:
        return self.first.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/2.0") else 0

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if _long(key) == name.lower()]

    def get(self, name: str) -> str:
        return self.all(name)[0]


class Parser:
    """Cuts a stream into messages by Content-Length (RFC 3261 section 18.3)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        self._rest += data
        messages: list[Message] = []
        while True:
            stripped = self._rest.lstrip(b"\r\n")
            head, separator, tail = stripped.partition(b"\r\n\r\n")
            if not separator:
                return messages
            length = re.search(rb"(?im)^(?:Content-Length|l)\s*:\s*(\d+)", head)
            size = int(length[1]) if length else 0
            if len(tail) < size:
                return messages
            body = tail[:size].decode("utf-8", "replace")
            messages.append(_message(head.decode("utf-8", "replace"), body))
            self._rest = tail[size:]


def _long(name: str) -> str:
    name = name.lower()
    return _COMPACT.get(name, name)


def _message(head: str, body: str) -> Message:
    first, *lines = head.split("\r\n")
    headers = tuple(
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    return Message(first, headers, body)


def response(
    request: Message,
    status: int,
    reason: str = "Said",
    *,
    contact: str | None = None,
    body: str = "",
    extra: tuple[str, ...] = (),
    tag: str = "hostile",
) -> bytes:
    """An answer to `request` with the headers of RFC 3261 section 8.2.6."""
    to = request.get("To")
    if status > 100 and "tag=" not in to:
        to += f";tag={tag}"
    lines = [f"SIP/2.0 {status} {reason}"]
    lines += [f"Via: {via}" for via in request.all("Via")]
    lines += [f"Record-Route: {route}" for route in request.all("Record-Route")]
    lines += [f"From: {request.get('From')}", f"To: {to}"]
    lines += [f"Call-ID: {request.get('Call-ID')}", f"CSeq: {request.get('CSeq')}"]
    if contact:
        lines.append(f"Contact: {contact}")
    return _finish([*lines, *extra], body)


def request(
    method: str,
    uri: str,
    *,
    via: str,
    sender: str = '"Mallory" <sip:mallory@evil.test>',
    to: str,
    contact: str,
    body: str = "",
    extra: tuple[str, ...] = (),
) -> bytes:
    """A request outside any dialog."""
    number = next(_COUNTER)
    return within(
        Dialog(f"{sender};tag=h{number}", to, f"hostile-{number}@evil.test", uri),
        method, 1, via=via, contact=contact, body=body, extra=extra,
    )  # fmt: skip


@dataclass(frozen=True)
class Dialog:
    """One side of a dialog, as its requests share it (RFC 3261 section 12)."""

    sender: str
    to: str
    call_id: str
    target: str


def within(
    dialog: Dialog,
    method: str,
    number: int,
    *,
    via: str,
    contact: str,
    branch: str | None = None,
    body: str = "",
    extra: tuple[str, ...] = (),
) -> bytes:
    """Request within a dialog, with the CSeq `number`."""
    lines = [
        f"{method} {dialog.target} SIP/2.0",
        f"Via: {via};branch=z9hG4bK-{branch or next(_COUNTER)}",
        "Max-Forwards: 70",
        f"From: {dialog.sender}",
        f"To: {dialog.to}",
        f"Call-ID: {dialog.call_id}",
        f"CSeq: {number} {method}",
        f"Contact: {contact}",
        *extra,
    ]
    return _finish(lines, body)


def sdp(
    host: str,
    port: int,
    profile: str = "RTP/AVP",
    attributes: tuple[str, ...] = (),
    formats: str = "0 101",
) -> str:
    """A session of one stream, G.711 by default, with attributes."""
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0", f"o=- 1 1 IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0",
        f"m=audio {port} {profile} {formats}", "a=rtpmap:0 PCMU/8000",
        *(["a=rtpmap:101 telephone-event/8000"] if "101" in formats.split() else []),
        "a=sendrecv", *attributes,
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


DTLS = "UDP/TLS/RTP/SAVP"
"""Profile of a stream whose keys DTLS agrees on (RFC 5764 section 8)."""


def dtls(fingerprint: str, rtcp: int, setup: str = "passive") -> tuple[str, ...]:
    """DTLS lines of a session on both ports; the phone is client by default."""
    return (f"a=setup:{setup}", f"a=fingerprint:{fingerprint}", f"a=rtcp:{rtcp}")


def crypto(suite: str = "AES_CM_128_HMAC_SHA1_80", suffix: str = "", tag: int = 1) -> str:
    """An SDES line (RFC 4568) with a key of zeros, as long as the suite's."""
    form = FORMS.get(suite, FORMS["AES_CM_128_HMAC_SHA1_80"])
    key = base64.b64encode(bytes(form.key + form.salt)).decode()
    return f"a=crypto:{tag} {suite} inline:{key}{suffix}"


def _finish(lines: list[str], body: str) -> bytes:
    if body and not any(line.startswith("Content-Type:") for line in lines):
        lines.append("Content-Type: application/sdp")
    # A lone surrogate stands for a byte that is not UTF-8, as Python decodes it.
    content = body.encode("utf-8", "surrogateescape")
    lines.append(f"Content-Length: {len(content)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content
