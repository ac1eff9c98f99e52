"""The files that an account's fields name: whether they can be used."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from voip.engine.accountfields import Values

_LONGEST = 4 * 1024 * 1024
_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL
)  # RFC 7468 section 5


def problems(values: Values) -> dict[str, str]:
    """What is wrong with the files that fields name; reads them, and so may wait."""
    found = {}
    for field, check in (("ca_file", _authority_problem), ("password_file", _secret_problem)):
        value = values.get(field)
        if isinstance(value, str):
            words = check(value)
            if words:
                found[field] = words
    return found


def _authority_problem(value: str) -> str | None:
    words = _path_problem(value)
    if words:
        return words
    try:
        with Path(value).expanduser().open("rb") as file:
            content = file.read(_LONGEST)
    except OSError as error:
        return f"{value} cannot be read: {error.strerror}"
    if any(map(_is_certificate, _PEM.findall(content))):
        return None
    return f"{value} holds no certificate in PEM form"


def _is_certificate(pem: bytes) -> bool:
    from cryptography import x509  # a start need not wait for it

    try:
        x509.load_pem_x509_certificate(pem)
    except ValueError:
        return False
    return True


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


def _path_problem(value: str) -> str | None:
    """What keeps a path from being that of a file, looked at from anywhere."""
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
    return None if stat.S_ISREG(kind) else f"{value} is no file that can be read"
