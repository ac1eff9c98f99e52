from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color

from tui.themes import choice as themes
from tui.themes.colours import REQUIRED, ROLES, best_on, complete, contrast, is_own
from tui.themes.file import ThemeFile, line_of, read
from voip.protocol.settings import Screen

ROOT = Path(__file__).parents[4]
SHIPPED = sorted((ROOT / "themes").glob("*.toml"), key=lambda path: path.stem)
TEXTS = [
    "foreground", "muted", "primary", "accent", "success",
    "warning", "error", "secure", "insecure", "selection-text",
]  # fmt: skip
BACKGROUNDS = ["background", "surface", "panel", "selection"]

GOOD = """\
title = "Mine"

[colors]
background = "#101418"
foreground = "#d8dee6"
primary = "#6cb2f7"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes themes/my.toml and returns its path."""

    def to_file(text: str) -> Path:
        path = tmp_path / "themes" / "my.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def shipped(name: str) -> ThemeFile:
    theme, problems = read(ROOT / "themes" / f"{name}.toml")
    assert theme is not None, problems
    return theme


def test_the_themes_that_come_with_the_phone() -> None:
    loaded = themes.load_all(None)
    assert list(loaded.themes) == ["ansi16", "dark", "high-contrast", "light", "plain"]
    assert loaded.titles["high-contrast"] == "High contrast"
    assert loaded.ascii_only == {"plain"}
    assert loaded.problems == ()
    assert loaded.notes == ()
    assert [name for name, theme in loaded.themes.items() if theme.ansi] == ["ansi16", "plain"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_theme_says_every_role_itself(path: Path) -> None:
    theme, problems = read(path)
    assert problems == ()
    assert theme is not None
    for role in ROLES:
        assert line_of(path.read_text(), "colors", role), role


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("high-contrast", 7.0)])
def test_text_can_be_read_on_every_background(name: str, least: float) -> None:
    colors = shipped(name).colors
    for text in TEXTS:
        for back in BACKGROUNDS:
            ratio = contrast(colors[text], colors[back])
            assert ratio >= least, f"{text} on {back}: {ratio:.2f}"
    # WCAG 1.4.11: colours that show a place, and the focus.
    for border in ("border", "border-focus"):
        assert contrast(colors[border], colors["background"]) >= 3


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast"])
def test_what_textual_writes_in_can_be_read_too(name: str) -> None:
    theme = themes.load_all(None).themes[name]
    drawn = theme.to_color_system().generate() | theme.variables
    pairs = [
        *((f"text-{kind}", f"{kind}-muted") for kind in ("primary", "success", "warning", "error")),
        *(("button-color-foreground", kind) for kind in ("primary", "success", "warning", "error")),
        ("block-cursor-foreground", "block-cursor-background"),
        ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
        ("input-selection-foreground", "input-selection-background"),
        ("input-cursor-foreground", "input-cursor-background"),
        ("screen-selection-foreground", "screen-selection-background"),
        ("footer-key-foreground", "footer-key-background"),
        ("footer-description-foreground", "footer-description-background"),
        ("link-color-hover", "link-background-hover"),
        ("text-disabled", "surface"),
    ]
    for text, back in pairs:
        assert contrast(drawn[text], drawn[back]) >= 4.5, f"{text} on {back}"


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#123456", "#123456") == 1.0


@pytest.mark.parametrize("name", ["ansi16", "plain"])
def test_nothing_keeps_a_stock_colour_of_textual(name: str) -> None:
    theme = themes.load_all(None).themes[name]
    drawn = theme.to_color_system().generate() | theme.variables
    own = {
        theme.primary, theme.accent, theme.foreground, theme.background, theme.success,
        theme.warning, theme.error,
        *(theme.variables[role] for role in ("muted", "selection", "selection-text")),
        *(theme.variables[role] for role in ("secure", "insecure", "border", "border-blurred")),
        "ansi_default",
    }  # fmt: skip
    colors = {value.split()[0] for value in drawn.values() if value.startswith("ansi_")}
    assert colors <= own
    assert not any(value.startswith("#") for value in drawn.values())


@pytest.mark.parametrize("name", ["dark", "light", "high-contrast"])
def test_roles_are_variables_for_style_sheets(name: str) -> None:
    colors = shipped(name).colors
    theme = themes.load_all(None).themes[name]
    drawn = theme.to_color_system().generate() | theme.variables
    names = dict(zip(ROLES, ROLES, strict=True)) | {"border": "border-blurred"}
    for role, variable in names.items():
        # Textual computes some colours itself, and rounds.
        for expected, got in zip(
            Color.parse(colors[role]).rgb, Color.parse(drawn[variable]).rgb, strict=True
        ):
            assert abs(expected - got) <= 1, role
    assert drawn["border"] == colors["border-focus"]


HEXES = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(HEXES, HEXES, HEXES, st.booleans())
def test_every_role_can_be_made_of_the_three(
    background: str, foreground: str, primary: str, dark: bool
) -> None:
    given_ = {"background": background, "foreground": foreground, "primary": primary}
    colors = complete(given_, dark)
    assert set(colors) == set(ROLES)
    assert {role: colors[role] for role in REQUIRED} == given_
    # A derived colour is as readable as its source.
    least = min(4.5, contrast(foreground, colors["panel"]))
    for role in ("muted", "success", "warning", "error"):
        assert contrast(colors[role], colors["panel"]) >= least
    assert contrast(colors["selection-text"], colors["selection"]) >= 4.5


def test_roles_that_are_given_make_others() -> None:
    colors = complete({**shipped("dark").colors, "success": "#123456"}, True)
    assert colors["secure"] == shipped("dark").colors["secure"]
    few = {role: shipped("dark").colors[role] for role in REQUIRED}
    colors = complete({**few, "success": "#aaffaa", "warning": "#ffffaa"}, True)
    assert (colors["secure"], colors["insecure"]) == ("#aaffaa", "#ffffaa")
    assert (colors["accent"], colors["border-focus"]) == (few["primary"], few["primary"])
    colors = complete({"background": "default", "foreground": "default", "primary": "cyan"}, True)
    assert is_own(colors)
    assert (colors["selection"], colors["selection-text"]) == ("cyan", "black")


def test_a_theme_of_the_user_is_picked_up(write: Write, tmp_path: Path) -> None:
    write(GOOD)
    loaded = themes.load_all(tmp_path)
    assert loaded.problems == loaded.notes == ()
    assert loaded.titles["my"] == "Mine"
    assert loaded.themes["my"].dark
    assert loaded.themes["my"].background == "#101418"
    assert "dark" in loaded.themes


def test_a_byte_order_mark_is_no_mistake(write: Write) -> None:
    theme, problems = read(write(f"\ufeff{GOOD}"))
    assert theme is not None
    assert problems == ()


def test_a_file_says_its_name_and_its_kind(write: Write) -> None:
    theme, problems = read(write('name = "night"\ndark = false\nglyphs = "ascii"\n' + GOOD))
    assert problems == ()
    assert theme is not None
    assert (theme.name, theme.dark, theme.ascii_only) == ("night", False, True)


def test_whether_a_theme_is_dark_is_told_from_its_background(write: Write) -> None:
    dark, _ = read(write(GOOD))
    light, _ = read(write(GOOD.replace("#101418", "#fafafa").replace("#d8dee6", "#222222")))
    assert dark is not None
    assert light is not None
    assert (dark.dark, light.dark) == (True, False)
    assert best_on("#fafafa") == "#000000"


@pytest.mark.parametrize("value", ["#abc", "#ABCDEF", "#a1b2c3"])
def test_colours_are_written_in_one_way(write: Write, value: str) -> None:
    theme, problems = read(write(f'{GOOD}accent = "{value}"\n'))
    assert problems == ()
    assert theme is not None
    assert theme.colors["accent"] in ("#aabbcc", "#abcdef", "#a1b2c3")


# Each mistake with its message, and whether the theme can be used.
MISTAKES = {
    "misspelt role": (
        GOOD + 'succes = "#00ff00"\n',
        "themes/my.toml line 7: “succes” is not known, did you mean “success”?",
        True,
    ),
    "unknown role": (
        GOOD + 'zzz = "#00ff00"\n',
        f"themes/my.toml line 7: “zzz” is not known; known are {', '.join(ROLES)}",
        True,
    ),
    "misspelt key": (
        'titel = "x"\n' + GOOD,
        "themes/my.toml line 1: “titel” is not known, did you mean “title”?",
        True,
    ),
    "bad colour": (
        GOOD + 'error = "#12345"\n',
        "themes/my.toml line 7: “#12345” is not a colour for “error”: "
        "use #rrggbb, “default”, or a terminal colour such as “bright blue”",
        True,
    ),
    "misspelt colour": (
        GOOD + 'error = "bright-red"\n',
        "themes/my.toml line 7: “bright-red” is not a colour for “error”: did you mean “bright "
        "red”?",
        True,
    ),
    "number for a colour": (
        GOOD + "error = 7\n",
        "themes/my.toml line 7: “7” is not a colour for “error”: "
        "use #rrggbb, “default”, or a terminal colour such as “bright blue”",
        True,
    ),
    "two kinds of colour": (
        GOOD + 'error = "red"\n',
        "themes/my.toml line 7: “error” must be a colour of the form #rrggbb, as the background is",
        True,
    ),
    "two kinds of colour in what is required": (
        GOOD.replace("#101418", "default").replace('"#6cb2f7"', '"blue"'),
        "themes/my.toml line 5: “foreground” must be one of the terminal's own colours, "
        "as the background is",
        False,
    ),
    "bad required colour": (
        GOOD.replace("#101418", "nearly black"),
        "themes/my.toml line 4: “nearly black” is not a colour for “background”: "
        "use #rrggbb, “default”, or a terminal colour such as “bright blue”",
        False,
    ),
    "missing role": (
        GOOD.replace('primary = "#6cb2f7"\n', ""),
        "themes/my.toml line 3: “primary” is missing from [colors]",
        False,
    ),
    "a bad title": (
        GOOD.replace('"Mine"', '"\\u001b[2J"'),
        "themes/my.toml line 1: “title” must be 1 to 40 printable characters",
        True,
    ),
    "a title that is no text": (
        GOOD.replace('"Mine"', "3"),
        "themes/my.toml line 1: “title” must be text in quotes",
        True,
    ),
    "a bad name": (
        'name = "my, own"\n' + GOOD,
        "themes/my.toml line 1: “my, own” is not a name: use letters, digits, - and _",
        False,
    ),
    "dark that is no truth": (
        'dark = "yes"\n' + GOOD,
        "themes/my.toml line 1: “dark” must be true or false",
        True,
    ),
    "glyphs": (
        'glyphs = "emoji"\n' + GOOD,
        "themes/my.toml line 1: “glyphs” can only be “ascii”: leave it out for any other",
        True,
    ),
    "colors that is no table": (
        'colors = "blue"\n',
        "themes/my.toml line 1: “colors” must be a table: [colors]",
        False,
    ),
    "a key twice": (
        GOOD + 'primary = "#000000"\n',
        "themes/my.toml line 7: not valid TOML: Cannot overwrite a value",
        False,
    ),
    "no TOML": (
        GOOD + "error = #ff0000\n",
        "themes/my.toml line 7: not valid TOML: Invalid value",
        False,
    ),
    "no end": (
        GOOD + 'error = """\n\n',
        "themes/my.toml line 9: not valid TOML: Unterminated string",
        False,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_file_and_line(write: Write, tmp_path: Path, mistake: str) -> None:
    text, words, usable = MISTAKES[mistake]
    write(text)
    loaded = themes.load_all(tmp_path)
    assert loaded.problems == (words,)
    assert ("my" in loaded.themes) is usable
    assert "dark" in loaded.themes


def test_every_missing_role_is_told_in_a_file_without_colours(write: Write, tmp_path: Path) -> None:
    write('title = "x"\n')
    assert themes.load_all(tmp_path).problems == tuple(
        f"themes/my.toml: “{role}” is missing from [colors]" for role in REQUIRED
    )


def test_what_a_mistake_quotes_cannot_act(write: Write) -> None:
    _, (problem,) = read(write(GOOD + f'"\\u001b[2J{"x" * 400}" = 1\n'))
    assert problem.isprintable()
    assert "x" * 50 not in problem


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    (folder / "bytes.toml").write_bytes(b'title = "\xff"')
    (folder / "folder.toml").mkdir()
    (folder / "gone.toml").symlink_to(tmp_path / "nowhere")
    (folder / "notes.txt").write_text("not a theme")
    os.mkfifo(folder / "pipe.toml")
    assert themes.load_all(tmp_path).problems == (
        "themes/bytes.toml cannot be read: it is not text in UTF-8",
        "themes/folder.toml cannot be read: it is not a file",
        "themes/gone.toml cannot be read: it is not a file",
        "themes/pipe.toml cannot be read: it is not a file",
    )


def test_a_folder_that_is_not_there_is_no_mistake(tmp_path: Path) -> None:
    assert themes.load_all(tmp_path) == themes.load_all(None)


def test_a_theme_may_take_the_place_of_one_of_the_phones(write: Write, tmp_path: Path) -> None:
    write('name = "dark"\n' + GOOD)
    loaded = themes.load_all(tmp_path)
    assert loaded.problems == ()
    assert loaded.notes == ("themes/my.toml takes the place of the phone's own theme “dark”",)
    assert loaded.titles["dark"] == "Mine"


def test_one_that_cannot_be_used_takes_no_place(write: Write, tmp_path: Path) -> None:
    write('name = "dark"\n')
    loaded = themes.load_all(tmp_path)
    assert loaded.notes == ()
    assert loaded.titles["dark"] == "Dark"


def test_two_files_of_one_name_are_told(write: Write, tmp_path: Path) -> None:
    other = write(GOOD).with_name("other.toml")
    other.write_text('name = "my"\n' + GOOD.replace("Mine", "Other"))
    loaded = themes.load_all(tmp_path)
    assert loaded.titles["my"] == "Mine"
    assert loaded.problems == (
        "themes/other.toml: themes/my.toml is called “my” already: give one of them another name",
    )


@pytest.mark.parametrize(
    ("text", "table", "key", "line"),
    [
        (GOOD, "", "title", 1),
        (GOOD, "colors", "primary", 6),
        (GOOD, "colors", "title", 3),
        (GOOD, "colors", None, 3),
        (GOOD, "", "primary", None),
        ('[ "colors" ] # mine\n  \'error\'="x"', "colors", "error", 2),
        ('[other]\nerror = 1\n[colors]\nerror = "x"\n', "colors", "error", 4),
        ('colors.error = "x"\n', "colors", "error", 1),
        ('title = "x"\ncolors = { error = "x" }\n', "colors", "error", 2),
        ('title = """\n[colors]\nerror = 1\n"""\n[colors]\nerror = 2\n', "colors", "error", 6),
        ('[colors]\n# error = 1\nerror = "x"\n', "colors", "error", 3),
        ('[colors]\nmy-error = 1\nerror = "x"\n', "colors", "error", 3),
        ("a = 1\n", "colors", "error", None),
    ],
)
def test_the_line_of_a_key(text: str, table: str, key: str | None, line: int | None) -> None:
    assert line_of(text, table, key) == line


MIXING = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("setting", "environ", "name"),
    [
        ("auto", MIXING, "dark"),
        ("dark", {**MIXING, "NO_COLOR": "1"}, "dark"),
        ("light", MIXING, "light"),
        ("my own", MIXING, "dark"),
        ("auto", {"TERM": "xterm-256color"}, "dark"),
        ("auto", {"TERM": "xterm-kitty"}, "dark"),
        ("auto", {"TERM": "linux"}, "ansi16"),
        ("auto", {"TERM": "xterm"}, "ansi16"),
        ("auto", {"TERM": "xterm", "COLORTERM": "24bit"}, "dark"),
        ("auto", {"TERM": "vt220"}, "plain"),
        ("auto", {"TERM": "dumb"}, "plain"),
        ("auto", {}, "plain"),
        ("auto", {**MIXING, "NO_COLOR": "1"}, "plain"),
        ("auto", {**MIXING, "NO_COLOR": ""}, "dark"),
        ("my own", {**MIXING, "NO_COLOR": "1"}, "plain"),
        ("light", {**MIXING, "NO_COLOR": "1"}, "light"),
        ("light", {"TERM": "linux"}, "light"),
    ],
)
def test_which_theme_is_taken(setting: str, environ: dict[str, str], name: str) -> None:
    assert themes.load_all(None).pick(setting, environ) == name


def test_a_theme_may_insist_on_ascii() -> None:
    loaded = themes.load_all(None)
    environ = {**MIXING, "LANG": "en_GB.UTF-8"}
    assert loaded.glyphs("plain", Screen(glyphs="emoji"), environ).name == "ascii"
    assert loaded.glyphs("dark", Screen(glyphs="emoji"), environ).name == "emoji"
    assert loaded.glyphs("dark", Screen(), environ).name == "unicode"


def test_an_installed_phone_finds_its_themes(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "wheel"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "wheel").iterdir()
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = "import tui.themes.choice as t; print(t.__file__, *t.load_all(None).themes)"
    # -P: do not import from the checkout of the tests.
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(site)}, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert Path(loaded[0]).is_relative_to(site)
    assert loaded[1:] == [path.stem for path in SHIPPED]
    # Only the phone's own packages beside other installed ones.
    assert {path.name.split("-")[0] for path in site.iterdir()} == {"offhook", "tui", "voip"}
