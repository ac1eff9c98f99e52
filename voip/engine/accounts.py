"""accounts.toml: reading, checking and changing it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
import tomlkit
from msgspec import Meta

from voip.dialing import DialError, parse_host_port
from voip.engine import toml
from voip.engine.toml import ConfigError
from voip.model import Keying, Transport
from voip.protocol.client import AccountFields

DEFAULT_PORTS = {Transport.TLS: 5061, Transport.TCP: 5060, Transport.UDP: 5060}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_RESERVED = frozenset({"echo"})


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One account as its user wrote it.

    `server` is where the account's SIP server is when that is not the
    domain's own name; `proxy` is reached in its place. Both are host[:port].
    """

    user: Annotated[str, Meta(min_length=1, max_length=128)]
    domain: Annotated[str, Meta(min_length=1, max_length=253)]
    transport: Transport = Transport.TLS
    server: str | None = None
    proxy: str | None = None
    auth_user: str | None = None
    display_name: Annotated[str, Meta(max_length=128)] = ""
    ca_file: str | None = None
    allow_wildcard: bool = False
    password_command: str | None = None
    password_file: str | None = None
    register: bool = True
    expires_s: Annotated[int, Meta(ge=60, le=3600)] = 300
    media_keying: Keying = Keying.SDES
    enabled: bool = True

    @property
    def aor(self) -> str:
        """The address of record (RFC 3261 section 6)."""
        return f"sip:{self.user}@{self.domain}"

    @property
    def next_hop(self) -> str:
        """host[:port] that every request of the account is sent to."""
        return self.proxy or self.server or self.domain

    @property
    def registrar(self) -> str:
        return self.server or self.domain


class Loaded(msgspec.Struct):
    """What the file holds: the good accounts, and what is wrong with others."""

    accounts: dict[str, Account]
    problems: dict[str, str]


class AccountFile:
    """The accounts of one user, in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Loaded:
        """Read every account; a bad one does not spoil the others.

        Raises:
            ConfigError: the file as a whole cannot be read.
        """
        loaded = Loaded(accounts={}, problems={})
        for name, table in self._tables(toml.read(self.path)).items():
            try:
                loaded.accounts[name] = self.check(name, table)
            except ConfigError as error:
                loaded.problems[name] = str(error)
        return loaded

    def listing(self) -> tuple[AccountFields, ...]:
        """Every account's own words, for whoever wants to edit them.

        Raises:
            ConfigError: the file as a whole cannot be read.
        """
        loaded = self.load()
        return tuple(
            AccountFields(name=name, fields=_known(table), problem=loaded.problems.get(name))
            for name, table in self._tables(toml.read(self.path)).items()
        )

    def check(self, name: str, values: Any) -> Account:
        """One account's values, checked field by field.

        Raises:
            ConfigError: names the file, the account, the field and what is allowed.
        """
        where = f"{self.path}: account {name}"
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise ConfigError(
                f"{where}: a name has 1 to 32 letters, digits, dots, dashes or underscores, starts "
                "with a letter or digit, and is not “echo”"
            )
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: a table of fields is needed, not a single value")
        account = toml.convert(values, Account, where)
        for field in ("domain", "server", "proxy"):
            value = getattr(account, field)
            if value is None:
                continue
            try:
                _, port = parse_host_port(value)
            except DialError as error:
                raise ConfigError(f"{where}: “{field}”: {error}") from error
            if field == "domain" and port is not None:
                raise ConfigError(f"{where}: “domain” has no port: put {value} into “server”")
        for field in ("user", "auth_user", "display_name"):
            text = getattr(account, field) or ""
            if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
                raise ConfigError(f"{where}: “{field}” holds no control characters")
        if account.ca_file is not None and account.transport is not Transport.TLS:
            raise ConfigError(f"{where}: “ca_file” is for transport “tls” only")
        return account

    def add(self, name: str, values: dict[str, Any]) -> Account:
        """Append an account.

        Raises:
            ConfigError: the name is taken, a value is wrong, or the file is.
        """

        def append(document: tomlkit.TOMLDocument) -> Account:
            if name in self._tables(document):
                raise ConfigError(f"{self.path}: there is an account {name} already")
            account = self.check(name, values)
            if "accounts" not in document:
                document["accounts"] = tomlkit.table(is_super_table=True)
            table = tomlkit.table()
            for key, value in values.items():
                table[key] = value
            # A table, an inline one, or one that is split by others: all take keys.
            accounts: Any = document["accounts"]
            accounts[name] = table
            return account

        return toml.change(self.path, append)

    def edit(self, name: str, values: dict[str, Any]) -> Account:
        """Change fields of an account; None removes one. The rest stays.

        Raises:
            ConfigError: there is no such account, a value is wrong, or the file is.
        """

        def update(document: tomlkit.TOMLDocument) -> Account:
            table = self._table(document, name)
            for key, value in values.items():
                if value is None:
                    table.pop(key, None)
                else:
                    table[key] = value
            return self.check(name, dict(table.unwrap()))

        return toml.change(self.path, update)

    def remove(self, name: str) -> None:
        """Take an account out of the file.

        Raises:
            ConfigError: there is no such account, or the file is wrong.
        """

        def delete(document: tomlkit.TOMLDocument) -> None:
            self._table(document, name)
            accounts: Any = document["accounts"]
            del accounts[name]

        toml.change(self.path, delete)

    def _tables(self, document: tomlkit.TOMLDocument) -> dict[str, Any]:
        accounts = document.unwrap().get("accounts", {})
        if not isinstance(accounts, dict):
            raise ConfigError(f"{self.path}: “accounts” holds a table for each account")
        return accounts

    def _table(self, document: tomlkit.TOMLDocument, name: str) -> Any:
        if name not in self._tables(document):
            raise ConfigError(f"{self.path}: there is no account {name}")
        accounts: Any = document["accounts"]
        table = accounts[name]
        if not isinstance(table, dict):
            raise ConfigError(
                f"{self.path}: account {name}: a table of fields is needed, not a single value"
            )
        return table


def _known(table: object) -> dict[str, str | int | bool]:
    # What is no field of an account may be anything, a password for one.
    if not isinstance(table, dict):
        return {}
    return {
        key: value
        for key, value in table.items()
        if key in Account.__struct_fields__ and isinstance(value, str | int | bool)
    }
