"""A name that is looked up slowly holds up no other command of a client."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.standin.engine import StandIn
from voip.client.stream import Client
from voip.model import Status
from voip.protocol.accounts import RegisterAccount
from voip.protocol.calls import PlaceCall
from voip.protocol.client import AnyCommand
from voip.protocol.phone import GetStatus


@pytest.mark.parametrize(
    "command", [RegisterAccount(account="work"), PlaceCall(target="bob", account="work")], ids=repr
)
async def test_others_are_answered_meanwhile(standin: StandIn, command: AnyCommand) -> None:
    standin.names.silent = asyncio.Event()
    await standin.add("work", password="x", user="alice", domain="pbx.example.com")
    waiting = asyncio.create_task(standin.client.ask(command))
    await asyncio.sleep(0)  # it has been sent
    status = await standin.client.get(GetStatus(), Status)
    assert [account.name for account in status.accounts] == ["work"]
    assert not waiting.done()
    standin.names.silent.set()
    await waiting


async def test_a_client_that_goes_away_leaves_no_account_half_registered(standin: StandIn) -> None:
    standin.names.silent = asyncio.Event()
    await standin.add("work", password="x", user="alice", domain="pbx.example.com")
    async with await Client.connect() as hasty:
        waiting = asyncio.create_task(hasty.ask(RegisterAccount(account="work")))
        await asyncio.sleep(0)
        await hasty.get(GetStatus(), Status)
    await asyncio.gather(waiting, return_exceptions=True)
    standin.names.silent.set()
    await standin.until_registered("work")
