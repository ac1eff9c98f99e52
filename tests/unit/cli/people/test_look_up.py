"""`offhook look-up`: the callee of a number or name."""

from __future__ import annotations

import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


@pytest.fixture
async def people(standin: StandIn) -> StandIn:
    """Add an account, a contact, and a caller who claims a name."""
    await standin.add_account("work")
    standin.paths.contacts.mkdir()
    card = "BEGIN:VCARD\nVERSION:4.0\nFN:Anna\nTEL;VALUE=uri:tel:+34600111222\nEND:VCARD\n"
    (standin.paths.contacts / "anna.vcf").write_text(card)
    call = await standin.incoming("work", '"Annabel" <sip:annabel@evil.example>')
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    return standin


async def test_a_number_and_its_account(people: StandIn) -> None:
    status, out, err = await typed("look-up", "100")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "sip:100@pbx.example.com  with work"
    assert not (await people.status()).calls


async def test_who_may_be_meant_and_who_only_says_so(people: StandIn) -> None:
    status, out, _ = await typed("look-up", "ann")
    assert status == 0
    lines = out.splitlines()
    assert lines[1] == "  contact  Anna <+34600111222>"
    assert '  log      "Annabel" <annabel@evil.example>' in lines
    limited = await typed("look-up", "ann", "--limit", "1")
    assert limited.out.splitlines()[1:] == [lines[1]]


async def test_json_is_the_answer(people: StandIn) -> None:
    shown = json.loads((await typed("look-up", "Anna", "--json")).out)
    assert shown["uri"] == "sip:+34600111222@pbx.example.com;transport=tls"
    assert shown["account"] == "work"
    assert shown["suggestions"][0]["source"] == "contact"


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_what_cannot_be_called_has_status_1(
    people: StandIn, options: tuple[str, ...]
) -> None:
    status, _, err = await typed("look-up", "24h Hotline", *options)
    assert status == 1
    assert err.endswith("is not a number: remove what is not part of one\n")
    status, _, err = await typed("look-up", "100", "--account", "nobody", *options)
    assert (status, err) == (1, "offhook: there is no account nobody\n")
