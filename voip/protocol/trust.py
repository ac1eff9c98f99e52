"""Locks, servers and compared words: commands and replies."""

from __future__ import annotations

import msgspec

from voip.model import Means
from voip.protection import Certificate, ComparedKey
from voip.protocol.base import Command


class GetLock(Command, frozen=True, tag="lock"):
    """The facts behind the lock of a call, or else of an account."""

    call: str | None = None
    account: str | None = None


class CompareWords(Command, frozen=True, tag="compare_words"):
    """The user's answer to the words of a call: `equal` at both ends, or not.

    `words` are those that were read: the answer is refused as `changed` when
    the call has others by now.
    """

    call: str
    words: tuple[str, ...]
    equal: bool


class GetCompared(Command, frozen=True, tag="compared"):
    """The far ends whose words were found equal, and are remembered."""


class ForgetCompared(Command, frozen=True, tag="forget_compared"):
    """Forget every key of a far end, in calls that are up too.

    `address` may be written in any way that `account` could call.
    """

    account: str
    address: str


class InspectServer(Command, frozen=True, tag="inspect_server"):
    """Look at the certificates of a TLS server; no SIP is sent, nothing is saved.

    `server` is host[:port]; without it, the server of `account`. What is wrong
    is judged by what that account trusts, or else by the usual authorities;
    with `fields` by what an account of them would trust, whatever else they lack.
    """

    server: str | None = None
    account: str | None = None
    fields: dict[str, str | int | bool] | None = None


class WordsCompared(msgspec.Struct, frozen=True):
    """The reply to `CompareWords`; `notice` says why an equal one is not remembered."""

    notice: str | None = None


class ComparedList(msgspec.Struct, frozen=True):
    """The reply to `GetCompared`: keys in the order in which they were compared."""

    keys: tuple[ComparedKey, ...]


class ServerReport(msgspec.Struct, frozen=True):
    """The reply to `InspectServer`: what a TLS server showed.

    `chain` has its own certificate first. `problems` say in words why it would
    be refused without a pin; none means that it is trusted. `refused` are
    those that a pin does not mend either. `pin` is the public key that the
    account accepts now, `pinned_on` when that was decided (RFC 3339),
    `pinned_by` the login name of who decided it, `pinned_with` by which means.
    Where nothing says so, somebody wrote the pin into accounts.toml.
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
