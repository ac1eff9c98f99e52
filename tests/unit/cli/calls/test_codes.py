"""Commands for pick-up and parking, and what their engine makes of them."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.model import CallState
from voip.protocol.worker.calls import ReferCall, StartCall

_CODES = {
    "pickup": "**{number}",
    "pickup_group": "*8",
    "park": "*68{slot}",
    "retrieve": "*88{slot}",
    "voicemail": "*97",
}


async def _up(standin: StandIn) -> str:
    call = await standin.call("100")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


def _started(standin: StandIn) -> list[str]:
    return [order.uri for order in standin.script.of_kind(StartCall)]


@pytest.mark.parametrize(
    ("words", "user"),
    [
        (("pickup",), "*8"),
        (("pickup", "620"), "**620"),
        (("pickup", "Ann Example"), "**30123456"),
        (("pickup", "bob@pbx.example.com", "--account", "work"), "**bob"),
        (("retrieve", "701"), "*88701"),
        (("voicemail",), "*97"),
        (("voicemail", "--account", "work"), "*97"),
    ],
)
async def test_a_code_is_called_and_the_call_named(
    standin: StandIn, words: tuple[str, ...], user: str
) -> None:
    standin.paths.contacts.mkdir(exist_ok=True)
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Example\r\nTEL:30 123456\r\nEND:VCARD\r\n"
    (standin.paths.contacts / "all.vcf").write_text(card)
    await standin.add_account("work", **_CODES)
    status, out, err = await typed(*words)
    (call,) = (await standin.status()).calls
    assert (status, out) == (0, f"{call.id}\n")
    assert user in err
    assert _started(standin) == [f"sip:{user}@pbx.example.com;transport=tls"]


async def test_no_country_makes_another_number_of_a_code(standin: StandIn) -> None:
    codes = {"pickup": "{number}", "pickup_group": "00493012345", "retrieve": "{slot}"}
    await standin.add_account("work", country="DE", plus="+", trunk="0", **codes)
    for words, user in (
        (("pickup",), "00493012345"),
        (("retrieve", "00493012345"), "00493012345"),
        # Whose phone rings is named as the server knows them.
        (("pickup", "+49 30 123456"), "030123456"),
    ):
        assert (await typed(*words))[0] == 0
        assert _started(standin)[-1] == f"sip:{user}@pbx.example.com;transport=tls"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pickup", "620"), "has no pick-up code: set it with the account's field “pickup”"),
        (
            ("pickup",),
            "has no code to pick up any call: set it with the account's field “pickup_group”",
        ),
        (
            ("retrieve", "701"),
            "has no code to take a parked call back: set it with the account's field “retrieve”",
        ),
    ],
)
async def test_without_a_code_nothing_is_called(
    standin: StandIn, words: tuple[str, ...], said: str
) -> None:
    await standin.add_account("work")
    assert await typed(*words) == (1, "", f"offhook: account work {said}\n")
    assert _started(standin) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pickup", ""), "there is nothing to call: type a number, a name or a SIP address"),
        (("pickup", "echo"), "the test line of this machine never rings"),
        (
            ("pickup", "bob@elsewhere.example"),
            "“bob@elsewhere.example” is at another server: account work picks up calls at its own",
        ),
        (("pickup", "100,,5"), "“100,,5” has tones behind the number: name the number alone"),
        (("retrieve", " "), "there is no place named: type where the call is parked"),
        (
            ("retrieve", "7@x"),
            "“7@x” cannot be part of a code: “@” is not dialled, digits, letters, and "
            "* # + . _ - are",
        ),
        (("pickup", "620", "--account", "no"), "there is no account no"),
    ],
)
async def test_what_cannot_be_dialled_is_refused(
    standin: StandIn, words: tuple[str, ...], said: str
) -> None:
    await standin.add_account("work", **_CODES)
    status, out, err = await typed(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"offhook: {said}")
    assert _started(standin) == []


async def test_an_emergency_number_in_a_code_has_the_warning_of_a_call(standin: StandIn) -> None:
    await standin.add_account("work", retrieve="{slot}", emergency=False)
    status, _, err = await typed("retrieve", "112")
    assert status == 0
    assert "“work” places no emergency calls: use another phone" in err


@pytest.mark.parametrize(
    ("code", "words", "user"), [("700", (), "700"), ("*68{slot}", ("701",), "*68701")]
)
async def test_a_call_is_parked_by_a_transfer(
    standin: StandIn, code: str, words: tuple[str, ...], user: str
) -> None:
    await standin.add_account("work", park=code)
    call = await _up(standin)
    assert await typed("park", call, *words) == (0, "", "")
    (order,) = standin.script.of_kind(ReferCall)
    uri = f"sip:{user}@pbx.example.com;transport=tls"
    assert order == ReferCall(call=int(call), uri=uri, hold=True)


@pytest.mark.parametrize(("code", "status", "state"), [(200, 0, "done"), (486, 1, "failed")])
async def test_the_outcome_of_parking_is_awaited(
    standin: StandIn, code: int, status: int, state: str
) -> None:
    await standin.add_account("work", park="700")
    call = await _up(standin)
    waiting = asyncio.create_task(typed("park", call, "--wait", "--json"))
    await standin.script.until(ReferCall)
    standin.refer_progress(call, code, "", last=True)
    ended, out, err = await waiting
    assert (ended, json.loads(out)["transfer"]["state"]) == (status, state)
    assert ("busy" in err) is (code == 486)


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (None, (), "has no code to park calls: set it with the account's field “park”"),
        ("700", ("701",), "parks calls at 700, which leaves no choice of a place: name none"),
        ("*68{slot}", (), "parks calls at *68{slot}, which asks for a place: name one"),
    ],
)
async def test_a_call_that_cannot_be_parked_stays(
    standin: StandIn, code: str | None, words: tuple[str, ...], said: str
) -> None:
    await standin.add_account("work", **({"park": code} if code else {}))
    call = await _up(standin)
    assert await typed("park", call, *words) == (1, "", f"offhook: account work {said}\n")
    assert standin.script.of_kind(ReferCall) == []
    assert (await standin.status()).calls[0].state is CallState.ACTIVE


async def test_a_code_that_changes_ends_no_call(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await _up(standin)
    options = ("--park", "700", "--pickup", "**{number}", "--retrieve", "{slot}")
    assert (await typed("account", "edit", "work", *options))[0] == 0
    assert await typed("park", call) == (0, "", "")
