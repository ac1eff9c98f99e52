"""The far ends whose words were found equal, and what that is worth in later calls.

Equal words prove that a certificate is the far end's own (`voip.security.sas`). A DTLS
handshake proves that whoever speaks has the key of the certificate it shows.
So in a later call the same certificate proves the same phone, and nobody
between the two decrypts: they would need that phone's key. No words are
needed for it.

- A caller who claims somebody else's address has another key. The call reads
  as changed, which no claimed name can prevent.
- Somebody in the middle shows a key of their own, and reads as changed too.
- A far end may have several phones: each of their keys is kept, and each is
  proved by words of its own.
- An address is only remembered with the account it was reached by. Two
  servers may give one address to two people.
- A caller without an address, or with a hidden one, is anybody: nothing is
  remembered, and the answer holds for that call alone.
- A key that is new is no proof of an attack. An Offhook replaces its own after
  90 days (`voip.engine.accounts.own_keys`), other phones may do so at each start, and a
  telephone may be replaced.
- Words that differ take back what was remembered of that one key, and leave
  the far end's others: those give away whoever is in the middle next time.
- A certificate announced by another digest reads as changed: that costs a
  comparison and promises nothing.

An answer holds for exactly the two certificates whose words were read. Keys
that are agreed anew with others in the same call are judged afresh.
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
    """An answer of the user in a call: `on` is when the words were last found equal."""

    ends: Ends
    equal: bool
    on: str | None


def comparison(
    found: Ends | None, answer: Answer | None, known: Sequence[ComparedKey]
) -> Comparison | None:
    """The comparison of a call; `known` are the keys of its far end, the latest last.

    None where there are no words to compare.
    """
    if found is None:
        return None
    if answer is not None and answer.ends == found:
        return Comparison(Compared.EQUAL if answer.equal else Compared.DIFFERENT, answer.on)
    same = next((key for key in known if key.fingerprint == found.remote), None)
    if same is not None:
        return Comparison(Compared.REMEMBERED, same.on)
    if known:
        return Comparison(Compared.CHANGED, known[-1].on)
    return Comparison(Compared.PENDING)


def far_end(uri: str, exchange: Exchange | None) -> str | None:
    """One spelling for all ways to write an address, always with its host.

    None for a caller who hides or names no host, and without an `exchange`.
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
