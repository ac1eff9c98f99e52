"""blocked.toml as the engine and a user write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from voip.engine.files.toml import ConfigError
from voip.engine.reception.blocked import BlockedCallers
from voip.model import BlockedCaller
from voip.sip.callers import Exchange

MALLORY = BlockedCaller("work", "sip:mallory@evil.example", "2026-01-01T00:00:00Z")
HUNDRED = BlockedCaller("work", "sip:100@pbx.example.com", "2026-01-02T00:00:00Z")
EXCHANGE = Exchange.of("pbx.example.com", "192.0.2.9")
FILE = """\
# Those who sell things.
[[blocked]]
account = "work"
address = "sip:mallory@evil.example"  # twice a day
since = "2026-01-01T00:00:00Z"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "blocked.toml"


def opened(path: Path, heard: list[str] | None = None) -> BlockedCallers:
    notices = [] if heard is None else heard
    return BlockedCallers(path, notices.append, lambda account, connection: EXCHANGE)


def by_hand(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_entries_are_kept_for_their_owner_alone(path: Path) -> None:
    made = opened(path)
    made.add(MALLORY)
    made.add(HUNDRED)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(opened(path).entries) == list(made.entries) == [MALLORY, HUNDRED]
    made.remove((MALLORY,))
    assert list(opened(path).entries) == list(made.entries) == [HUNDRED]
    made.remove((HUNDRED,))
    made.add(MALLORY)
    assert opened(path).entries == (MALLORY,)


def test_comments_of_a_person_stay(path: Path) -> None:
    by_hand(path, FILE)
    made = opened(path)
    made.add(HUNDRED)
    assert path.read_text().startswith(FILE)
    made.remove((HUNDRED,))
    assert "# twice a day" in path.read_text()
    assert opened(path).entries == (MALLORY,)


def test_a_change_by_hand_is_noticed(path: Path) -> None:
    made = opened(path)
    by_hand(path, FILE)
    made.refresh()
    assert made.entries == (MALLORY,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[blocked]\n", "is not valid TOML"),
        ("[[blocked]]\naccount = 'work'\n", "“address” is missing"),
        ("[[blocked]]\naccount = 'work'\naddress = 'a b c'\n", "“a b c”"),
        ("[[blocked]]\naccount = 'work'\naddress = '100'\nwhy = 'x'\n", "“why” is not known"),
        ("blocked = 3\n", "Expected `array`"),
    ],
)
def test_a_bad_file_is_a_problem_and_loses_nothing(path: Path, text: str, words: str) -> None:
    by_hand(path, FILE)
    heard: list[str] = []
    made = opened(path, heard)
    by_hand(path, text)
    made.refresh()
    assert made.entries == (MALLORY,)
    assert heard == list(made.problems)
    assert str(path) in heard[0]
    assert words in heard[0]
    with pytest.raises(ConfigError, match=r"blocked\.toml"):
        made.add(HUNDRED)
    with pytest.raises(ConfigError, match=r"blocked\.toml"):
        made.remove((MALLORY,))
    assert path.read_text() == text
    by_hand(path, FILE)
    made.refresh()
    assert (made.problems, made.entries) == ((), (MALLORY,))


@pytest.mark.parametrize(
    ("uri", "account", "expected"),
    [
        ("sip:mallory@evil.example", "work", (MALLORY,)),
        ("sip:mallory@EVIL.example;user=phone", "work", (MALLORY,)),
        ("sip:mallory@evil.example", "home", ()),
        ("sip:mallory@other.example", "work", ()),
        ("sip:mallory@evil.example:5070", "work", ()),
        ("sip:100@192.0.2.9", "work", (HUNDRED,)),
        ("sip:100@evil.example", "work", ()),
        ("sip:anonymous@anonymous.invalid", "work", ()),
        ("", "work", ()),
    ],
)
def test_an_entry_is_of_one_address_and_account(
    path: Path, uri: str, account: str, expected: tuple[BlockedCaller, ...]
) -> None:
    made = opened(path)
    made.add(MALLORY)
    made.add(HUNDRED)
    assert made.of(uri, account) == expected


def test_a_caller_who_hides_is_not_blocked_by_an_entry_for_one(path: Path) -> None:
    by_hand(path, "[[blocked]]\naccount = 'work'\naddress = 'anonymous@pbx.example.com'\n")
    assert opened(path).of("sip:anonymous@pbx.example.com", "work") == ()
