"""Table of the phone's features, and of the tests that show each.

Run `python -m tests.features.table` after a change of the files beside this one: it
writes docs/features.md and the table in the README. With `--tests` it prints every
row with its tests instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.tui.accounts.test_saved import FORMS
from tests.tui.scenarios import STORIES
from tui.keys.actions import BY_ID
from tui.keys.keymap import show
from tui.settings.list import SETTINGS
from voip.protocol.account_fields import BY_NAME

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs" / "features.md"
README = ROOT / "README.md"
BEGINNING = "<!-- features: python -m tests.features.table writes this table -->"
END = "<!-- end of features -->"

GROUPS = (
    "accounts", "calls", "transfer", "conference", "texts", "people", "callers", "numbers",
    "reception", "tones", "security", "audio", "phone",
)  # fmt: skip
LEVELS = ("screen", "line", "wire")

_KEY_TEST = "tests/tui/test_actions.py::test_a_key_does_it"
_FORM_TEST = "tests/tui/accounts/test_saved.py::test_fields_are_saved_as_they_were_put"
_OPTION_TEST = "tests/unit/cli/accounts/test_account.py::test_every_field_of_the_file_has_an_option"
_SETTING_TEST = "tests/tui/settings/test_every.py::test_every_setting_is_changed_by_keys"
_COMMAND_TEST = "tests/unit/cli/settings/test_every.py::test_every_setting_is_changed_by_its_name"


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Feature with its place on the screen and the command line, and its tests.

    `keys` are actions, `fields` those of an account, `settings` keys of config.toml;
    `where` is for what the screen shows without them. `screen`, `line` and `wire` are
    tests, or else the `no_` beside it says why there is none. A feature that is not
    there has a `reason` not to be, or is `missing`: that says what is lacking.
    `others` are its names in the lists of what other phones have.
    """

    feature: str
    keys: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    where: str = ""
    command: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    wire: tuple[str, ...] = ()
    no_screen: str = ""
    no_line: str = ""
    no_wire: str = ""
    reason: str = ""
    missing: str = ""
    others: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        return not self.reason and not self.missing

    def tests(self, level: str) -> tuple[str, ...]:
        """Tests of a level; keys, fields and settings have some in common."""
        named: tuple[str, ...] = getattr(self, level)
        if named or self.gap(level) or not self.is_there:
            return named
        if level == "screen":
            stories = {story for key in self.keys for story in STORIES if key in STORIES[story]}
            found = [f"{_KEY_TEST}[{story}]" for story in sorted(stories)]
            forms = {form for field in self.fields for form in FORMS if field in FORMS[form]}
            found += [f"{_FORM_TEST}[{form}]" for form in sorted(forms)]
            return (*found, *[_SETTING_TEST] * bool(self.settings))
        if level == "line":
            found = [f"{_OPTION_TEST}[{field}]" for field in self.fields]
            return (*found, *[_COMMAND_TEST] * bool(self.settings))
        return ()

    def gap(self, level: str) -> str:
        """Reason why a level has no test, empty if it has one."""
        words: str = getattr(self, f"no_{level}")
        return words

    def on_screen(self) -> str:
        """Place on the screen, as the manual has it."""
        parts = [f"`{show(key.split(',')[0])}`" for key in _keys(self.keys)]
        if self.fields:
            labels = [BY_NAME[field].label for field in self.fields]
            parts.append(f"account form: {', '.join(labels)}")
        if self.settings:
            names = [setting.name for setting in SETTINGS if setting.key in self.settings]
            parts.append(f"settings (`,`): {', '.join(names)}")
        return ", ".join([*parts, *([self.where] if self.where else [])])

    def on_line(self) -> str:
        """Words of the command line, as the manual has them."""
        options = [option for f in self.fields for option in BY_NAME[f].option.split("/")[:1]]
        words = [*self.command, *([f"account edit NAME {' '.join(options)}"] if options else [])]
        words += [f"settings {key} VALUE" for key in self.settings]
        return ", ".join(f"`{command}`" for command in words)


class Features(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Features of one subject; `summary` is its row in the README.

    `note` stands below its table in the manual.
    """

    title: str
    summary: str
    note: str = ""
    row: tuple[Row, ...]


def groups() -> Iterator[Features]:
    """Read the files beside this one."""
    for name in GROUPS:
        text = (Path(__file__).parent / f"{name}.toml").read_bytes()
        yield msgspec.toml.decode(text, type=Features)


def rows() -> list[Row]:
    return [row for group in groups() for row in group.row]


def manual() -> str:
    """Return the page of the manual."""
    lines = [
        "# Features",
        "",
        "What the phone can do, the key for it on the screen, and the command for it. `python -m",
        "tests.features.table --tests` prints the same table with the tests that show each row.",
    ]
    for group in groups():
        lines += ["", f"## {group.title}", "", "| feature | screen | `offhook …` |"]
        lines += ["| --- | --- | --- |"]
        lines += [
            f"| {row.feature} | {row.on_screen()} | {row.on_line()} |"
            for row in group.row
            if row.is_there
        ]
        lines += ["", group.note.strip()] if group.note else []
    lines += ["", "## Not there", "", "| feature | why not |", "| --- | --- |"]
    lines += [
        f"| {row.feature} | {row.reason or f'Not built yet. {row.missing}'} |"
        for row in rows()
        if not row.is_there
    ]
    return "\n".join([*lines, ""])


def with_summary(readme: str) -> str:
    """Return the README with the current summary of each group."""
    before, _, rest = readme.partition(BEGINNING)
    _, _, after = rest.partition(END)
    table = [f"| {group.title} | {group.summary} |" for group in groups()]
    return "\n".join([f"{before}{BEGINNING}", "| | |", "| --- | --- |", *table, f"{END}{after}"])


def with_tests() -> str:
    """Return every row with its tests, as a table."""
    lines = []
    for group in groups():
        lines += ["", f"## {group.title}", "", "| feature | screen | command line | wire |"]
        lines += ["| --- | --- | --- | --- |"]
        for row in group.row:
            if not row.is_there:
                words = row.reason or f"missing: {row.missing}"
                lines.append(f"| {row.feature} | {words} | | |")
                continue
            cells = ["<br>".join(row.tests(level)) or f"none: {row.gap(level)}" for level in LEVELS]
            lines.append(f"| {row.feature} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _keys(actions: tuple[str, ...]) -> Iterator[str]:
    """Keys of actions, each once: an action and its opposite have one in common."""
    yield from dict.fromkeys(BY_ID[action].keys for action in actions)


def main() -> None:
    if sys.argv[1:] == ["--tests"]:
        sys.stdout.write(with_tests())
        return
    MANUAL.write_text(manual(), encoding="utf-8")
    README.write_text(with_summary(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
