"""Problems of a server's certificate, in words for a person.

Shared by the worker, which refuses a connection, and the engine, which tests a
server: the same fault has the same words.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from enum import StrEnum

from voip.protection import Certificate


class Flaw(StrEnum):
    """Flaws with their words, in the order in which they are reported."""

    EXPIRED = "the server's certificate has expired"
    NOT_YET = "the server's certificate is not valid yet"
    SELF_SIGNED = "the server's certificate is self-signed: no authority that is trusted issued it"
    UNTRUSTED = "no authority that is trusted issued the server's certificate"
    NO_ISSUER = "the issuer of the server's certificate is unknown"
    NOT_BY_ISSUER = "the server's certificate is not signed by its issuer"
    MAY_NOT_ISSUE = "the server's certificate was issued by one that may not issue others"
    NOT_ALLOWED = "the authority of the server's certificate may not issue for this name"
    REVOKED = "the server's certificate was revoked"
    PURPOSE = "the server's certificate is not meant for servers"
    UNREADABLE = "the server's certificate cannot be read"
    TOO_LONG = "the server's certificate chain is too long"
    WEAK_SIGNATURE = "the server's certificate has a weak signature"
    WEAK_KEY = "the key of the server, or of the authority of its certificate, is too short"
    OTHER_NAME = "the server's certificate is for another name"
    OTHER = "the server's certificate was not accepted"


_LEAST_BITS = {"RSA": 2048, "DSA": 2048}
_OLD_DIGESTS = {"sha1": "SHA-1", "md5": "MD5"}
_NAMES_TOLD = 4
# A flaw is left out where one of these names it better.
_SAID_BY = {
    Flaw.UNTRUSTED: (Flaw.SELF_SIGNED, Flaw.NO_ISSUER),
    Flaw.NO_ISSUER: (Flaw.SELF_SIGNED,),
    Flaw.OTHER: tuple(Flaw)[:-1],
}


def problems(flaws: Collection[Flaw], host: str, chain: Sequence[Certificate]) -> tuple[str, ...]:
    """Problems of `chain`, as shown by the server dialled as `host`."""
    told = [f for f in Flaw if f in flaws and not set(_SAID_BY.get(f, ())) & set(flaws)]
    return tuple(_words(flaw, host, chain) for flaw in told)


def fingerprint(sha256: str) -> str:
    """A digest in groups of four hexadecimal digits, to read aloud."""
    return " ".join(sha256[place : place + 4] for place in range(0, len(sha256), 4)).upper()


def weak_key(chain: Sequence[Certificate]) -> str | None:
    """Reason that the first short key of a chain is unsafe, or None.

    A key needs 112 bits of security, which every curve in use has.
    """
    for place, shown in enumerate(chain):
        kind, _, bits = shown.key.partition(" ")
        least = _LEAST_BITS.get(kind)
        if least is not None and int(bits) < least:
            return (
                f"{_whose(place)} key is too short: {kind} {bits} bits, and {least} are the least "
                "that is safe"
            )
    return None


def is_named(host: str, names: Sequence[str], uris: Sequence[str], allow_wildcard: bool) -> bool:
    """True if a certificate is for `host`, by its names or SIP URIs.

    RFC 5922 section 7: an address matches addresses alone, a name DNS names and
    URIs that are “sip:” and a host. An allowed wildcard replaces one whole label
    (RFC 6125 section 6.4.3).
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
    """True for an IP address, with or without brackets."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _words(flaw: Flaw, host: str, chain: Sequence[Certificate]) -> str:
    match flaw:
        case Flaw.WEAK_SIGNATURE:
            return _weak_signature(chain) or flaw
        case Flaw.WEAK_KEY:
            return weak_key(chain) or flaw
        case Flaw.OTHER_NAME:
            names = ", ".join(chain[0].names[:_NAMES_TOLD]) if chain else ""
            return f"{flaw} than {host}" + (f" (it is for {names})" if names else "")
        case _:
            return flaw


def _weak_signature(chain: Sequence[Certificate]) -> str | None:
    for place, shown in enumerate(chain):
        for digest, name in _OLD_DIGESTS.items():
            if digest in shown.signature.lower():
                return f"{_whose(place)} certificate is signed with {name}, which is no longer safe"
    return None


def _whose(place: int) -> str:
    return "the server's" if place == 0 else "its authority's"
