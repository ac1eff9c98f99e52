"""Certificate and key that an account shows in DTLS handshakes.

The user compares words once because this certificate stays
(`voip.engine.trust.compared`). It also identifies: it links the calls in which it is
shown. So each account has its own, bound to its address, and an anonymous one shows a
certificate that its worker makes. SDP shows its digest to the server and the far end;
DTLS 1.2 shows it to every observer of the media packets.

An unusable file is reported and never replaced. `voip.security.sas` says why a key is
replaced after `LIFETIME`.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from voip.engine.accounts.fields import Account
from voip.engine.files import whole_file
from voip.model import rfc3339
from voip.protection import Keying, Transport
from voip.protocol.worker.accounts import OwnKey


class OwnKeyError(Exception):
    """Unusable own key of an account; the text says what to do."""


LIFETIME = timedelta(days=90)

_DAY = timedelta(days=1)
_VALID = timedelta(days=365)
_NAME = "pjmedia.pjsip.org"
"""Common name of every certificate, the same as PJSIP's.

A name of the account's would identify the caller.
"""

_VERSION = 1


class _Version(msgspec.Struct, frozen=True):
    """Part of the file that every version of Offhook can read."""

    version: int = _VERSION


class _File(_Version, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Contents of the file, readable by its owner alone.

    `made` is in RFC 3339, `pem` the certificate followed by its key.
    """

    address: str
    made: str
    pem: str

    def __repr__(self) -> str:
        return f"_File(address={self.address!r}, made={self.made!r})"


class OwnKeys:
    """Own keys of accounts, one file each in `folder`.

    `has_compared` reports if an account's words were compared with a far end, which
    then probably remembers its key. `warn` is called for a key that far ends will not
    recognise; `news` keeps that warning by account.
    """

    def __init__(
        self, folder: Path, has_compared: Callable[[str], bool], warn: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._has_compared = has_compared
        self._warn = warn
        self.news: dict[str, str] = {}

    async def find(self, name: str, account: Account) -> OwnKey | None:
        """Return the account's own key, made if missing; None if it uses none.

        Raises:
            OwnKeyError: it cannot be used or made.
        """
        if not _shows_one(account):
            return None
        # OpenSSL is slow to load, and a disk may be slow to write: the loop would
        # stall.
        pem, is_new = await asyncio.to_thread(self._take, name, account.aor)
        if is_new and self._has_compared(name):
            self.news[name] = (
                f"account {name} has a new key: phones that compared words with it say ANOTHER "
                "KEY in the next call, until the words are compared again"
            )
            self._warn(self.news[name])
        return OwnKey(pem)

    def forget(self, name: str) -> None:
        """Remove the key of an account.

        Raises:
            OwnKeyError: it cannot be removed.
        """
        self.news.pop(name, None)
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OwnKeyError(f"{path} cannot be removed: {error.strerror}") from error

    def _take(self, name: str, address: str) -> tuple[str, bool]:
        path, now = self._path(name), datetime.fromtimestamp(time.time(), UTC)
        kept = _read(path)
        if kept is not None:
            too_old = now - datetime.fromisoformat(kept.made) > LIFETIME
            if kept.address == address and not too_old:
                return kept.pem, False
        made = _File(address=address, made=rfc3339(now.timestamp()), pem=_make(now))
        try:
            whole_file.replace(path, msgspec.json.encode(made))
        except OSError as error:
            raise OwnKeyError(f"{path} cannot be written: {error.strerror}") from error
        return made.pem, True

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _shows_one(account: Account) -> bool:
    return (
        account.transport is Transport.TLS
        and account.media_keying is Keying.DTLS
        and not account.hide_identity
    )


def _read(path: Path) -> _File | None:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise OwnKeyError(
                    f"{path} can be read by others: move it away for a new key, or, if nobody "
                    f"has read it, run chmod 600 {path}"
                )
            content = file.read()
        version = msgspec.json.decode(content, type=_Version).version
        if version > _VERSION:
            raise OwnKeyError(
                f"{path} was written by a newer Offhook: update this one, or move it away"
            )
        kept = msgspec.json.decode(content, type=_File)
        if datetime.fromisoformat(kept.made).tzinfo is None:
            raise ValueError("a moment without its time zone")
        _check(kept.pem)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OwnKeyError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        # A parser's message may quote the key.
        raise OwnKeyError(
            f"{path} is damaged, and no call shows its key: put a copy in its place, or move it "
            "away. The account has a new key then, and people who compared words with you have "
            "to compare them again"
        ) from error
    return kept


def _check(pem: str) -> None:
    """Refuse a certificate or key that no handshake can use.

    Raises:
        ValueError: it is not a certificate with its key of P-256.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = load_pem_private_key(pem[pem.find("-----BEGIN PRIVATE KEY") :].encode(), None)
    except (TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError("not a certificate and its key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("not a key of P-256")
    if key.public_key() != certificate.public_key():
        raise ValueError("not the key of the certificate")


def _make(now: datetime) -> str:
    """Make a self-signed certificate with a new P-256 key.

    RFC 8827 section 6.5.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (certificate.public_bytes(Encoding.PEM) + secret).decode()
