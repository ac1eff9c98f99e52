"""Cleans text from the network where it enters the engine.

Every string of every worker's event passes through here, by type: no later module needs
to handle escape characters.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from voip.model import NameFrom, Party
from voip.security.imitation import imitates, inert, inert_address
from voip.security.text import change_texts, clean
from voip.sip import callers

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

# Possessive matching: backtracking over a header of spaces would take minutes.
_ADDRESS = re.compile(
    r'\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"\s*+|(?P<plain>[^<"]*+))<(?P<uri>[^>]*+)>'
)
_MAX_NAME = 80
_MAX_TEXT = 4096


def clean_event(event: _Struct) -> _Struct:
    """Return the event with every string in it made harmless."""
    cleaned: _Struct = change_texts(event, lambda text: clean(text, _MAX_TEXT))
    return cleaned


def asserted(address: str | None, claimed: Party) -> Party:
    """Party that a server names by `address`; as `claimed` where it names none.

    Without a name of its own it keeps the claimed one.
    """
    if address is None:
        return claimed
    named = party(address, NameFrom.SERVER)
    if named.name or claimed.name_from is not NameFrom.CLAIM:
        return named
    # The name is still the far end's, but is judged beside the server's address.
    imitating = claimed.imitates or imitates(claimed.name, named.uri)
    return Party(named.uri, claimed.name, imitating, NameFrom.CLAIM)


def party(address: str, name_from: NameFrom = NameFrom.CLAIM) -> Party:
    """Parse the name and URI of a From or To value (RFC 3261 section 20.10)."""
    match = _ADDRESS.match(address)
    if match is None:
        return Party(uri=inert_address(callers.bare(address)))
    name = match["plain"] if match["quoted"] is None else match["quoted"]
    unescaped = re.sub(r"\\(.)", r"\1", name)
    uri, display_name = inert_address(callers.bare(match["uri"])), inert(unescaped, _MAX_NAME)
    # Cleaning removes what makes an imitation: the raw text must be checked too.
    claims = imitates(display_name, uri) or imitates(clean(unescaped), uri)
    return Party(
        uri=uri,
        name=display_name,
        imitates=claims,
        name_from=name_from if display_name else None,
    )
