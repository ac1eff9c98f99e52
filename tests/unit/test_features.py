"""Every feature has the tests that its row names, and the manual has every row."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest

from tests.features import table
from tests.features.table import LEVELS, ROOT, Row
from tests.unit.cli.test_whole_phone import lacking
from tui.keys.actions import BY_ID
from tui.settings.list import SETTINGS
from voip.protocol.account_fields import BY_NAME

ROWS = table.rows()
NODE = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)(\[[^\]]+\])?")

OTHERS = {
    "accounts": (
        "several accounts", "SRV and NAPTR", "outbound proxy", "keepalive", "GRUU", "outbound",
        "network change", "IPv6", "STUN, TURN and ICE", "presence", "lamps", "message waiting",
        "text messages",
    ),
    "calls": (
        "hold", "mute", "digits", "blind transfer", "attended transfer", "conference",
        "call waiting", "auto-answer", "do not disturb", "forwarding", "redial", "recording",
        "play a file", "early media", "session timers", "history", "contacts",
    ),
    "security": (
        "verified TLS", "own authorities", "host name", "client certificate", "TLS 1.3", "SDES",
        "DTLS-SRTP", "ZRTP", "AES-256", "mandatory SRTP", "encryption sign", "security detail",
    ),
    "audio": (
        "device choice", "hot swap", "echo cancelling", "gain control", "noise suppression", "Opus",
        "G.722, G.711", "G.729", "jitter buffer", "ringtone",
    ),
    "preferences of accounts": (
        "name, domain, user", "registrar", "realm", "enable, delete, reorder", "registering time",
        "transport", "IP family", "public address", "plus replacement", "availability",
        "login failed", "incoming match", "passwords",
    ),
    "preferences of calls": (
        "answer and decline", "call back", "ringback", "timer and status", "ask before quitting",
        "account of a call", "grouping", "completion", "matching", "local names", "log rows",
        "delete from the log", "links",
    ),
    "preferences of sound and network": (
        "ring device", "ring sounds", "codec order", "G.711 only", "one codec",
        "voice activity", "pause music", "SIP port", "voice ports", "priority marks",
        "notification", "missed calls", "copy settings", "log file", "languages",
        "sleep",
    ),
}  # fmt: skip
"""What other phones have, by list; each stands in one row."""


def test_each_feature_of_other_phones_is_in_one_row() -> None:
    named = sorted(name for row in ROWS for name in row.others)
    assert named == sorted(name for names in OTHERS.values() for name in names)


def test_no_feature_has_two_rows() -> None:
    features = [row.feature for row in ROWS]
    assert sorted(features) == sorted(set(features))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.feature)
def test_a_row_is_whole(row: Row) -> None:
    if not row.is_there:
        assert not (row.reason and row.missing)
        assert not any(row.tests(level) or row.gap(level) for level in LEVELS)
        return
    for level in LEVELS:
        tests, gap = row.tests(level), row.gap(level)
        assert bool(tests) is not bool(gap), f"{level}: name a test, or say why there is none"
    assert row.on_screen() or row.gap("screen")
    assert row.on_line() or row.gap("line")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.feature)
def test_what_a_row_names_is_there(row: Row) -> None:
    assert set(row.keys) <= set(BY_ID)
    assert set(row.fields) <= set(BY_NAME)
    assert set(row.settings) <= {setting.key for setting in SETTINGS}
    assert [word for words in row.command for word in lacking(words)] == []
    for level in LEVELS:
        for node in row.tests(level):
            assert problem_of(node) is None, f"{node}: {problem_of(node)}"


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ("tests/unit/test_features.py::test_a_row_is_whole", None),
        ("tests/unit/test_features.py::test_a_row_is_whole[Hold]", None),
        ("tests/unit/test_features.py::test_a_row_is_half", "there is no such test"),
        ("tests/unit/test_fetures.py::test_a_row_is_whole", "there is no such file"),
        ("tests/unit/test_features.py::test_no_feature_has_two_rows[Hold]", "has no cases"),
        ("test_a_row_is_whole", "not the name of a test"),
    ],
)
def test_a_name_without_a_test_is_noticed(node: str, problem: str | None) -> None:
    assert problem_of(node) == problem


def problem_of(node: str) -> str | None:
    """Say what is wrong with the name of a test, None if it is run."""
    match = NODE.fullmatch(node)
    if match is None:
        return "not the name of a test"
    file, name, case = match.groups()
    if not (ROOT / file).is_file():
        return "there is no such file"
    marks = _tests_of(file).get(name)
    if marks is None:
        return "there is no such test"
    if any("skip" in mark or "xfail" in mark for mark in marks):
        return "is skipped"
    if case and not any("parametrize" in mark for mark in marks):
        return "has no cases"
    return None


@functools.cache
def _tests_of(file: str) -> dict[str, tuple[str, ...]]:
    """Tests of a file, with the decorators of each and the marks of all."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    of_all = tuple(
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    )
    return {
        node.name: (*map(ast.unparse, node.decorator_list), *_skips(node), *of_all)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _skips(test: ast.AST) -> Iterator[str]:
    """Calls in a test that skip it."""
    calls = (ast.unparse(node.func) for node in ast.walk(test) if isinstance(node, ast.Call))
    yield from (call for call in calls if call in ("pytest.skip", "pytest.importorskip"))


def test_the_page_of_features_is_as_it_would_be_written_now() -> None:
    assert table.MANUAL.read_text() == table.manual(), "see tests/features/table.py"


def test_the_table_of_the_readme_is_as_it_would_be_written_now() -> None:
    readme = table.README.read_text()
    assert readme == table.with_summary(readme), "see tests/features/table.py"
