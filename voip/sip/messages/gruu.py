"""Public GRUU of a registration: an address that leads to this phone alone (RFC 5627)."""

from __future__ import annotations

import re

from voip.protection import Transport
from voip.sip.dialing import escape_user
from voip.sip.messages import message as messages

_BRACKETS = re.compile(r'("(?:[^"\\]|\\.)*+"?)|<[^>]*+>?')
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_PARAMETER = r";[ \t]*{name}[ \t]*=[ \t]*" + _QUOTED
_INSTANCE = re.compile(_PARAMETER.format(name=r"\+sip\.instance"), re.IGNORECASE)
_PUBLIC = re.compile(_PARAMETER.format(name="pub-gruu"), re.IGNORECASE)
_GRUU = re.compile(r"(sips?):([^@;:?]+)@([^@;:?]+);gr=([A-Za-z0-9._~:%+-]{1,128})")


def public_gruu(
    response: str, *, user: str, domain: str, transport: Transport, instance: str
) -> str | None:
    """GRUU that a registrar gives this instance of an account, None for none.

    A registrar's text: only the account's own address with nothing but `gr` is
    accepted, by `sips` over TLS alone. A server without outbound may hand out a GRUU
    that its proxy does not route within a call.
    """
    if not messages.supports_outbound(response):
        return None
    for contact in messages.values(response, "Contact", "m"):
        # A parameter within the URI is not the contact's.
        contact = _BRACKETS.sub(r"\1", contact)
        owner, given = _INSTANCE.search(contact), _PUBLIC.search(contact)
        if owner is None or given is None or owner[1] != f"<{instance}>":
            continue
        match = _GRUU.fullmatch(given[1])
        if match is None or (match[1] == "sips" and transport is not Transport.TLS):
            continue
        if (match[2], match[3].lower()) == (escape_user(user), domain.lower()):
            return given[1]
    return None
