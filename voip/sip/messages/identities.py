"""Identities that a server vouches for, and who forwarded a call to this phone.

Only the account's own server is asked: a request is an account's by the connection
or address that it came from. Texts here are as received, and are cleaned by the
engine.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from voip.sip.messages import message as messages

_VALUE = re.compile(
    r'(?P<head>(?:"(?:[^"\\]|\\.)*+"|[^"<])*+<(?P<uri>[^<>]*+)>)(?P<rest>.*)', re.DOTALL
)
_SCHEME = re.compile(r"(sips?|tel):", re.IGNORECASE)
_PRIVACY = re.compile(r";[ \t]*privacy[ \t]*=[ \t]*\"?([A-Za-z]{1,20})", re.IGNORECASE)
_HIDDEN_ENTRY = re.compile(r"[?&]privacy=", re.IGNORECASE)
_CAUSE = re.compile(r"[;?&]cause=(\d{3})", re.IGNORECASE)
_LONGEST = 4096
_HIDING = frozenset(("id", "user", "header"))
_DIVERTING = frozenset(("302", "404", "408", "480", "486", "487"))
"""Causes of RFC 4458 section 2 and RFC 7544 that mean a diversion."""


def asserted(message: str) -> str | None:
    """Address, with its name, that a server gives a message's sender; None for none.

    P-Asserted-Identity (RFC 3325 section 9.1), a SIP address before a telephone
    number; else Remote-Party-ID (draft-ietf-sip-privacy-04). Privacy (RFC 3323)
    withholds it.
    """
    addresses = messages.values(message, "P-Asserted-Identity")
    remote = messages.values(message, "Remote-Party-ID")
    if not addresses and not remote:
        return None
    read = [_read(value) for value in addresses or remote[:1]]
    if _wants_privacy(message) or (not addresses and read[0].is_private):
        return None
    usable = [one for one in read if one.scheme]
    if not usable:
        return None
    return next((one for one in usable if one.scheme != "tel"), usable[0]).address


def diverted_by(message: str) -> str | None:
    """Address of the one who forwarded a call to this phone last, None for none.

    Diversion (RFC 5806), newest first; else History-Info (RFC 7044): the entry before
    the last one whose cause is a diversion. An identity that wants privacy is withheld.
    """
    diversions = messages.values(message, "Diversion")
    if diversions:
        newest = _read(diversions[0])
        return newest.address if newest.scheme and not newest.is_private else None
    entries = messages.values(message, "History-Info")
    for before, after in reversed(list(pairwise(entries))):
        cause = _CAUSE.search(_read(after).uri)
        if cause is not None and cause[1] in _DIVERTING:
            one = _read(before)
            return one.address if one.scheme and not _HIDDEN_ENTRY.search(one.uri) else None
    return None


class _Value(NamedTuple):
    """A header's value: its name with the address, the URI, and its parameters."""

    address: str
    uri: str
    parameters: str

    @property
    def scheme(self) -> str | None:
        match = _SCHEME.match(self.uri)
        return match[1].lower() if match else None

    @property
    def is_private(self) -> bool:
        match = _PRIVACY.search(self.parameters)
        return match is not None and match[1].lower() != "off"


def _read(value: str) -> _Value:
    match = _VALUE.match(value)
    if match is not None:
        return _Value(match["head"][:_LONGEST], match["uri"].strip(), match["rest"])
    # Without brackets a semicolon ends the address (RFC 3261 section 20.10).
    uri, semicolon, rest = value.partition(";")
    return _Value(uri[:_LONGEST], uri.strip(), semicolon + rest)


def _wants_privacy(message: str) -> bool:
    rows = messages.values(message, "Privacy")
    return not _HIDING.isdisjoint(tag.strip().lower() for row in rows for tag in row.split(";"))
