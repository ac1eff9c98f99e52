"""Bounds of what a certificate says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from voip.model import rfc3339
from voip.protection import Certificate

MAX_CHAIN = 8
"""Most certificates of a server's chain that are passed on."""

_MAX_NAMES = 32
_MAX_TEXT = 256

# As certificates and OpenSSL call them, and as people do (FIPS 186-5).
_CURVES = {
    "secp256r1": "P-256",
    "prime256v1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
}


def bounded(
    *,
    subject: str,
    issuer: str,
    names: Iterable[str],
    not_before_s: float,
    not_after_s: float,
    sha256: str,
    key_sha256: str,
    kind: str,
    size: str,
    signature: str,
) -> Certificate:
    """Certificate with no more names and letters than are shown, not yet cleaned.

    `names` are DNS names and addresses, then URIs. `size` is that of the key in bits,
    or its curve's name, or empty. Times are in seconds since 1970.
    """
    return Certificate(
        subject=subject[:_MAX_TEXT],
        issuer=issuer[:_MAX_TEXT],
        names=tuple(name[:_MAX_TEXT] for name in islice(names, _MAX_NAMES)),
        not_before=rfc3339(not_before_s),
        not_after=rfc3339(not_after_s),
        sha256=sha256,
        key_sha256=key_sha256,
        key=f"{kind} {_CURVES.get(size, size)}" if size else kind,
        signature=signature,
    )
