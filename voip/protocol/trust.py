"""Messages about locks, servers and compared words."""

from __future__ import annotations

import msgspec

from voip.choices import Means
from voip.protection import Certificate, ComparedKey
from voip.protocol.base import Command


class GetLock(Command, frozen=True, tag="lock"):
    """Request the facts behind the lock of a call or of an account."""

    call: str | None = None
    account: str | None = None


class CompareWords(Command, frozen=True, tag="compare_words"):
    """Answer to the words of a call: `equal` at both ends, or not.

    `words` are those that the user read: the answer is refused as `changed` when the
    call has others by now.
    """

    call: str
    words: tuple[str, ...]
    equal: bool


class GetCompared(Command, frozen=True, tag="compared"):
    """Request the remembered far ends, whose words were equal."""


class ForgetCompared(Command, frozen=True, tag="forget_compared"):
    """Forget every key of a far end, also in current calls.

    `address` is in any spelling that `account` could call.
    """

    account: str
    address: str


class InspectServer(Command, frozen=True, tag="inspect_server"):
    """Request a TLS server's certificates; sends no SIP and saves nothing.

    `server` is host[:port]; without it, the server of `account`. Problems are judged by
    the authorities that this account trusts, or else by the usual ones; with `fields`
    by the trust that they describe, whatever else they lack.
    """

    server: str | None = None
    account: str | None = None
    fields: dict[str, str | int | bool] | None = None


class WordsCompared(msgspec.Struct, frozen=True):
    """Reply to `CompareWords`.

    `notice` says why an equal one is not remembered.
    """

    notice: str | None = None


class ComparedList(msgspec.Struct, frozen=True):
    """Reply to `GetCompared`: keys in the order of their comparison."""

    keys: tuple[ComparedKey, ...]


class ServerReport(msgspec.Struct, frozen=True):
    """Reply to `InspectServer`: the certificates of a TLS server.

    `chain` has its own certificate first. `problems` say in words why it would be
    refused without a pin; none means that it is trusted. `refused` are those that a pin
    does not fix either. `pin` is the public key that the account accepts now,
    `pinned_on` the time of that decision (RFC 3339), `pinned_by` the login name of its
    user, `pinned_with` the means. Without them, the pin was written to accounts.toml by
    hand.
    """

    host: str
    port: int
    version: str
    cipher: str
    chain: tuple[Certificate, ...]
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    pin: str | None = None
    pinned_on: str | None = None
    pinned_by: str | None = None
    pinned_with: Means | None = None


AnyTrustCommand = GetLock | CompareWords | GetCompared | ForgetCompared | InspectServer
