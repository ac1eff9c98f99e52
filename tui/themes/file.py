"""Reads one theme file, and reports its mistakes by line.

    title = "My theme"          # all of these may be left out
    name = "mine"               # the file's name without .toml
    dark = true                 # derived from the background
    glyphs = "ascii"            # whatever the settings say

    [colors]
    background = "#101418"      # these three are required,
    foreground = "#d8dee6"      # the others are derived from them
    primary = "#6cb2f7"

A colour is `#rgb`, `#rrggbb`, or one of the terminal's own: `default`,
`black`, `red`, `green`, `yellow`, `blue`, `magenta`, `cyan`, `white`, and
these with `bright` before them. A theme is of one kind or the other.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from tui.themes.colours import DEFAULT, REQUIRED, ROLES, best_on, complete

_KEYS: Final = ("name", "title", "dark", "glyphs", "colors")
_HUES: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_OWN: Final = (DEFAULT, *_HUES, *(f"bright {hue}" for hue in _HUES))
_RGB: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.IGNORECASE)
_TITLE_LENGTH: Final = 40
_SHOWN_LENGTH: Final = 40


class ThemeFile(NamedTuple):
    """A theme from its file, with every role in `colors`."""

    name: str
    title: str
    dark: bool
    ascii_only: bool
    colors: dict[str, str]


class Reading(NamedTuple):
    """A theme, or None if its file cannot be used; problems are sentences."""

    theme: ThemeFile | None
    problems: tuple[str, ...]


def read(path: Path) -> Reading:
    """The theme in `path`, and the problems of its file."""
    where = f"{path.parent.name}/{_printable(path.name)}"
    if not path.is_file():  # reading a pipe would block
        return Reading(None, (f"{where} cannot be read: it is not a file",))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        return Reading(None, (f"{where} cannot be read: {error.strerror}",))
    except UnicodeDecodeError:
        return Reading(None, (f"{where} cannot be read: it is not text in UTF-8",))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Reading(None, (_not_toml(where, text, str(error)),))
    return _Checker(where, text, path.stem).check(values)


def _not_toml(where: str, text: str, message: str) -> str:
    position = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if position is None:
        return f"{where} is not valid TOML: {_printable(message)}"
    line = int(position[1]) if position[1] else text.count("\n") + 1
    return f"{where} line {line}: not valid TOML: {_printable(message[: position.start()])}"


class _Checker:
    """Checks one file and collects its problems."""

    def __init__(self, where: str, text: str, stem: str) -> None:
        self._where = where
        self._text = text
        self._stem = stem
        self._problems: list[str] = []

    def check(self, values: dict[str, Any]) -> Reading:
        self._unknown(values, _KEYS, "")
        name = self._text_of(values, "name", self._stem)
        if not _NAME.fullmatch(name):
            self._report(
                "name", "", f"“{_printable(name)}” is not a name: use letters, digits, - and _"
            )
            return Reading(None, tuple(self._problems))
        title = self._text_of(values, "title", name)
        if not title.isprintable() or not 0 < len(title) <= _TITLE_LENGTH:
            self._report("title", "", f"“title” must be 1 to {_TITLE_LENGTH} printable characters")
            title = name
        if values.get("glyphs", "ascii") != "ascii":
            self._report("glyphs", "", "“glyphs” can only be “ascii”: leave it out for any other")
        colors = self._colors(values.get("colors", {}))
        if colors is None:
            return Reading(None, tuple(self._problems))
        dark = values.get("dark", _is_dark(colors["background"]))
        if not isinstance(dark, bool):
            self._report("dark", "", "“dark” must be true or false")
            dark = _is_dark(colors["background"])
        theme = ThemeFile(
            name, title, dark, values.get("glyphs") == "ascii", complete(colors, dark)
        )
        return Reading(theme, tuple(self._problems))

    def _colors(self, table: object) -> dict[str, str] | None:
        if not isinstance(table, dict):
            self._report("colors", "", "“colors” must be a table: [colors]")
            return None
        self._unknown(table, ROLES, "colors")
        colors = {}
        for role in ROLES:
            if role in table and self._is_color(role, table[role]):
                colors[role] = _normal(table[role])
        for role in REQUIRED:
            if role not in table:
                self._report(None, "colors", f"“{role}” is missing from [colors]")
        if any(role not in colors for role in REQUIRED):
            return None
        return self._of_one_kind(colors)

    def _of_one_kind(self, colors: dict[str, str]) -> dict[str, str] | None:
        rgb = colors["background"].startswith("#")
        mixed = [role for role, value in colors.items() if value.startswith("#") is not rgb]
        for role in mixed:
            own = "one of the terminal's own colours"
            kind = "a colour of the form #rrggbb" if rgb else own
            self._report(role, "colors", f"“{role}” must be {kind}, as the background is")
        if any(role in mixed for role in REQUIRED):
            return None
        return {role: value for role, value in colors.items() if role not in mixed}

    def _is_color(self, role: str, value: object) -> bool:
        if isinstance(value, str) and (_RGB.fullmatch(value) or value in _OWN):
            return True
        hint = "use #rrggbb, “default”, or a terminal colour such as “bright blue”"
        if isinstance(value, str) and (near := difflib.get_close_matches(value, _OWN, n=1)):
            hint = f"did you mean “{near[0]}”?"
        self._report(role, "colors", f"“{_printable(value)}” is not a colour for “{role}”: {hint}")
        return False

    def _text_of(self, values: dict[str, Any], key: str, otherwise: str) -> str:
        value = values.get(key, otherwise)
        if isinstance(value, str):
            return value
        self._report(key, "", f"“{key}” must be text in quotes")
        return otherwise

    def _unknown(self, table: dict[str, Any], allowed: Iterable[str], name: str) -> None:
        for key in table:
            if key in allowed:
                continue
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f", did you mean “{near[0]}”?" if near else f"; known are {', '.join(allowed)}"
            self._report(key, name, f"“{_printable(key)}” is not known{hint}")

    def _report(self, key: str | None, table: str, words: str) -> None:
        line = line_of(self._text, table, key)
        place = f"{self._where} line {line}" if line else self._where
        self._problems.append(f"{place}: {words}")


def line_of(text: str, table: str, key: str | None) -> int | None:
    """Line, from 1, on which valid TOML `text` sets `key` in `table`.

    `table` is empty for keys before the first. If the key is None, or not written
    plainly (an inline table), returns the table's line, or None without one.
    """
    header = None
    inside = table == ""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            # Inside a multi-line string, a line may look like a key.
            fence = "" if line.count(fence) % 2 else fence
            continue
        if opened := re.match(r"\s*\[\s*([^\]]*?)\s*\]\s*(#.*)?$", line):
            inside = _bare(opened[1]) == table
            header = number if inside else header
        elif inside and key is not None and _sets(line, key):
            return number
        elif table and header is None and (_sets(line, table) or _sets(line, f"{table}.{key}")):
            header = number
            if _sets(line, f"{table}.{key}"):
                return number
        fence = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
    return header


def _sets(line: str, key: str) -> bool:
    written = re.match(r"\s*((?:\"[^\"]*\"|'[^']*'|[^=\"'#])+?)\s*=", line)
    return written is not None and _bare(written[1]) == key


def _bare(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _normal(color: str) -> str:
    if len(color) == len("#rgb") and color.startswith("#"):
        color = "#" + "".join(2 * digit for digit in color[1:])
    return color.lower()


def _is_dark(background: str) -> bool:
    return not background.startswith("#") or best_on(background) == "#ffffff"


def _printable(value: object) -> str:
    text = "".join(char if char.isprintable() else "?" for char in str(value))
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"
