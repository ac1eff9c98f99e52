"""Messages about look-ups and blocked callers."""

from __future__ import annotations

import msgspec

from voip.model import BlockedCaller, NameFrom
from voip.protocol.base import Command


class LookUp(Command, frozen=True, tag="look_up"):
    """Look up the target and account of `text`, and suggestions.

    Nothing is called. `account` None uses the account that a call would.
    """

    text: str
    account: str | None = None
    limit: int = 8


class BlockCaller(Command, frozen=True, tag="block"):
    """Decline present and future calls of an address to an account.

    `caller` is a number or an address; the reply is its `BlockedCaller`.
    """

    caller: str
    account: str


class UnblockCaller(Command, frozen=True, tag="unblock"):
    """Let a blocked caller ring again; `caller` in any spelling."""

    caller: str
    account: str


class GetBlocked(Command, frozen=True, tag="blocked"):
    """Request blocked callers.

    With `caller` and `account`, only the entry of this caller.
    """

    caller: str | None = None
    account: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """Possible target of a look-up; `target` is what to dial.

    `source` is contact, log, account, or echo for the local test line. `name_from` is
    as in `Party`.
    """

    name: str
    target: str
    source: str
    name_from: NameFrom | None = None


class LookedUp(msgspec.Struct, frozen=True):
    """Reply to `LookUp`: `uri` and `account` of the call, or its `problem`.

    `warning`: the account is said not to place calls to this emergency number.
    `tones` are sent once the call is active, as in `PlaceCall`.
    """

    uri: str | None
    account: str | None
    problem: str | None
    suggestions: tuple[Suggestion, ...] = ()
    warning: str | None = None
    tones: str = ""


class BlockedCallers(msgspec.Struct, frozen=True):
    """Reply to `GetBlocked`."""

    callers: tuple[BlockedCaller, ...]


AnyPeopleCommand = LookUp | BlockCaller | UnblockCaller | GetBlocked
