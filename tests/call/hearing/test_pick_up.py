"""Who hears whom while the user takes a colleague's call, or a parked one."""

from __future__ import annotations

import pytest

from tests.call.hearing.conftest import NETWORK, Desk, Placed
from tests.support.peers.party import Party
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import CallStarted, PickUp, Retrieve

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("parked", [False, True], ids=["ringing", "parked"])
async def test_the_user_and_the_one_who_waits_hear_each_other_alone(
    desk: Desk, party: Party, parked: bool
) -> None:
    codes: dict[str, str | int | bool | None] = {"pickup": "**{number}", "retrieve": "*88{slot}"}
    await desk.phone.client.ask(EditAccount(name=party.account, fields=codes))
    name = party.account
    command = Retrieve("701", account=name) if parked else PickUp("620", account=name)
    await desk.is_quiet()
    started = await desk.phone.client.get(command, CallStarted)
    await party.invited()
    call = Placed(desk.phone, party, desk.ear, started.call)
    assert await call.hears_for(1) == frozenset()
    assert party.voice.frames == []
    await call.answered()
    await call.talks()
    assert await call.hears_for(1) == {NETWORK}
    await call.end()
    await desk.is_quiet()
    heard = len(party.voice.frames)
    assert await call.hears_for(0.5) == frozenset()
    assert len(party.voice.frames) == heard
