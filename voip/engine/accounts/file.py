"""Reads, checks and changes accounts.toml."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.items import Array, InlineTable

from voip.choices import Means
from voip.engine.accounts import fields as account_fields
from voip.engine.accounts import named_files, pinning
from voip.engine.accounts.fields import Account
from voip.engine.files import toml
from voip.engine.files.toml import ChangedMeanwhile, ConfigError
from voip.model import rfc3339
from voip.protocol.accounts import AccountFields

_ORDER = "order"


class Loaded(msgspec.Struct):
    """Contents of the file: the valid accounts, and problems of others.

    `names` lists valid and invalid accounts in order; `notices` lists unknown fields
    and the like.
    """

    accounts: dict[str, Account]
    problems: dict[str, str]
    names: tuple[str, ...]
    notices: tuple[str, ...] = ()


class AccountFile:
    """Accounts of one user, in the order of the file.

    Comments, order and unknown keys written by hand are kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    # Reading

    def load(self) -> Loaded:
        """Read every account; an invalid one does not affect the others.

        Raises:
            ConfigError: the file as a whole cannot be read.
        """
        document = toml.read(self.path)
        tables = self._tables(document)
        names, notices = self._ordered(document)
        loaded = Loaded(accounts={}, problems={}, names=names)
        for name in names:
            try:
                loaded.accounts[name] = self._account(name, tables[name])
            except ConfigError as error:
                loaded.problems[name] = str(error)
            notices += [
                f"{self.path}: account {name}: {account_fields.unknown_notice(field)}"
                for field in _unknown(tables[name])
            ]
        loaded.notices = tuple(notices)
        return loaded

    def listing(self) -> tuple[AccountFields, ...]:
        """Return every account's fields as written, for editing.

        Raises:
            ConfigError: the file as a whole cannot be read.
        """
        document = toml.read(self.path)
        tables = self._tables(document)
        return tuple(self._fields(name, tables[name]) for name in self._ordered(document)[0])

    def problems(self, name: str, values: Mapping[str, object], new: bool) -> dict[str, str]:
        """Report problems of an account's name and fields, by field.

        Reads the files that fields name, and so may block.
        """
        by_field = {**named_files.problems(values), **account_fields.problems(values)}
        words = account_fields.name_problem(name) or (self._taken(name) if new else None)
        return {"name": words, **by_field} if words else by_field

    def check(self, name: str, values: Mapping[str, object]) -> Account:
        """Build an account from a client's fields.

        Raises:
            ConfigError: names the file, the account, and each bad field with its
                problem.
        """
        self._refuse(name, self.problems(name, values, new=False))
        return account_fields.from_values(values)

    # Changing

    def add(
        self, name: str, values: Mapping[str, str | int | bool], means: Means | None = None
    ) -> Account:
        """Append an account; `means` is noted with a pin.

        Raises:
            ConfigError: the name exists, a value is wrong, or the file is.
        """

        def append(document: tomlkit.TOMLDocument) -> Account:
            if name in self._tables(document):
                raise ConfigError(f"{self.path}: there is an account {name} already")
            noted = pinning.noted(values, {}, _note(means))
            written = {field: value for field, value in noted.items() if value is not None}
            account = self.check(name, written)
            if "accounts" not in document:
                document["accounts"] = tomlkit.table(is_super_table=True)
            accounts: Any = document["accounts"]
            inline = isinstance(accounts, InlineTable)
            table = tomlkit.inline_table() if inline else tomlkit.table()
            for key, value in written.items():
                table[key] = value
            accounts[name] = table
            return account

        return toml.change(self.path, append)

    def edit(
        self,
        name: str,
        values: Mapping[str, str | int | bool | None],
        version: str | None = None,
        means: Means | None = None,
    ) -> Account:
        """Change fields of an account; None removes one, others stay.

        `means` is noted with a new pin.

        Raises:
            ChangedMeanwhile: the account has changed since `version` was read.
            ConfigError: no account has this name, a value is wrong, or the file is.
        """

        def update(document: tomlkit.TOMLDocument) -> Account:
            table = self._table(document, name)
            if version is not None and version != _version(table.unwrap()):
                raise ChangedMeanwhile(
                    f"account {name} was changed in {self.path} meanwhile: look at it again "
                    "before you save"
                )
            changes = pinning.noted(values, table.unwrap(), _note(means))
            given = {field: value for field, value in changes.items() if value is not None}
            for key, value in changes.items():
                if value is None:
                    table.pop(key, None)
                else:
                    toml.put(table, key, value)
            # Unknown fields already in the file must not fail the edit.
            result = {**account_fields.known_fields(table.unwrap()), **given}
            unknown = {
                f: account_fields.unknown_problem(f) for f in account_fields.unknown_names(values)
            }
            problems = {**account_fields.problems(result), **unknown}
            self._refuse(name, {**named_files.problems(result, given), **problems})
            return self._account(name, table.unwrap())

        return toml.change(self.path, update)

    def remove(self, name: str) -> None:
        """Remove an account from the file.

        Raises:
            ConfigError: no account has this name, or the file is wrong.
        """

        def delete(document: tomlkit.TOMLDocument) -> None:
            self._table(document, name)
            accounts: Any = document["accounts"]
            del accounts[name]
            order = document.get(_ORDER)
            while isinstance(order, Array) and name in order:
                order.remove(name)

        toml.change(self.path, delete)

    def move(self, name: str, place: int) -> None:
        """Move an account to `place`, from 0; a place beyond the end is the last.

        Raises:
            ConfigError: no account has this name, or the file is wrong.
        """

        def reorder(document: tomlkit.TOMLDocument) -> None:
            self._table(document, name)
            others = [other for other in self._ordered(document)[0] if other != name]
            if _ORDER not in document:
                toml.put_first(document, _ORDER, [])
            order = document[_ORDER]
            if not isinstance(order, Array):
                raise ConfigError(f"{self.path}: “{_ORDER}” is not a list of names: fix it first")
            while name in order:
                order.remove(name)
            for other in others:
                if other not in order:
                    order.append(other)
            behind = others[max(0, place) :]
            order.insert(order.index(behind[0]) if behind else len(order), name)

        toml.change(self.path, reorder)

    # Inside

    def _account(self, name: str, table: object) -> Account:
        """Build an account from its table; unknown keys are ignored."""
        if not isinstance(table, dict):
            raise ConfigError(
                f"{self.path}: account {name}: a table of fields is needed, not a single value"
            )
        words = account_fields.name_problem(name)
        fields = account_fields.known_fields(table)
        problems = account_fields.problems(fields)
        self._refuse(name, {"name": words, **problems} if words else problems)
        return account_fields.from_values(fields)

    def _fields(self, name: str, table: object) -> AccountFields:
        problem = None
        try:
            self._account(name, table)
        except ConfigError as error:
            problem = str(error)
        return AccountFields(
            name=name,
            fields=_plain(table),
            problem=problem,
            version=_version(table),
            unknown=_unknown(table),
        )

    def _refuse(self, name: str, problems: Mapping[str, str]) -> None:
        if problems:
            words = "; ".join(f"“{field}”: {text}" for field, text in problems.items())
            raise ConfigError(f"{self.path}: account {name}: {words}")

    def _taken(self, name: str) -> str | None:
        try:
            taken = name in self._tables(toml.read(self.path))
        except ConfigError as error:
            return str(error)
        return "there is an account of that name already" if taken else None

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

    def _ordered(self, document: tomlkit.TOMLDocument) -> tuple[tuple[str, ...], list[str]]:
        """Return the accounts' names in order, and problems of the order."""
        names = list(self._tables(document))
        order = document.unwrap().get(_ORDER, [])
        if not isinstance(order, list):
            words = f"{self.path}: “{_ORDER}” is not a list of names, such as [“work”, “home”]"
            return tuple(names), [words]
        # A name listed twice would otherwise appear twice.
        first = dict.fromkeys(name for name in order if isinstance(name, str) and name in names)
        return tuple(dict.fromkeys([*first, *names])), []


def _note(means: Means | None) -> pinning.Note:
    return pinning.Note(rfc3339(time.time()), pinning.login_name(), means)


def _plain(table: object) -> dict[str, str | int | bool]:
    # An unknown field may hold anything, such as a password.
    if not isinstance(table, dict):
        return {}
    return {
        field: value
        for field, value in account_fields.known_fields(table).items()
        if isinstance(value, str | int | bool)
    }


def _unknown(table: object) -> tuple[str, ...]:
    return account_fields.unknown_names(table) if isinstance(table, dict) else ()


def _version(table: object) -> str:
    """Return a digest that changes with the account's fields.

    Of unknown fields only the names count: a digest of a weak secret gives it away.
    """
    fields = account_fields.known_fields(table) if isinstance(table, dict) else repr(table)
    text = repr((sorted(fields.items()) if isinstance(fields, dict) else fields, _unknown(table)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
