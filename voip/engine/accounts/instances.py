"""Instance ids of this phone's accounts (RFC 5626 section 4.1).

A registrar replaces the binding of a known instance and keeps those of others:
two phones with one id would take each other's calls. Each account has an id
of its own, so that two servers cannot tell that they have one phone.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import uuid
from pathlib import Path

from voip.engine.files import whole_file

log = logging.getLogger(__name__)

_BYTES = 32


class Instances:
    """Ids made of a random secret that stays in a file of the state folder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._secret: bytes | None = None

    def of(self, name: str, aor: str) -> str:
        """Return the URN of an account's instance, `urn:uuid:…`."""
        if self._secret is None:
            self._secret = self._read()
        digest = hmac.digest(self._secret, f"{name}\0{aor}".encode(), hashlib.sha256)
        return uuid.UUID(bytes=digest[:16], version=4).urn

    def _read(self) -> bytes:
        try:
            kept = self._file.read_bytes()
        except FileNotFoundError:
            kept = b""
        except OSError as error:
            log.warning("%s cannot be read: %s", self._file, error)
            kept = b""
        if len(kept) == _BYTES:
            return kept
        made = secrets.token_bytes(_BYTES)
        try:
            whole_file.replace(self._file, made)
        except OSError as error:
            # Until the next start the id is as good; its binding then expires.
            log.warning("%s cannot be written: %s", self._file, error)
        return made
