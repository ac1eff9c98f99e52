"""Flaws of a server's certificate, as causes of its refusal.

Shared by the worker, which refuses a connection, and by the engine, which
looks at a server before there is one: the same flaw has the same cause.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence

from voip.causes import CERTIFICATES, Cause, CauseKind
from voip.protection import Certificate

_LEAST_BITS = {"RSA": 2048, "DSA": 2048}
_OLD_DIGESTS = {"sha1": "SHA-1", "md5": "MD5"}
_MOST_NAMES = 4
# A flaw is left out where one of these names it better.
_NAMED_BY = {
    CauseKind.CERTIFICATE_UNTRUSTED: (
        CauseKind.CERTIFICATE_SELF_SIGNED,
        CauseKind.CERTIFICATE_NO_ISSUER,
    ),
    CauseKind.CERTIFICATE_NO_ISSUER: (CauseKind.CERTIFICATE_SELF_SIGNED,),
    CauseKind.CERTIFICATE_REFUSED: CERTIFICATES[:-1],
}


def causes(
    flaws: Collection[CauseKind], host: str, chain: Sequence[Certificate]
) -> tuple[Cause, ...]:
    """Flaws of `chain`, as shown by the server dialled as `host`, with their details."""
    kinds = [f for f in CERTIFICATES if f in flaws and not set(_NAMED_BY.get(f, ())) & set(flaws)]
    return tuple(_cause(flaw, host, chain) for flaw in kinds)


def weak_key(chain: Sequence[Certificate]) -> Cause | None:
    """Cause that the first short key of a chain is unsafe, or None.

    A key needs 112 bits of security, which every curve in use has.
    """
    for place, certificate in enumerate(chain):
        kind, _, bits = certificate.key.partition(" ")
        least = _LEAST_BITS.get(kind)
        if least is not None and int(bits) < least:
            return Cause(CauseKind.CERTIFICATE_WEAK_KEY, (place, kind, int(bits), least))
    return None


def is_named(host: str, names: Sequence[str], uris: Sequence[str], allow_wildcard: bool) -> bool:
    """True if a certificate is for `host`, by its names or SIP URIs.

    RFC 5922 section 7: an address matches addresses alone, a name DNS names and
    URIs that are “sip:” and a host. An allowed wildcard replaces one whole label
    (RFC 6125 section 6.4.3).
    """
    bare = host.strip("[]").lower()
    if is_address(host):
        address = ipaddress.ip_address(bare)
        return any(is_address(name) and ipaddress.ip_address(name) == address for name in names)
    if any(uri.lower() == f"sip:{bare}" for uri in uris):
        return True
    label, _, rest = bare.partition(".")
    accepted = {bare, f"*.{rest}"} if allow_wildcard and label and "." in rest else {bare}
    return any(name.lower() in accepted for name in names if not is_address(name))


def is_address(host: str) -> bool:
    """True for an IP address, with or without brackets."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _cause(flaw: CauseKind, host: str, chain: Sequence[Certificate]) -> Cause:
    match flaw:
        case CauseKind.CERTIFICATE_WEAK_SIGNATURE:
            return _weak_signature(chain) or Cause(flaw)
        case CauseKind.CERTIFICATE_WEAK_KEY:
            return weak_key(chain) or Cause(flaw)
        case CauseKind.CERTIFICATE_OTHER_NAME:
            return Cause(flaw, (host, *(chain[0].names[:_MOST_NAMES] if chain else ())))
        case _:
            return Cause(flaw)


def _weak_signature(chain: Sequence[Certificate]) -> Cause | None:
    for place, certificate in enumerate(chain):
        for digest, name in _OLD_DIGESTS.items():
            if digest in certificate.signature.lower():
                return Cause(CauseKind.CERTIFICATE_WEAK_SIGNATURE, (place, name))
    return None
