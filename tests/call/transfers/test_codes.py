"""Pick-up and parking on the wire: whom the server is asked for, over TLS and UDP."""

from __future__ import annotations

import pytest

from tests.call.transfers.conftest import Case
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from voip.model import CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import CallStarted, Park, PickUp, Retrieve

_CODES: dict[str, str | int | bool | None] = {
    "pickup": "**{number}",
    "pickup_group": "*8",
    "park": "*68{slot}",
    "retrieve": "*88{slot}",
}


def _uri(user: str, transport: Transport) -> str:
    parameter = "" if transport is Transport.UDP else f";transport={transport.value}"
    return f"sip:{user}@{DOMAIN}{parameter}"


@pytest.mark.parametrize(
    ("command", "user"),
    [
        (PickUp(target="620"), "**620"),
        (PickUp(target="bob"), "**bob"),
        (PickUp(), "*8"),
        (Retrieve(slot="701"), "*88701"),
    ],
)
async def test_a_code_is_called_at_the_accounts_server(
    desk: Phone, party: Party, transport: Transport, command: PickUp | Retrieve, user: str
) -> None:
    await desk.client.ask(EditAccount(name=party.account, fields=_CODES))
    started = await desk.client.get(command, CallStarted)
    await party.take()
    active = await desk.until_state(started.call, CallState.ACTIVE)
    (invite,) = await party.until_received("INVITE")
    assert invite.uri == _uri(user, transport)
    assert active.remote.uri == f"sip:{user}@{DOMAIN}"
    if transport is Transport.TLS:
        await desk.until_call(lambda c: c.id == started.call and c.lock.closed)


async def test_a_call_is_parked_where_the_account_says(case: Case, transport: Transport) -> None:
    party, client = case.party, case.phone.client
    # The fields of codes are the engine's own: the call must outlive their change.
    await client.ask(EditAccount(name=party.account, fields=_CODES))
    await client.ask(Park(call=case.call, slot="701"))
    refer = await party.referred()
    assert refer.get("Refer-To") == f"<{_uri('*68701', transport)}>"
    await case.phone.until_call(lambda c: c.state is CallState.HELD, case.since)
    party.notify("SIP/2.0 200 OK\r\n", last=True)
    await case.reaches(TransferState.DONE)
    entry = await case.is_over()
    assert (entry.outcome, entry.reason) == (
        Outcome.TRANSFERRED,
        f"transferred to *68701@{DOMAIN}",
    )


async def test_a_call_that_is_not_parked_comes_back(case: Case) -> None:
    party, client = case.party, case.phone.client
    await client.ask(EditAccount(name=party.account, fields={"park": "700"}))
    await client.ask(Park(call=case.call))
    await party.referred()
    party.notify("SIP/2.0 486 Busy Here\r\n", last=True)
    await case.is_back()
    told = await case.is_told()
    assert told.startswith(f"the transfer to 700@{DOMAIN} failed (busy): you have ")
