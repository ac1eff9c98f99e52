"""Favourites: kept by name and number, in a file of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voip.engine.files.toml import ConfigError
from voip.engine.people.favourites import Favourites
from voip.protocol.people import Contact, ContactNumber

ANN = Contact("Ann", (ContactNumber("+49 30 123456"), ContactNumber("0171 5")))


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def favourites(tmp_path: Path, reports: list[str]) -> Favourites:
    return Favourites(tmp_path / "favourites.toml", reports.append)


def test_a_favourite_outlives_the_engine_and_is_for_its_owner(
    favourites: Favourites, tmp_path: Path
) -> None:
    assert not favourites
    favourites.mark(ANN, on=True)
    path = tmp_path / "favourites.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    again = Favourites(path, print)
    assert (bool(again), again.has(ANN)) == (True, True)
    again.mark(ANN, on=False)
    assert not Favourites(path, print).has(ANN)


@pytest.mark.parametrize(
    ("name", "numbers", "is_favourite"),
    [
        ("ann", ("+4930123456",), True),
        ("Ann", ("030 9", "0171-5"), True),
        ("Ann", ("+49 30 999999",), False),  # another person who takes the name
        ("Eve", ("+49 30 123456",), False),
    ],
)
def test_it_is_the_name_with_one_of_its_numbers(
    favourites: Favourites, name: str, numbers: tuple[str, ...], is_favourite: bool
) -> None:
    favourites.mark(ANN, on=True)
    assert favourites.has(Contact(name, tuple(map(ContactNumber, numbers)))) is is_favourite


def test_marking_twice_keeps_one_entry(favourites: Favourites, tmp_path: Path) -> None:
    favourites.mark(ANN, on=True)
    favourites.mark(ANN, on=True)
    assert (tmp_path / "favourites.toml").read_text().count("[[favourite]]") == 1


@pytest.mark.parametrize("name", ['A"nn', "A\\nn", "[[favourite]]", "# Ann", "'\u202e'"])
def test_any_name_comes_back_as_it_was(favourites: Favourites, tmp_path: Path, name: str) -> None:
    contact = Contact(name, (ContactNumber("100"),))
    favourites.mark(contact, on=True)
    again = Favourites(tmp_path / "favourites.toml", print)
    assert again.has(contact)
    again.mark(contact, on=False)
    assert not again


def test_a_damaged_file_is_told_and_left_as_it_is(
    favourites: Favourites, reports: list[str], tmp_path: Path
) -> None:
    favourites.mark(ANN, on=True)
    path = tmp_path / "favourites.toml"
    path.write_text("favourite = 7")
    assert favourites.refresh()
    assert favourites.has(ANN)
    (report,) = reports
    assert str(path) in report
    assert list(favourites.problems) == reports
    with pytest.raises(ConfigError):
        favourites.mark(ANN, on=False)
    assert path.read_text() == "favourite = 7"
    path.unlink()
    assert favourites.refresh()
    assert list(favourites.problems) == []
    assert not favourites.has(ANN)


def test_a_file_that_did_not_change_is_not_read(favourites: Favourites, tmp_path: Path) -> None:
    favourites.mark(ANN, on=True)
    assert not favourites.refresh()
    os.utime(tmp_path / "favourites.toml", ns=(1, 1))
    assert favourites.refresh()
