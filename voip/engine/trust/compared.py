"""Compared far ends, and what equal words prove in later calls.

Equal words prove that a certificate is the far end's own (`voip.security.sas`). A DTLS
handshake proves that its sender has the certificate's key. So the same certificate
proves the same phone in a later call without words: decrypting between the two needs
its key.

- A caller who claims another person's address has another key: the call reads as
changed.
- A middleman shows a key of their own, and reads as changed too.
- A far end may have several phones: each key is kept, and proved by words of its own.
- An address is remembered only with the account it was reached by: two servers may give
one address to two people.
- A caller without an address, or with a hidden one, is unknown: nothing is remembered,
and the answer holds for that call alone.
- A new key does not prove an attack. An Offhook replaces its own after 90 days
(`voip.engine.accounts.own_keys`), other phones may do so at each start, and a telephone
may be replaced.
- Different words remove that one key and keep the far end's others, which expose a
middleman next time.
- A certificate announced by another digest reads as changed: that costs a comparison
and promises nothing.

An answer holds for exactly the two certificates whose words were read. Keys agreed
again with other certificates in the same call are judged again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voip.protection import Compared, ComparedKey, Comparison
from voip.security.sas import Ends
from voip.sip import callers, dialing
from voip.sip.callers import Exchange
from voip.sip.dialing import DialError


class Answer(NamedTuple):
    """Answer of the user in a call; `on` is when words were last equal."""

    ends: Ends
    equal: bool
    on: str | None


def comparison(
    ends: Ends | None, answer: Answer | None, keys: Sequence[ComparedKey]
) -> Comparison | None:
    """Comparison of a call; `keys` are its far end's keys, latest last.

    None where there are no words to compare.
    """
    if ends is None:
        return None
    if answer is not None and answer.ends == ends:
        return Comparison(Compared.EQUAL if answer.equal else Compared.DIFFERENT, answer.on)
    same = next((key for key in keys if key.fingerprint == ends.remote), None)
    if same is not None:
        return Comparison(Compared.REMEMBERED, same.on)
    if keys:
        return Comparison(Compared.CHANGED, keys[-1].on)
    return Comparison(Compared.PENDING)


def far_end(uri: str, exchange: Exchange | None) -> str | None:
    """Normalize an address, always with its host.

    None for a caller who is anonymous or names no host, and without an `exchange`.
    """
    if exchange is None:
        return None
    try:
        callers.call_back(uri, exchange)
        host = dialing.parse_address(uri).host
    except DialError:
        return None
    if host is None or dialing.hides(host):
        return None
    keys = callers.keys(uri, exchange)
    if not keys:
        return None
    user, host, port = keys[-1]
    return f"{dialing.escape_user(user)}@{host}" + (f":{port}" if port else "")
