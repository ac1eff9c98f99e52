"""Commands of a client and events of the engine, in common."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something a client asks for."""


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that changed."""
