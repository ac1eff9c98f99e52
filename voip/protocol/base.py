"""Base of clients' commands and of the engine's events."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Request of a client."""


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Change that the engine reports."""
