"""Reads and changes config.toml: settings of the whole phone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from voip.engine.files import toml
from voip.engine.files.toml import ConfigError
from voip.protocol.settings import Settings


def load(path: Path) -> Settings:
    """Read the file; defaults without one.

    Raises:
        ConfigError: names the file, the field and what is allowed.
    """
    return _settings(toml.read(path), path)


def change(path: Path, changes: Mapping[str, str | int | bool | None]) -> Settings:
    """Change keys, named as `table.key`; None removes one.

    Raises:
        ConfigError: the result or the file cannot be used; the file is left alone.
    """

    def edit(document: tomlkit.TOMLDocument) -> Settings:
        for name, value in changes.items():
            _put(document, name, value, path)
        return _settings(document, path)

    return toml.change(path, edit)


def is_silent() -> bool:
    """Report if sound is off: `OFFHOOK_AUDIO=null`."""
    return os.environ.get("OFFHOOK_AUDIO") == "null"


def _settings(document: tomlkit.TOMLDocument, path: Path) -> Settings:
    return toml.convert(document.unwrap(), Settings, str(path))


def _put(
    document: tomlkit.TOMLDocument, name: str, value: str | int | bool | None, path: Path
) -> None:
    # The first dot ends the table's name: an action's id may hold dots.
    table_name, _, key = name.partition(".")
    if not key:
        raise ConfigError(f"“{name}” is not a key of a table, such as audio.input", str(path))
    if value is None and table_name not in document:
        return
    table: Any = document.setdefault(table_name, tomlkit.table())
    if not isinstance(table, dict):
        raise ConfigError(f"“{table_name}” is not a table: write [{table_name}]", str(path))
    if value is None:
        table.pop(key, None)
    else:
        toml.put(table, key, value)
