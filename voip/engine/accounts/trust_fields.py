"""Values of fields that say whom an account trusts, and what it shows itself.

The rules of `accounts.fields` for them, in the same kind of words.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import datetime

import msgspec

from voip.engine.accounts.values import Values, is_empty, is_secure
from voip.model import Means
from voip.protection import Authorities

_PIN = re.compile(r"[0-9a-f]{64}")
_BEGINNING = re.compile(r"[0-9a-f]{16}")
_SEPARATORS = re.compile(r"[\s:]")

_TLS_ONLY = "for transport “tls” only"


class Trusting(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an account that say whose certificates are good, and for which names."""

    trust: Authorities = Authorities.BUNDLE
    ca_file: str | None = None
    allow_wildcard: bool = False


def pin_of(text: str) -> str | None:
    """The SHA-256 of a public key as it is compared, None if `text` is none.

    People write fingerprints in either case, with colons or spaces between.
    """
    plain = _SEPARATORS.sub("", text).lower()
    return plain if _PIN.fullmatch(plain) else None


def _trust_problem(value: str, values: Values) -> str | None:
    if value not in list(Authorities):
        return f"bundle or system, not “{value}”"
    if not is_empty(values.get("ca_file")):
        return "beside “ca_file”, which names the only authority: leave one of them out"
    return None if is_secure(values) or value == Authorities.BUNDLE else _TLS_ONLY


def _authority_problem(value: str, values: Values) -> str | None:
    if not value.strip():
        return "empty: leave it out to trust the usual authorities"
    return None if is_secure(values) else _TLS_ONLY


def _pin_problem(value: str, values: Values) -> str | None:
    if not value.strip():
        return "empty: leave it out to trust by authority and name"
    if pin_of(value) is None:
        return (
            "the SHA-256 of the server's public key is needed, 64 hexadecimal digits: "
            "“offhook trust” shows it"
        )
    return None if is_secure(values) else _TLS_ONLY


def _pinned_on_problem(value: str, values: Values) -> str | None:
    del values
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return "a time such as 2026-01-31T12:00:00Z is needed; the phone sets it with the pin"
    return None


def _pinned_with_problem(value: str, values: Values) -> str | None:
    del values
    if value in list(Means):
        return None
    return f"screen or command, not “{value}”; the phone sets it with the pin"


def _pinned_key_problem(value: str, values: Values) -> str | None:
    del values
    if _BEGINNING.fullmatch(value):
        return None
    return "the first 16 hexadecimal digits of the pin are needed; the phone sets it with the pin"


def _certificate_problem(value: str, values: Values) -> str | None:
    if not value.strip():
        return "empty: leave it out, or name a file"
    return None if is_secure(values) else _TLS_ONLY


def _beside_certificate(value: str, values: Values) -> str | None:
    if not value.strip():
        return "empty: leave it out, or name a file"
    if is_empty(values.get("client_certificate")):
        return "is for a client certificate, and there is none: name it in “client_certificate”"
    return None


def _passphrase_command_problem(value: str, values: Values) -> str | None:
    return command_problem(value, "passphrase") or _beside_certificate(value, values)


def command_problem(value: str, secret: str) -> str | None:
    """Problems of a command that prints a `secret`."""
    if not value.strip():
        return f"empty: leave it out, or give a command that prints the {secret}"
    try:
        shlex.split(value, comments=True)
    except ValueError:
        return "a quote in it is not closed"
    return None


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "trust": _trust_problem,
    "ca_file": _authority_problem,
    "pin": _pin_problem,
    "pinned_on": _pinned_on_problem,
    "pinned_with": _pinned_with_problem,
    "pinned_key": _pinned_key_problem,
    "client_certificate": _certificate_problem,
    "client_key": _beside_certificate,
    "client_passphrase_command": _passphrase_command_problem,
    "client_passphrase_file": _beside_certificate,
}
