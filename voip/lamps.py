"""Lamps: what a server says of the people in the contacts."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LampState(StrEnum):
    """State of a person (RFC 4235, RFC 3863, RFC 4480); `unknown` is never a guess."""

    UNKNOWN = "unknown"
    OFFLINE = "offline"
    FREE = "free"
    RINGING = "ringing"
    BUSY = "busy"
    AWAY = "away"
    DND = "dnd"


class Seen(msgspec.Struct, frozen=True):
    """State of a person and their own words about it, as a server reports them."""

    state: LampState = LampState.UNKNOWN
    note: str = ""


class Lamp(msgspec.Struct, frozen=True):
    """Lamp of a contact's number or address at an account's server.

    `target` is what to dial, as the contact has it, without `sip:`. `note` is the
    person's own words, with presence alone.
    """

    account: str
    target: str
    state: LampState = LampState.UNKNOWN
    note: str = ""


def target_of(written: str) -> str:
    """Target of the lamp of a number as a contact has it."""
    return written.removeprefix("sip:")
