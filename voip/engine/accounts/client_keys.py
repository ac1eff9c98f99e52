"""Certificate and key that an account shows to its server, as files.

The files are read before a call: OpenSSL reports only a failure, and only when a server
asks.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from voip.engine.accounts.fields import Account
from voip.protocol.worker.accounts import ClientCertificate

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LONGEST = 4 * 1024 * 1024
_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL
)  # RFC 7468 section 5
_KEY = re.compile(rb"-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


class ClientKeyError(Exception):
    """Unusable client certificate; the text says why."""


def of_account(account: Account, passphrase: str | None) -> ClientCertificate | None:
    """Return the account's client certificate; None if it has none.

    Reads the files, and may take a second to open a key with its passphrase.

    Raises:
        ClientKeyError: the files cannot be shown to a server.
    """
    if account.client_certificate is None:
        return None
    certificate = Path(account.client_certificate).expanduser()
    key = Path(account.client_key).expanduser() if account.client_key else certificate
    check(certificate, key, passphrase)
    return ClientCertificate(
        certificate=str(certificate),
        key=str(key),
        # OpenSSL refuses a passphrase for a key without one.
        passphrase=passphrase if is_encrypted(key) else None,
    )


def ends(account: Account) -> datetime | None:
    """Return the end of the account's certificate; None if none is readable."""
    if account.client_certificate is None:
        return None
    try:
        chain = certificates(Path(account.client_certificate).expanduser())
    except ClientKeyError:
        return None
    return chain[0].not_valid_after_utc if chain else None


def check(certificate: Path, key: Path, passphrase: str | None) -> None:
    """Open the key and compare it with the certificate.

    Raises:
        ClientKeyError: it cannot be opened, or belongs to another certificate.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    chain = certificates(certificate)
    if not chain:
        raise ClientKeyError(f"{certificate} holds no certificate in PEM form")
    encrypted = is_encrypted(key)
    if encrypted and passphrase is None:
        raise ClientKeyError(
            f"the key in {key} is encrypted, and there is no passphrase: give it with "
            "“offhook account edit NAME --client-passphrase-stdin”, or name a "
            "client_passphrase_command"
        )
    try:
        opened = load_pem_private_key(
            _key_in(key), passphrase.encode() if encrypted and passphrase is not None else None
        )
    except (ValueError, TypeError) as error:
        words = f"the passphrase does not open the key in {key}"
        raise ClientKeyError(words if encrypted else f"the key in {key} cannot be read") from error
    if opened.public_key() != chain[0].public_key():
        raise ClientKeyError(f"the key in {key} is not that of the certificate in {certificate}")


def certificates(path: Path) -> list[Certificate]:
    """Return the certificates in a file, as far as they can be read.

    Raises:
        ClientKeyError: the file cannot be read.
    """
    from cryptography import x509  # slow to load: a start need not wait for it

    chain = []
    for pem in _PEM.findall(_content(path)):
        try:
            chain.append(x509.load_pem_x509_certificate(pem))
        except (ValueError, x509.InvalidVersion):
            continue
    return chain


def is_encrypted(key: Path) -> bool:
    """Report if the key in a file needs a passphrase.

    RFC 7468 section 11, RFC 1421 section 4.6.1.1.

    Raises:
        ClientKeyError: the file cannot be read, or holds no key.
    """
    pem = _key_in(key)
    return b"BEGIN ENCRYPTED" in pem or b"Proc-Type: 4,ENCRYPTED" in pem


def _key_in(path: Path) -> bytes:
    match = _KEY.search(_content(path))
    if match is None:
        raise ClientKeyError(f"{path} holds no private key in PEM form")
    return match[0]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST)
    except OSError as error:
        raise ClientKeyError(f"{path} cannot be read: {error.strerror}") from error
