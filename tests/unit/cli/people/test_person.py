"""`offhook people`: favourites, the latest call, and all of one person."""

from __future__ import annotations

import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.model import Outcome

_CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:Ann
TEL;TYPE=work:+49 30 123456
TEL:0171 5550123,,55
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Bob
TEL:100
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Bob
TEL:200
END:VCARD
"""


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    """A phone with three contacts, one account, and no calls yet."""
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_CARDS)
    await standin.add_account("work", country="DE")
    return standin


async def missed(phone: StandIn, user: str) -> str:
    call = await phone.incoming("work", f'"Somebody" <sip:{user}@pbx.example.com>')
    phone.remote_hangs_up(call)
    await phone.until_logged(call)
    return call


async def names(*words: str) -> list[str]:
    shown = json.loads((await typed("people", *words, "--json")).out)
    return [contact["name"] for contact in shown["contacts"]]


async def test_favourites_come_first_and_are_no_longer(phone: StandIn) -> None:
    assert await names() == ["Ann", "Bob", "Bob"]
    assert (await typed("people", "--favourite", "200")).out == "Bob is a favourite\n"
    shown = json.loads((await typed("people", "--json")).out)["contacts"]
    assert [(c["numbers"][0]["target"], c["favourite"]) for c in shown] == [
        ("200", True),
        ("+49 30 123456", False),
        ("100", False),
    ]
    assert await names("b") == ["Bob", "Bob"]
    assert "favourite" in (await typed("people", "200")).out
    card = (phone.paths.contacts / "all.vcf").read_text()
    assert card == _CARDS
    assert (await typed("people", "--unfavourite", "200")).out == "Bob is no favourite\n"
    assert await names() == ["Ann", "Bob", "Bob"]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("Bob", "“Bob” is the name of several people: give a number"),
        ("300", "“300” is nobody of your contacts"),
        ("bob@", "is not the name or address of a server"),
    ],
)
async def test_nobody_and_several_are_refused(phone: StandIn, who: str, words: str) -> None:
    shown = await typed("people", "--favourite", who)
    assert (shown.status, shown.out) == (1, "")
    assert words in shown.err
    assert not phone.paths.favourites.exists()


async def test_the_latest_call_is_in_the_row_by_any_spelling_of_the_number(
    phone: StandIn,
) -> None:
    await missed(phone, "100")
    await missed(phone, "030123456")
    call = await phone.call("+4930123456", account="work")
    phone.remote_refuses(call, 486, "Busy Here")
    await phone.until_logged(call)
    shown = json.loads((await typed("people", "--json")).out)["contacts"]
    assert [c["last_call"] and c["last_call"]["outcome"] for c in shown] == ["busy", "missed", None]
    assert [c["last_call"] and c["last_call"]["direction"] for c in shown] == ["out", "in", None]
    out = (await typed("people", "ann")).out.splitlines()
    assert out[0].endswith("busy")
    assert "→" in out[0]


async def test_one_person_has_calls_and_texts_of_all_spellings(phone: StandIn) -> None:
    first = await missed(phone, "030123456")
    await missed(phone, "100")
    second = await missed(phone, "+4930123456")
    await phone.text_comes("hello", "work", "<sip:004930123456@pbx.example.com>")
    await phone.text_comes("not for her", "work", "<sip:100@pbx.example.com>")
    shown = json.loads((await typed("people", "--show", "ann", "--json")).out)
    assert shown["contact"]["name"] == "Ann"
    assert [call["id"] for call in shown["calls"]] == [second, first]
    assert [text["text"] for text in shown["texts"]] == ["hello"]
    shown = json.loads((await typed("people", "--show", "ann", "--limit", "1", "--json")).out)
    assert [call["id"] for call in shown["calls"]] == [second]
    out = (await typed("people", "--show", "Ann")).out
    assert "+49 30 123456  (work)" in out
    assert "hello" in out
    assert "not for her" not in out


async def test_somebody_who_is_no_contact_has_a_page_too(phone: StandIn) -> None:
    call = await missed(phone, "300")
    await missed(phone, "301")
    shown = json.loads((await typed("people", "--show", "sip:300@pbx.example.com", "--json")).out)
    assert shown["contact"] is None
    assert [row["id"] for row in shown["calls"]] == [call]
    assert "not among the contacts" in (await typed("people", "--show", "300")).out


async def test_a_deleted_call_is_no_longer_the_latest(phone: StandIn) -> None:
    call = await missed(phone, "100")
    assert (await typed("people", "100", "--json")).out.count('"missed"') == 1
    assert (await typed("history", "--delete", call)).status == 0
    assert (await typed("people", "100", "--json")).out.count(Outcome.MISSED) == 0


async def test_a_call_that_goes_on_has_no_outcome_yet(phone: StandIn) -> None:
    call = await phone.call("100", account="work")
    assert '"ongoing"' in (await typed("people", "100", "--json")).out
    phone.remote_refuses(call, 486, "Busy Here")
    await phone.until_logged(call)
    assert '"busy"' in (await typed("people", "100", "--json")).out


@pytest.mark.parametrize("words", [("--favourite", "Ann", "--limit", "3"), ("x", "--show", "Ann")])
async def test_options_that_would_not_be_heeded_are_refused(
    phone: StandIn, words: tuple[str, ...]
) -> None:
    shown = await typed("people", *words)
    assert shown.status == 2
    assert "does not go with" in shown.err
