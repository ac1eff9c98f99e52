"""The edge where text from the network enters the engine, and is cleaned.

Every string of every event that a worker sends goes through here, by type:
nothing behind this module needs to think about escape characters.
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

# Nothing is given back once it is taken: a header of spaces would cost minutes.
_ADDRESS = re.compile(
    r'\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"\s*+|(?P<plain>[^<"]*+))<(?P<uri>[^>]*+)>'
)
_MAX_NAME = 80
_MAX_TEXT = 4096


def clean_event(event: _Struct) -> _Struct:
    """The event with every string in it made harmless."""
    cleaned: _Struct = change_texts(event, lambda text: clean(text, _MAX_TEXT))
    return cleaned


def party(address: str) -> Party:
    """Name and URI of a From or To value (RFC 3261 section 20.10)."""
    match = _ADDRESS.match(address)
    if match is None:
        return Party(uri=inert_address(callers.bare(address)))
    name = match["plain"] if match["quoted"] is None else match["quoted"]
    unescaped = re.sub(r"\\(.)", r"\1", name)
    uri, shown = inert_address(callers.bare(match["uri"])), inert(unescaped, _MAX_NAME)
    name_from = NameFrom.CLAIM if shown else None
    # As it was sent: what made it an imitation is not forgotten with it.
    claims = imitates(shown, uri) or imitates(clean(unescaped), uri)
    return Party(uri=uri, name=shown, imitates=claims, name_from=name_from)
