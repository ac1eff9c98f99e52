"""Reads and writes TOML that the user edits too.

Changes are made in place (tomlkit), so that comments, order and unknown keys stay.
Files are replaced in one step, and never when they could not be read.
"""

from __future__ import annotations

import codecs
import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError

from voip.engine.files import whole_file

_T = TypeVar("_T")


class ConfigError(Exception):
    """File or value that cannot be used; the text has place and remedy.

    `problem` is the text without the place, where the two are separate.
    """

    def __init__(self, problem: str, where: str = "") -> None:
        super().__init__(f"{where}: {problem}" if where else problem)
        self.problem = problem


class ChangedMeanwhile(ConfigError):
    """Change of the file by another program; nothing was written."""


def read(path: Path) -> tomlkit.TOMLDocument:
    """Read the document in `path`, an empty one without a file.

    Raises:
        ConfigError: the file cannot be read or is not TOML.
    """
    return _parse(path, _content(path))


def change(path: Path, edit: Callable[[tomlkit.TOMLDocument], _T]) -> _T:
    """Let `edit` change the document in `path`, and replace the file.

    The file is replaced in one step, readable by its owner alone; it is left
    alone when `edit` raises, and when it changed on disk while `edit` worked.

    Raises:
        ChangedMeanwhile: it changed on disk.
        ConfigError: the file cannot be read or written, or is not TOML.
    """
    before = _content(path)
    document = _parse(path, before)
    result = edit(document)
    text = tomlkit.dumps(document)
    mark = codecs.BOM_UTF8 if before and before.startswith(codecs.BOM_UTF8) else b""
    if not _parses_to(text, document.unwrap()):
        # tomlkit reads some forms of TOML that it does not write correctly.
        raise ConfigError(f"{path} is laid out in a way that only an editor can change")
    _replace(path, mark + text.encode(), before)
    return result


def put(table: Any, key: str, value: object) -> None:
    """Set a key of a table or a document; a new one goes after the last.

    Comments and empty lines at the end belong to what follows: they stay there.
    """
    container = getattr(table, "value", table)
    if key in table or not isinstance(container, Container):
        table[key] = value
        return
    after = []
    while container.body and container.body[-1][0] is None:
        after.append(container.body.pop())
    table[key] = value
    container.body.extend(reversed(after))


def put_first(document: tomlkit.TOMLDocument, key: str, value: object) -> None:
    """Insert a key in front of the comments that begin a document.

    The document must not be empty.
    """
    item = tomlkit.item(value)
    item.trivia.trail = "\n\n"
    # No public method does it: an assignment would separate a comment at the top from
    # its table.
    document._insert_at(0, key, item)


def _parses_to(text: str, values: dict[str, Any]) -> bool:
    try:
        return bool(_filled(tomllib.loads(text)) == _filled(values))
    except tomllib.TOMLDecodeError:
        return False


def _filled(value: Any) -> Any:
    # A table of tables alone has no line of its own once it is empty.
    if not isinstance(value, dict):
        return value
    inner = {key: _filled(item) for key, item in value.items()}
    return {key: item for key, item in inner.items() if item != {}}


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _parse(path: Path, content: bytes | None) -> tomlkit.TOMLDocument:
    try:
        # TOML has no byte order mark, but some editors write one.
        return tomlkit.parse((content or b"").removeprefix(codecs.BOM_UTF8))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    except TOMLKitError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def _replace(path: Path, content: bytes, before: bytes | None) -> None:
    # Replacing the link itself would detach a file that is kept elsewhere on purpose.
    target = path.resolve()

    def last_look() -> None:
        if _content(target) != before:
            raise ChangedMeanwhile(
                f"{path} was changed by somebody else at the same moment and was left alone: "
                "look at it, and try again"
            )

    try:
        whole_file.replace(target, content, last_look)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error


def convert(values: Mapping[str, Any], kind: type[_T], where: str) -> _T:
    """Check `values` and convert them to a `kind` (a msgspec Struct).

    Raises:
        ConfigError: names `where`, the field, and what is allowed.
    """
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(str(error), kind, values), where) from error


def _explain(text: str, kind: type, values: Mapping[str, Any]) -> str:
    place = re.search(r" - at `\$\.?([^`]*)`$", text)
    table = place[1].removesuffix("[...]") if place else ""
    path = table.split(".") if table else []
    if place and table != place[1]:
        path.append(_culprit(table, kind, values))
    message = re.sub(r" - at `[^`]*`$", "", text)
    unknown = re.search(r"unknown field `([^`]*)`", text)
    if unknown:
        fields = [field.encode_name for field in msgspec.structs.fields(_struct_at(kind, path))]
        near = difflib.get_close_matches(unknown[1], fields, n=1)
        hint = f", did you mean “{near[0]}”?" if near else f"; known are {', '.join(fields)}"
        return f"“{unknown[1]}” is not known{hint}"
    missing = re.search(r"missing required field `([^`]*)`", text)
    if missing:
        return f"“{missing[1]}” is missing"
    if not path:
        return message
    allowed = _allowed(_struct_at(kind, path[:-1]), path[-1])
    return f"“{'.'.join(path)}”: {message}" + (f"; allowed are {allowed}" if allowed else "")


def _culprit(table: str, kind: type, values: Mapping[str, Any]) -> str:
    """Key with a refused value in a top-level table that allows any key."""
    for key, value in values[table].items():
        try:
            msgspec.convert({table: {key: value}}, kind)
        except msgspec.ValidationError:
            return str(key)
    return "…"


def _struct_at(kind: type, path: list[str]) -> type:
    """Struct at the end of a path of field names."""
    for name in path:
        for field in msgspec.structs.fields(kind):
            if field.encode_name == name and msgspec.inspect.is_struct_type(field.type):
                kind = field.type
    return kind


def _allowed(kind: type, name: str) -> str | None:
    for field in msgspec.structs.fields(kind):
        if field.encode_name != name:
            continue
        if hasattr(field.type, "__members__"):
            return ", ".join(member.value for member in field.type)
        if get_origin(field.type) is Literal:
            return ", ".join(str(value) for value in get_args(field.type))
    return None
