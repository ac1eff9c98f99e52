"""`offhook block`, `unblock` and `blocked`, as they are typed."""

from __future__ import annotations

import asyncio
import json

from click.testing import CliRunner, Result

from tests.support.standin import StandIn
from voip.cli.app import offhook
from voip.client.starting import CommandFailed


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, offhook, list(words))


async def test_a_caller_is_blocked_listed_and_unblocked(standin: StandIn) -> None:
    await standin.add_account("work")
    assert (await run("blocked")).stdout == "nobody is blocked\n"
    made = await run("block", "mallory@EVIL.example", "--account", "work")
    assert made.exit_code == 0
    assert made.stdout.startswith("sip:mallory@evil.example, account: work, since 20")
    assert (await run("blocked")).stdout == made.stdout
    (entry,) = json.loads((await run("blocked", "--json")).stdout)["callers"]
    assert (entry["account"], entry["address"]) == ("work", "sip:mallory@evil.example")
    gone = await run("unblock", "sip:mallory@evil.example", "--account", "work")
    assert (gone.exit_code, gone.stdout) == (0, "")
    assert (await run("blocked")).stdout == "nobody is blocked\n"


async def test_nobody_is_blocked_without_an_address(standin: StandIn) -> None:
    await standin.add_account("work")
    result = await run("block", "sip:anonymous@anonymous.invalid", "--account", "work")
    assert isinstance(result.exception, CommandFailed)
    assert str(result.exception).startswith("the caller hid their address")
    result = await run("unblock", "bob", "--account", "work")
    assert str(result.exception) == (
        "bob is not blocked for account work: “offhook blocked” lists who is"
    )
    assert (await run("block", "bob")).exit_code == 2
