"""A phone with a call that is up, whose far end behaves as a test sets it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.parts import Parts
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState, LogEntry, Transfer, TransferState
from voip.protection import Transport
from voip.protocol.calls import TransferCall, TransferEvent
from voip.protocol.phone import NoticeEvent

ALICE_HERTZ, BOB_HERTZ = 900, 1100
_NUMBERS = itertools.count(1)


async def register(
    phone: Phone, user: str, transport: Transport, server: Kamailio, authority: Authority
) -> None:
    """Give a phone an account at a server, and wait until it is registered."""
    if transport is Transport.TLS:
        await phone.add_secure(user, LOOPBACK, server.tls_port, authority.file)
    else:
        await phone.add_open(user, LOOPBACK, server.port)
    await phone.until_registered(user)


@dataclass
class Case:
    """An account whose server is `party`, and a call with it that is up."""

    phone: Phone
    party: Party
    call: str
    since: int

    async def transfer(self, target: str = "bob") -> None:
        await self.phone.client.ask(TransferCall(call=self.call, target=target))

    async def reaches(self, state: TransferState) -> Transfer:
        """The transfer's first report with this state."""
        event = await self.phone.until(
            TransferEvent,
            lambda e: e.call == self.call and e.transfer.state is state,
            self.since,
        )
        return event.transfer

    async def is_told(self) -> str:
        """The next notice that names a transfer."""
        event = await self.phone.until(
            NoticeEvent, lambda e: e.text.startswith("the transfer"), self.since
        )
        return event.text

    async def is_back(self) -> Call:
        """The call once the user has it again."""
        return await self.phone.until_call(
            lambda c: (
                c.id == self.call
                and c.state is CallState.ACTIVE
                and c.transfer is not None
                and c.transfer.state is TransferState.FAILED
            ),
            self.since,
        )

    async def is_over(self) -> LogEntry:
        return await self.phone.until_logged(self.call)


@pytest.fixture(params=[Transport.TLS, Transport.UDP])
def transport(request: pytest.FixtureRequest) -> Transport:
    found: Transport = request.param
    return found


@pytest.fixture
async def desk(new_phone: NewPhone) -> Phone:
    return await new_phone()


@pytest_asyncio.fixture
async def party(desk: Phone, transport: Transport, authority: Authority) -> AsyncIterator[Party]:
    host, name = own_host(), f"account-{next(_NUMBERS)}"
    leaf = authority.issue("party", addresses=[host])
    async with Parts() as parts:
        found = await parts.begin(Party(host, transport, leaf, ALICE_HERTZ, (BOB_HERTZ,)))
        fields: dict[str, object] = {"transport": transport.value}
        if transport is Transport.TLS:
            fields["ca_file"] = str(authority.file)
        await desk.add(
            name, password="secret", user="reception", domain=DOMAIN,
            server=f"{host}:{found.server.port}", **fields,
        )  # fmt: skip
        await desk.until_registered(name)
        found.account = name
        yield found
        await found.leave()


@pytest.fixture
async def case(desk: Phone, party: Party) -> Case:
    call = await desk.call("alice", account=party.account)
    await party.take()
    await desk.until_state(call, CallState.ACTIVE)
    return Case(desk, party, call, len(desk.events))
