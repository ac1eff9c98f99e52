"""Rules of the fields of trust, an account's own key, and media keys.

They depend on other fields or on a form of their own; see `accounts.values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from voip.engine.accounts.rules.values import Values, is_empty, is_secure
from voip.protection import Keying

_PIN = re.compile(r"[0-9a-f]{64}")
_BEGINNING = re.compile(r"[0-9a-f]{16}")
_SEPARATORS = re.compile(r"[\s:]")


def pin_of(text: str) -> str | None:
    """Return the SHA-256 of a public key in one spelling, None if invalid.

    Fingerprints are written in either case, with colons or spaces between.
    """
    plain = _SEPARATORS.sub("", text).lower()
    return plain if _PIN.fullmatch(plain) else None


def _trust_problem(value: str, values: Values) -> str | None:
    if is_empty(values.get("ca_file")):
        return None
    return "beside “ca_file”, which names the only authority: leave one of them out"


def _pin_problem(value: str, values: Values) -> str | None:
    if pin_of(value):
        return None
    return (
        "the SHA-256 of the server's public key is needed, 64 hexadecimal digits: "
        "“offhook trust” shows it"
    )


def _pinned_on_problem(value: str, values: Values) -> str | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return "a time such as 2026-01-31T12:00:00Z is needed; the phone sets it with the pin"
    return None


def _pinned_key_problem(value: str, values: Values) -> str | None:
    if _BEGINNING.fullmatch(value):
        return None
    return "the first 16 hexadecimal digits of the pin are needed; the phone sets it with the pin"


def _beside_certificate(value: str, values: Values) -> str | None:
    if is_empty(values.get("client_certificate")):
        return "is for a client certificate, and there is none: name it in “client_certificate”"
    return None


def _keying_problem(value: str, values: Values) -> str | None:
    if value == Keying.DTLS and not is_secure(values):
        return "“dtls” is for transport “tls” only"
    return None


def _suites_problem(value: str, values: Values) -> str | None:
    if values.get("media_keying") == Keying.DTLS:
        return "with “dtls” keys the two ends choose the suite: leave it out"
    return None


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "trust": _trust_problem,
    "pin": _pin_problem,
    "pinned_on": _pinned_on_problem,
    "pinned_key": _pinned_key_problem,
    "client_key": _beside_certificate,
    "client_passphrase_command": _beside_certificate,
    "client_passphrase_file": _beside_certificate,
    "media_keying": _keying_problem,
    "srtp_suites": _suites_problem,
}
