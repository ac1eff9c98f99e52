"""`offhook people`: the contacts on the command line."""

from __future__ import annotations

import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.engine.commands import rows

_ANN = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nTEL;TYPE=work:30 123\nTEL:171 5,,55\nEND:VCARD\n"
_BOB = "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nTEL:100\nEND:VCARD\n"


async def test_without_contacts_the_folder_is_named(standin: StandIn) -> None:
    status, out, _ = await typed("people")
    assert (status, out) == (0, f"no contacts yet: put vCards into {standin.paths.contacts}\n")


async def test_people_are_listed_with_their_numbers(standin: StandIn) -> None:
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_BOB + _ANN)
    out = (await typed("people")).out
    assert [line.split() for line in out.splitlines()] == [
        ["Ann", "30", "123", "(work)"],
        ["171", "5,", "then", "sends", ",,55"],
        ["Bob", "100"],
    ]
    status, out, err = await typed("people", "--limit", "1")
    assert (status, len(out.splitlines())) == (0, 2)
    assert err == "1 more: name a SEARCH, or a --limit\n"
    assert (await typed("people", "nobody")).out == "nobody matches\n"


async def test_json_is_the_answer(standin: StandIn) -> None:
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_BOB + _ANN)
    shown = json.loads((await typed("people", "ann", "--json")).out)
    assert shown["total"] == 1
    assert shown["contacts"] == [
        {
            "name": "Ann",
            "numbers": [
                {"target": "30 123", "label": "work", "tones": "", "lamps": []},
                {"target": "171 5", "label": "", "tones": ",,55", "lamps": []},
            ],
            "favourite": False,
            "last_call": None,
            "directory": False,
        }
    ]


async def test_more_than_a_reply_holds_is_counted(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_ANN * 50)
    monkeypatch.setattr(rows, "MAX_REPLY", 4000)
    status, out, _ = await typed("people", "--json")
    shown = json.loads(out)
    assert (status, shown["total"]) == (0, 50)
    assert 0 < len(shown["contacts"]) < 50


async def test_lamps_are_listed_with_numbers(standin: StandIn) -> None:
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_BOB)
    await standin.add_account("work", lamps="dialog")
    await standin.in_calls("100", "confirmed")
    out = (await typed("people")).out
    assert out.split() == ["Bob", "100", "work:", "busy"]
    shown = json.loads((await typed("people", "--json")).out)
    assert shown["contacts"][0]["numbers"][0]["lamps"] == [
        {"account": "work", "target": "100", "state": "busy", "note": ""}
    ]
    first = (await typed("look-up", "100")).out.splitlines()[0]
    assert first == "sip:100@pbx.example.com  with work  (busy)"
    found = json.loads((await typed("look-up", "100", "--json")).out)
    assert found["lamp"]["state"] == "busy"
