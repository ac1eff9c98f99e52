"""Finds the operating system's authorities, for accounts that name them."""

from __future__ import annotations

import ssl
from pathlib import Path

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, the BSDs
    "/usr/local/etc/openssl@3/cert.pem",
    "/opt/homebrew/etc/openssl@3/cert.pem",
)


class NoSystemStore(Exception):
    """Missing authorities of the system; the text says what to do."""


def find() -> Path:
    """Return the PEM file of the system's authorities, or `SSL_CERT_FILE`.

    Raises:
        NoSystemStore: there is none where systems have it.
    """
    default = ssl.get_default_verify_paths().cafile
    for place in (default, *_BUNDLES):
        if place is not None and Path(place).is_file():
            return Path(place)
    raise NoSystemStore(
        "this system has no file of authorities where systems have it: name one with ca_file, "
        "or leave “trust” out to use the bundle that comes with the phone"
    )
