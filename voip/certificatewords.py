"""What can be wrong with a server's certificate, in the words that a person reads.

Shared by the worker, which refuses a connection, and by the engine, which
looks at a server before there is one: the same fault has the same words.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from enum import StrEnum

from voip.model import Certificate


class Flaw(StrEnum):
    """Each with its words; in the order in which they are told."""

    EXPIRED = "the server's certificate has expired"
    NOT_YET = "the server's certificate is not valid yet"
    SELF_SIGNED = (
        "no authority that is trusted issued the server's certificate: it is signed by itself"
    )
    UNTRUSTED = "no authority that is trusted issued the server's certificate"
    NO_ISSUER = "the issuer of the server's certificate is unknown"
    NOT_BY_ISSUER = "the server's certificate is not signed by its issuer"
    MAY_NOT_ISSUE = "the issuer of the server's certificate may not issue certificates"
    NOT_ALLOWED = "the server's certificate has names that its issuer may not vouch for"
    REVOKED = "the server's certificate was revoked"
    PURPOSE = "the server's certificate is not meant for servers"
    WEAK_SIGNATURE = "the server's certificate, or one above it, has a weak signature"
    WEAK_KEY = "the key of the server's certificate, or of one above it, is too short"
    UNREADABLE = "the server's certificate cannot be read"
    TOO_LONG = "the server's certificate chain is too long"
    OTHER_NAME = "the server's certificate is for another name"
    OTHER = "the server's certificate was not accepted"


LEAST_BITS = {"RSA": 2048, "DSA": 2048}
"""The shortest keys that are accepted: 112 bits of security, which every curve in use has."""

_NAMES_TOLD = 4
_WEAK_DIGESTS = ("MD2", "MD4", "MD5", "SHA1")
# What each says better is not said again.
_SAID_BY = {
    Flaw.UNTRUSTED: (Flaw.SELF_SIGNED, Flaw.NO_ISSUER),
    Flaw.NO_ISSUER: (Flaw.SELF_SIGNED,),
    Flaw.OTHER: tuple(Flaw)[:-1],
}


def problems(flaws: Collection[Flaw], host: str, chain: Sequence[Certificate]) -> tuple[str, ...]:
    """What is wrong, the server being dialled as `host`; `chain` is what it showed."""
    told = [f for f in Flaw if f in flaws and not set(_SAID_BY.get(f, ())) & set(flaws)]
    return tuple(_words(flaw, host, chain) for flaw in told)


def weak_key(key: str) -> str | None:
    """Why a server's public key protects nothing, or None; no pin mends it.

    `key` is that of `Certificate`.
    """
    kind, _, bits = key.partition(" ")
    least = LEAST_BITS.get(kind)
    if least is None or int(bits) >= least:
        return None
    return f"the server's key is too short: {kind} with {bits} bits, where {least} are the least"


def is_named(host: str, names: Sequence[str], uris: Sequence[str], allow_wildcard: bool) -> bool:
    """Whether a certificate is for `host`, by its DNS names or addresses and SIP URIs.

    RFC 5922 section 7: an address is compared with addresses alone, a name with
    DNS names and with URIs that are “sip:” and a host. A wildcard, where it is
    allowed, stands for one whole label (RFC 6125 section 6.4.3).
    """
    wanted = host.strip("[]").lower()
    if is_address(host):
        address = ipaddress.ip_address(wanted)
        return any(is_address(name) and ipaddress.ip_address(name) == address for name in names)
    if any(uri.lower() == f"sip:{wanted}" for uri in uris):
        return True
    label, _, rest = wanted.partition(".")
    accepted = {wanted, f"*.{rest}"} if allow_wildcard and label and "." in rest else {wanted}
    return any(name.lower() in accepted for name in names if not is_address(name))


def is_address(host: str) -> bool:
    """An IP address, in brackets or without, and not a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _words(flaw: Flaw, host: str, chain: Sequence[Certificate]) -> str:
    leaf = chain[0] if chain else None
    if flaw is Flaw.OTHER_NAME:
        words = f"{flaw} than {host}"
        names = ", ".join(leaf.names[:_NAMES_TOLD]) if leaf else ""
        return f"{words} (it is for {names})" if names else words
    if flaw is Flaw.WEAK_SIGNATURE:
        weak = next((s for c in chain if (s := _weak_digest(c.signature))), None)
        return f"{flaw}: {weak}" if weak else flaw
    if flaw is Flaw.WEAK_KEY and leaf:
        return weak_key(leaf.key) or flaw
    return flaw


def _weak_digest(signature: str) -> str | None:
    plain = signature.upper().replace("-", "")
    found = next((digest for digest in _WEAK_DIGESTS if digest in plain), None)
    return "SHA-1" if found == "SHA1" else found
