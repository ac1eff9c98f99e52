"""Checks the files that an account's fields name."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection
from pathlib import Path

from voip.engine.accounts import client_keys
from voip.engine.accounts.client_keys import ClientKeyError
from voip.engine.accounts.rules.values import Values
from voip.protocol.account_fields import FIELDS
from voip.protocol.field import Content


def problems(values: Values, changed: Collection[str] | None = None) -> dict[str, str]:
    """Report problems of the files that fields name; may block.

    `changed` limits the check to the fields about to be saved.
    """
    by_field = {}
    for field, check in _CHECKS.items():
        value = values.get(field)
        if isinstance(value, str) and (changed is None or field in changed):
            words = check(value)
            if words:
                by_field[field] = words
    pair = ("client_certificate", "client_key")
    if not by_field.keys() & pair and (changed is None or set(pair) & set(changed)):
        by_field.update(_pair_problem(values))
    return by_field


def _certificate_problem(value: str) -> str | None:
    words = _path_problem(value)
    if words:
        return words
    try:
        chain = client_keys.certificates(Path(value).expanduser())
    except ClientKeyError as error:
        return str(error)
    return None if chain else f"{value} holds no certificate in PEM form"


def _secret_problem(value: str) -> str | None:
    words = _path_problem(value)
    if words:
        return words
    path = Path(value).expanduser()
    try:
        with path.open("rb"):
            mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return f"{value} cannot be read: {error.strerror}"
    return f"{value} can be read by others: run chmod 600 {value}" if mode & 0o077 else None


def _pair_problem(values: Values) -> dict[str, str]:
    """Report problems of a client's certificate and key together."""
    certificate, key = values.get("client_certificate"), values.get("client_key")
    if not isinstance(certificate, str):
        return {}
    field = "client_key"
    if not isinstance(key, str):
        field, key = "client_certificate", certificate
        words = _secret_problem(key)
        if words:
            return {field: words}
    path = Path(key).expanduser()
    try:
        if not client_keys.is_encrypted(path):
            client_keys.check(Path(certificate).expanduser(), path, None)
    except ClientKeyError as error:
        return {field: str(error)}
    return {}


def _path_problem(value: str) -> str | None:
    """Explain why a path does not name a file from every folder."""
    try:
        path = Path(value).expanduser()
        if not path.is_absolute():
            return f"the whole path is needed, not {value}"
        kind = path.stat().st_mode
    except FileNotFoundError:
        return f"there is no file {value}"
    except (OSError, RuntimeError, ValueError) as error:  # ~nobody has no home
        return f"{value} cannot be read: {getattr(error, 'strerror', None) or error}"
    if stat.S_ISDIR(kind):
        return f"{value} is a folder, not a file"
    return None if stat.S_ISREG(kind) else f"{value} is not a readable file"


_OF_CONTENT: dict[Content, Callable[[str], str | None]] = {
    Content.CERTIFICATES: _certificate_problem,
    Content.SECRET_FILE: _secret_problem,
}
_CHECKS = {
    field.name: _OF_CONTENT[field.content] for field in FIELDS if field.content in _OF_CONTENT
}
