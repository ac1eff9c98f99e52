"""`offhook conference`, as typed."""

from __future__ import annotations

import json

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.model import CallState

_SERVER = "[server] every party is encrypted to its server; beyond it, unknown"


async def _three_calls(standin: StandIn) -> None:
    """Talk with three, of whom the last is heard."""
    await standin.add_account("work")
    for number in ("100", "200", "300"):
        call = await standin.call(number)
        standin.remote_answers(call)
        await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)


async def test_a_conference_from_its_beginning_to_its_end(standin: StandIn) -> None:
    await _three_calls(standin)

    async def said(*words: str) -> str:
        status, out, err = await typed("conference", *words)
        assert (status, err) == (0, "")
        return out.strip()

    whole = "conference 1  calls 1, 2, 3"
    assert await said("join", "1", "2", "3") == f"{whole}  {_SERVER}"
    assert await said("silence", "2") == f"{whole}  silenced: 2  {_SERVER}"
    assert await said("unsilence", "2") == f"{whole}  {_SERVER}"
    assert await said("aside", "3") == f"{whole}  you talk aside with 3  {_SERVER}"
    assert await said("leave", "1") == f"{whole}  without you  {_SERVER}"
    _, status, _ = await typed("status")
    assert f"Conferences\n  {whole}  without you  {_SERVER}\n" in status
    shown = json.loads(await said("join", "1", "--json"))
    assert (shown["calls"], shown["here"], shown["lock"]["state"]) == (
        ["1", "2", "3"],
        True,
        "closed",
    )
    assert await said("take-out", "3") == f"conference 1  calls 1, 2  {_SERVER}"
    await standin.reaches_call("3", lambda c: c.state is CallState.HELD)
    assert await said("join", "1", "3") == f"{whole}  {_SERVER}"
    assert await said("drop", "2") == ""
    await standin.until_logged("2")
    assert await said("end", "1") == ""
    for call in ("1", "3"):
        await standin.until_logged(call)
    wrong = await typed("conference", "leave", "1")
    assert wrong == (1, "", "offhook: there is no call 1\n")


async def test_open_and_secure_calls_are_not_joined(standin: StandIn) -> None:
    await standin.add_account("work")
    await standin.add_account("old", transport="udp")
    for account in ("work", "old"):
        call = await standin.call("100", account=account)
        standin.remote_answers(call)
        await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    status, out, err = await typed("conference", "join", "1", "2")
    assert (status, out) == (1, "")
    assert "encrypted and unencrypted calls cannot be joined" in err


async def test_the_status_shows_a_party_that_was_taken_out(standin: StandIn) -> None:
    await _three_calls(standin)
    await typed("conference", "join", "1", "2", "3")
    standin.remote_stops_encrypting("3")
    await standin.reaches_call("3", lambda c: c.state is CallState.HELD)
    _, out, _ = await typed("status")
    assert f"  conference 1  calls 1, 2  {_SERVER}\n" in out
    (line,) = [line for line in out.splitlines() if "sip:300@" in line]
    assert "held by you" in line
    assert "[UNSAFE]" in line
