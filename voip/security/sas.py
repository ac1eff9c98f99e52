"""Words that two people compare by voice to detect a middleman.

A short authentication string (SAS, RFC 6189 section 7) for DTLS-SRTP (RFC 5764):
each end makes words of the fingerprints (RFC 8122) of both certificates in its
handshake. One handshake between the ends gives both the same pair. A middleman
who decrypts holds two handshakes with keys of their own, and the ends have
different pairs.

88 bits are less than they look: the middleman chooses both keys and needs two
that give the same words. That is a birthday search of about 2^44 tries on either
side. Each try therefore costs scrypt (RFC 7914) with 16 MiB of memory and some
50 ms of a core: 2^45 tries are 1.8e12 s, or 56,000 years of a core.

The search can begin before the call, as an account shows every peer the same
certificate (`voip.engine.accounts.own_keys`). Replacing it makes the search
worthless, so a certificate lives for 90 days. In this time the search takes
230,000 cores, or 150 graphics cards: a try moves 32 MiB, so a card that moves
1 TB/s makes at most 30,000 in a second. Each pair of phones needs a search of
its own.

A comparison is remembered (`voip.engine.trust.compared`), so a successful search
counts in later calls too: its key is accepted as the far end's. It has no more
time for that, as the words depend on both certificates.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from mnemonic import Mnemonic

from voip.protection import Keying, Stream

WORDS = 8

_BITS = 11
"""Bits in a word of BIP-39's English list of 2048 words.

The words differ in their first four letters.
"""

_DOMAIN = b"offhook end-to-end words, version 1"
"""Salt of scrypt, not secret: other programs and versions use others."""

_COST, _BLOCK_SIZE, _PARALLEL = 2**14, 8, 1

_DIGESTS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Digests that a certificate may be named by, with their bytes.

With a weaker one, two certificates could share a fingerprint.
"""

_FINGERPRINT = re.compile(r"(?P<digest>[a-z0-9-]+) (?P<bytes>[0-9a-f]{2}(?::[0-9a-f]{2})*)")


class Pair(NamedTuple):
    """Fingerprints of both ends, in an order and case that both share."""

    first: str
    second: str


class Ends(NamedTuple):
    """Fingerprints of both ends in lower case, as seen from here."""

    local: str
    remote: str

    @property
    def pair(self) -> Pair:
        """The same fingerprints as the far end orders them."""
        return Pair(*sorted(self))


def ends(streams: Iterable[Stream]) -> Ends | None:
    """Certificates of a call's one handshake, perhaps with a middleman.

    None unless exactly one stream is active, under SRTP, with keys by DTLS, and
    both fingerprints are known and made by SHA-256 or better.
    """
    active = [stream for stream in streams if stream.active]
    if len(active) != 1 or not active[0].srtp or active[0].keying is not Keying.DTLS:
        return None
    local = _normal(active[0].local_fingerprint)
    remote = _normal(active[0].remote_fingerprint)
    if local is None or remote is None:
        return None
    return Ends(local, remote)


def pair(streams: Iterable[Stream]) -> Pair | None:
    """The certificates of `ends` in one order, for `words`."""
    both = ends(streams)
    return both.pair if both is not None else None


@lru_cache(maxsize=64)
def words(of: Pair) -> tuple[str, ...]:
    """Eight words of eleven bits each, slow on purpose to hinder a search."""
    length = WORDS * _BITS // 8
    stretched = hashlib.scrypt(
        "\n".join(of).encode(),
        salt=_DOMAIN,
        n=_COST,
        r=_BLOCK_SIZE,
        p=_PARALLEL,
        dklen=length,
    )
    number = int.from_bytes(stretched, "big")
    english = _english()
    places = (number >> _BITS * place for place in reversed(range(WORDS)))
    return tuple(english[place % len(english)] for place in places)


def _normal(fingerprint: str | None) -> str | None:
    match = _FINGERPRINT.fullmatch((fingerprint or "").lower())
    if match is None or match["bytes"].count(":") + 1 != _DIGESTS.get(match["digest"]):
        return None
    return match[0]


@cache
def _english() -> tuple[str, ...]:
    return tuple(Mnemonic("english").wordlist)
