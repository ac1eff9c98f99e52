"""The edge where text from the network enters the engine, and is cleaned.

Every string of every event that a worker sends goes through here, by type:
nothing behind this module needs to think about escape characters.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, TypeVar

import msgspec

from voip.model import Party
from voip.text import clean

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

_ADDRESS = re.compile(r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*))\s*<(?P<uri>[^>]*)>')
_MAX_URI = 256
_MAX_NAME = 80


def clean_event(event: _Struct) -> _Struct:
    """The event with every string in it made harmless."""
    cleaned: _Struct = _clean(event)
    return cleaned


def party(address: str) -> Party:
    """Name and URI of a From or To value (RFC 3261 section 20.10)."""
    match = _ADDRESS.match(address)
    if match is None:
        return Party(uri=clean(_bare(address), _MAX_URI))
    name = match["plain"] if match["quoted"] is None else match["quoted"]
    unescaped = re.sub(r"\\(.)", r"\1", name)
    return Party(uri=clean(_bare(match["uri"]), _MAX_URI), name=clean(unescaped, _MAX_NAME))


def _bare(uri: str) -> str:
    # Parameters say how a message travelled, not who somebody is.
    # A user part may hold “;” and “?” (RFC 3261 section 25.1).
    user, at, host = uri.strip().rpartition("@")
    return user + at + re.split(r"[;?]", host, maxsplit=1)[0]


def _clean(value: Any) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return clean(value, 4096)
    if isinstance(value, tuple):
        return tuple(_clean(item) for item in value)
    if isinstance(value, msgspec.Struct):
        fields = {name: _clean(getattr(value, name)) for name in value.__struct_fields__}
        return type(value)(**fields)
    return value
