"""`offhook block`, `unblock` and `blocked` as typed."""

from __future__ import annotations

import json

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


async def test_a_caller_is_blocked_listed_and_unblocked(standin: StandIn) -> None:
    await standin.add_account("work")
    assert (await typed("blocked")).out == "nobody is blocked\n"
    made = await typed("block", "mallory@EVIL.example", "--account", "work")
    assert made.status == 0
    assert made.out.startswith("sip:mallory@evil.example, account: work, since 20")
    assert (await typed("blocked")).out == made.out
    (entry,) = json.loads((await typed("blocked", "--json")).out)["callers"]
    assert (entry["account"], entry["address"]) == ("work", "sip:mallory@evil.example")
    again = await typed("block", "mallory@evil.example", "--account", "work", "--json")
    assert json.loads(again.out) == entry
    gone = await typed("unblock", "sip:mallory@evil.example", "--account", "work")
    assert gone == (0, "", "")
    assert (await typed("blocked")).out == "nobody is blocked\n"


async def test_nobody_is_blocked_without_an_address(standin: StandIn) -> None:
    await standin.add_account("work")
    result = await typed("block", "sip:anonymous@anonymous.invalid", "--account", "work")
    assert result.status == 1
    assert result.err.startswith("offhook: the caller hid their address")
    result = await typed("unblock", "bob", "--account", "work")
    assert result.err == (
        "offhook: bob is not blocked for account work: “offhook blocked” lists who is\n"
    )
    assert (await typed("block", "bob")).status == 2
