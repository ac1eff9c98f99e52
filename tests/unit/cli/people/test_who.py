"""Who is who, as `offhook status`, `look-up` and `call` print it."""

from __future__ import annotations

import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from tests.unit.engine.people.test_lookup import cards, look_up
from voip.model import CallState

_BOB = '"Bob" <sip:bob@pbx.example.com>'


async def test_the_status_names_who_calls_and_who_forwarded(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.incoming(
        remote='"Mallory" <sip:mallory@evil.example>',
        asserted=_BOB,
        diverted_by='"Reception" <sip:200@pbx.example.com>;reason=no-answer',
    )
    _, out, _ = await typed("status")
    assert '"Bob" <sip:bob@pbx.example.com>' in out
    assert 'forwarded by "Reception" <sip:200@pbx.example.com>' in out
    assert "mallory" not in out.lower()


async def test_the_status_names_who_is_there_now(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming(remote=_BOB)
    await typed("answer", call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    standin.server_names(call, '"Carol" <sip:carol@pbx.example.com>')
    await standin.reaches_call(call, lambda c: c.connected is not None)
    _, out, _ = await typed("status")
    assert 'now with "Carol" <sip:carol@pbx.example.com>' in out
    assert "sip:bob@pbx.example.com" in out


async def test_the_status_names_a_contact_with_another_spelling(standin: StandIn) -> None:
    await standin.add_account("work", country="ES")
    cards(standin, ("Ana", "TEL:+34 600 111 222"))
    await look_up(standin, "")
    await standin.incoming(remote='"Mallory" <sip:600111222@pbx.example.com>')
    _, out, _ = await typed("status")
    assert "Ana <sip:600111222@pbx.example.com>" in out
    assert "Mallory" not in out


async def test_a_caller_who_hides_is_not_called_back(standin: StandIn) -> None:
    await standin.add_account("work")
    hidden = "sip:anonymous@anonymous.invalid"
    status, _, err = await typed("call", hidden, "--account", "work", "--back")
    assert status == 1
    assert "the caller hid their number" in err
    assert standin.script.called == []


@pytest.mark.parametrize(
    ("number", "user"),
    [
        ("+49 (0)30 123456", "030123456"),
        ("030 123456", "030123456"),
        ("+34 600 111 222", "0034600111222"),
        ("**620", "**620"),
        ("112", "112"),
    ],
)
async def test_a_number_is_called_as_the_server_takes_it(
    standin: StandIn, number: str, user: str
) -> None:
    await standin.add_account("work", country="DE", plus="00", trunk="0")
    found = await typed("look-up", number)
    assert found.out.startswith(f"sip:{user}@pbx.example.com  with work")
    assert (await typed("call", number)).status == 0
    assert standin.script.called == [f"sip:{user}@pbx.example.com;transport=tls"]


async def test_a_call_has_the_account_that_it_is_for(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.add_account("home", user="carol")
    await standin.incoming("home", _BOB)
    (call,) = json.loads((await typed("status", "--json")).out)["calls"]
    assert call["account"] == "home"
