"""Text messages as clients see them (SIP MESSAGE, RFC 3428)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from voip.causes import Cause
from voip.model import Direction, Party


class TextState(StrEnum):
    """State of a text message.

    `received` from somebody else; of ours `sending`, `delivered` to the far end or its
    server, `accepted` for later delivery (202), or `failed`.
    """

    RECEIVED = "received"
    SENDING = "sending"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    FAILED = "failed"


class TextMessage(msgspec.Struct, frozen=True):
    """Text message, sent or received, in cleaned text that keeps its line breaks.

    `time` is when it was sent or arrived here, RFC 3339 in UTC. `says_from` is the
    sender inside its wrapping (RFC 3862), which nobody has checked. `cause` and `code`
    are those of a failed one, `problem` its sentence.
    """

    id: str
    account: str
    remote: Party
    direction: Direction
    text: str
    time: str
    state: TextState
    unread: bool = False
    says_from: str | None = None
    code: int | None = None
    cause: Cause | None = None
    problem: str | None = None

    @property
    def is_ours(self) -> bool:
        """True if it was sent from here."""
        return self.direction is Direction.OUT


class Thread(msgspec.Struct, frozen=True):
    """Texts with one person by one account: the last one, and counts."""

    last: TextMessage
    messages: int
    unread: int
