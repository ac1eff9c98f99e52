"""`offhook people --add`: a new contact, or why there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


async def test_a_contact_is_added_and_can_be_called_by_name(standin: StandIn) -> None:
    await standin.add_account("work")
    shown = await typed("people", "--add", "+49 30 123456", "--name", "Ann \u202e[x]", "--json")
    added = json.loads(shown.out)
    assert added["contact"]["name"] == "Ann \N{REPLACEMENT CHARACTER}(x)"
    assert Path(added["path"]).parent == standin.paths.contacts
    again = await typed("people", "--add", "bob@example.com", "--name", "Bob")
    assert again.out.startswith("Bob is among your contacts: ")
    assert json.loads((await typed("look-up", "Bob", "--json")).out)["uri"].startswith("sip:bob@")


@pytest.mark.parametrize(
    ("number", "name", "words"),
    [
        ("100", "\u200b", "a contact needs a name"),
        ("100", "   ", "a contact needs a name"),
        ("", "Ann", "“” is neither a number nor a SIP address"),
        ("call me", "Ann", "“call me” is neither a number nor a SIP address"),
        ("200", "Ann", "200 is in your contacts already: Bob"),
    ],
)
async def test_what_cannot_be_a_contact_is_refused(
    standin: StandIn, number: str, name: str, words: str
) -> None:
    assert (await typed("people", "--add", "200", "--name", "Bob")).status == 0
    shown = await typed("people", "--add", number, "--name", name)
    assert (shown.status, shown.err) == (1, f"offhook: {words}\n")
    assert len(list(standin.paths.contacts.iterdir())) == 1


async def test_a_folder_that_cannot_be_written_is_named(standin: StandIn) -> None:
    standin.paths.contacts.write_text("a file in its place")
    shown = await typed("people", "--add", "100", "--name", "Ann")
    assert shown.status == 1
    assert "Ann is not among your contacts: " in shown.err
    assert str(standin.paths.contacts) in shown.err
    assert standin.paths.contacts.read_text() == "a file in its place"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--add", "100"), "--add needs --name"),
        (("--name", "Ann"), "--name goes with --add"),
        (("--add", "100", "--name", "Ann", "--limit", "3"), "--name does not go with --limit"),
    ],
)
async def test_words_that_are_missing_are_named(
    standin: StandIn, words: tuple[str, ...], why: str
) -> None:
    shown = await typed("people", *words)
    assert shown.status == 2
    assert why in shown.err
