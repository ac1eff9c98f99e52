"""The words that two people compare by voice to know that nobody between decrypts.

A short authentication string (RFC 6189 section 7 calls it SAS) for DTLS-SRTP
(RFC 5764): each end knows the certificate that it showed in the handshake and
the one it was shown, and makes words of the two fingerprints (RFC 8122). When
one handshake joins the ends, both know the same two certificates. Whoever
decrypts between them holds two handshakes with a key of their own in each, and
the ends know different pairs.

88 bits are less than they look: somebody in the middle chooses both keys, and
looks for two that give the same words. That is a birthday search of about 2^44
tries on either side, not one of 2^88. So each try is made dear: the words come
from scrypt (RFC 7914) with 16 MiB of memory and some 50 ms of a processor's
core. 2^45 tries are 1.8e12 s then, or 56,000 years of a core.

Such a search can begin before the call does: an account shows one certificate
to whomever it talks to (`voip.engine.accounts.own_keys`). The same two phones have the
same words until one of them replaces its own, and what was searched for is
worthless from then on. That is why a certificate lives for 90 days and no
longer: in this time the search takes 230,000 cores. Graphics cards are cheaper.
A try moves 32 MiB, so one that moves 1 TB/s makes at most 30,000 in a second,
and 150 of them would do. Each pair of phones needs a search of its own.

A comparison is remembered (`voip.engine.trust.compared`), so a search that succeeds
pays in later calls too: the key that won is taken for the far end's. The search
has no more time for it, as the words depend on both certificates.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from mnemonic import Mnemonic

from voip.protection import Keying
from voip.security.lock_facts import StreamFacts

WORDS = 8

_BITS = 11
"""Bits in a word of the English list of BIP-39; its 2048 words differ in
their first four letters."""

_DOMAIN = b"offhook end-to-end words, version 1"
"""In scrypt's salt, which is no secret: other programs and versions have others."""

_COST, _BLOCK_SIZE, _PARALLEL = 2**14, 8, 1

_DIGESTS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Bytes of the digests that a certificate may be known by. With a weaker one,
two certificates could share a fingerprint."""

_FINGERPRINT = re.compile(r"(?P<digest>[a-z0-9-]+) (?P<bytes>[0-9a-f]{2}(?::[0-9a-f]{2})*)")


class Pair(NamedTuple):
    """The fingerprints of both ends in one order and case, whoever asks."""

    first: str
    second: str


class Ends(NamedTuple):
    """The fingerprints of both ends in lower case, as seen from here."""

    local: str
    remote: str

    @property
    def pair(self) -> Pair:
        """The same, as the far end has it too."""
        return Pair(*sorted(self))


def ends(streams: Iterable[StreamFacts]) -> Ends | None:
    """The two certificates of a call whose handshake is between its ends, or
    between one end and somebody who decrypts.

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


def pair(streams: Iterable[StreamFacts]) -> Pair | None:
    """The certificates of `ends` in one order, for `words`."""
    found = ends(streams)
    return found.pair if found is not None else None


@lru_cache(maxsize=64)
def words(of: Pair) -> tuple[str, ...]:
    """Eight words of eleven bits each; slow on purpose, see above."""
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
