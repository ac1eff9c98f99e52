"""People: look-ups and blocked callers, commands and replies."""

from __future__ import annotations

import msgspec

from voip.model import BlockedCaller, NameFrom
from voip.protocol.base import Command


class LookUp(Command, frozen=True, tag="look_up"):
    """Whom `text` would call, with which account, and what could be meant.

    Nothing is called. `account` None takes the account that a call would.
    """

    text: str
    account: str | None = None
    limit: int = 8


class BlockCaller(Command, frozen=True, tag="block"):
    """Decline calls of an address to an account from now on, and those that ring.

    `caller` is a number or an address; the reply is its `BlockedCaller`.
    """

    caller: str
    account: str


class UnblockCaller(Command, frozen=True, tag="unblock"):
    """Let a blocked caller ring again; `caller` in any way of writing it."""

    caller: str
    account: str


class GetBlocked(Command, frozen=True, tag="blocked"):
    """Blocked callers; with `caller` and `account`, the entry of this caller alone."""

    caller: str | None = None
    account: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody that could be meant; `target` is what to dial.

    `source` is contact, log, account, or echo for the local test line.
    `name_from` is as in `Party`.
    """

    name: str
    target: str
    source: str
    name_from: NameFrom | None = None


class LookedUp(msgspec.Struct, frozen=True):
    """The reply to `LookUp`: `uri` and `account` of the call, or its `problem`."""

    uri: str | None
    account: str | None
    problem: str | None
    suggestions: tuple[Suggestion, ...] = ()


class BlockedCallers(msgspec.Struct, frozen=True):
    """The reply to `GetBlocked`."""

    callers: tuple[BlockedCaller, ...]


AnyPeopleCommand = LookUp | BlockCaller | UnblockCaller | GetBlocked
