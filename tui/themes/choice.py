"""Lists the themes, chooses one, and applies it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.app import App
from textual.theme import Theme

from tui.terminal import glyphs as symbols
from tui.themes.colours import textual_theme
from tui.themes.file import ThemeFile, read
from voip.protocol import settings

DEFAULT: Final = "dark"
PLAIN: Final = "plain"
SIXTEEN: Final = "ansi16"

_INSTALLED = Path(__file__).parents[1] / "theme_files"
_CHECKOUT = Path(__file__).parents[2] / "themes"


class Themes(NamedTuple):
    """Themes by name, the phone's own first.

    `problems` are mistakes in the user's files, `notes` other remarks on them;
    both full sentences, with the file and the line.
    """

    themes: dict[str, Theme]
    titles: dict[str, str]
    ascii_only: frozenset[str]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def pick(self, setting: str, environ: Mapping[str, str]) -> str:
        """The theme for `setting` on this terminal.

        `auto` and unknown names select one the terminal can show, or the user wants
        of every program (no-color.org). A theme chosen by name is used in any case.
        """
        if setting in self.themes:
            return setting
        terminal = environ.get("TERM", "")
        if environ.get("NO_COLOR") or terminal in ("", "dumb") or terminal.startswith("vt"):
            return PLAIN
        return DEFAULT if _mixes_colors(environ) else SIXTEEN

    def glyphs(
        self, name: str, screen: settings.Screen, environ: Mapping[str, str]
    ) -> symbols.Glyphs:
        """The symbols for a theme, which may require ASCII."""
        setting = "ascii" if name in self.ascii_only else screen.glyphs
        return symbols.choose(setting, screen.lock, environ)


def _mixes_colors(environ: Mapping[str, str]) -> bool:
    # Rich's own test: elsewhere Rich draws the nearest of sixteen colours,
    # and different colours may become the same.
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return True
    return environ.get("TERM", "").lower().rpartition("-")[2] in ("256color", "kitty")


def load_all(folder: Path | None) -> Themes:
    """The phone's themes, and those in `folder`/themes where that exists.

    Leaves out a file that cannot be used, and reports it in `problems`.
    """
    files: dict[str, ThemeFile] = {}
    for path in _files(_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT):
        theme, problems = read(path)
        assert theme is not None, problems
        files[theme.name] = theme
    problems, notes = _add_own(files, folder) if folder is not None else ((), ())
    return Themes(
        {file.name: textual_theme(file.name, file.dark, file.colors) for file in files.values()},
        {file.name: file.title for file in files.values()},
        frozenset(file.name for file in files.values() if file.ascii_only),
        problems,
        notes,
    )


def _add_own(files: dict[str, ThemeFile], folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems: list[str] = []
    notes: list[str] = []
    shipped = frozenset(files)
    taken: dict[str, str] = {}
    try:
        paths = _files(folder / "themes")
    except OSError as error:
        return (f"themes cannot be read: {error.strerror}",), ()
    for path in paths:
        theme, mistakes = read(path)
        problems += mistakes
        if theme is None:
            continue
        where = f"themes/{path.name}"
        if theme.name in taken:
            problems.append(
                f"{where}: {taken[theme.name]} is called “{theme.name}” already: "
                "give one of them another name"
            )
            continue
        if theme.name in shipped:
            notes.append(f"{where} takes the place of the phone's own theme “{theme.name}”")
        taken[theme.name] = where
        files[theme.name] = theme
    return tuple(problems), tuple(notes)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == ".toml")


def apply(app: App[Any], name: str) -> None:
    """Draw `app` again in the theme registered as `name`.

    Also if it is the current theme: its file may have been read again, or the
    result of `get_line_filters` may have changed.
    """
    if app.theme == name:
        app.mutate_reactive(App.theme)
    else:
        app.theme = name
