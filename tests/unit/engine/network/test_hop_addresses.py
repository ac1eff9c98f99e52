"""Names and addresses of next hops, as workers get them."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from tests.support.standin.names import ScriptedNames
from voip.engine.network.hops import Hops
from voip.engine.supervisor import Supervisor
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnswerName, NameAsked

_SERVER = Target("2001:db8::7", 5061)


class _Worker:
    def __init__(self) -> None:
        self.told: asyncio.Queue[AnswerName] = asyncio.Queue()

    async def ask(self, command: AnswerName) -> None:
        self.told.put_nowait(command)


def _of_server(role: Role, name: str, account: str | None) -> Target | None:
    return _SERVER if name in ("pbx.example.com", "192.0.2.7", "2001:db8::9") else None


@pytest.mark.parametrize(
    ("name", "addresses", "port"),
    [
        ("PBX.example.com", (_SERVER.address,), _SERVER.port),
        ("192.0.2.7", (_SERVER.address,), _SERVER.port),
        ("2001:DB8::0:9", (_SERVER.address,), _SERVER.port),
        ("192.0.2.8", ("2001:db8:64::c000:208",), None),
        ("2001:db8::8", (), None),
        ("other.example.com", ("192.0.2.1",), None),
    ],
)
async def test_a_hop_leads_to_the_account_s_target_or_through_a_translator(
    name: str, addresses: tuple[str, ...], port: int | None
) -> None:
    worker, names = _Worker(), ScriptedNames()
    names.addresses_of["ipv4only.arpa"] = ("192.0.0.170", "2001:db8:64::192.0.0.170")
    hops = Hops({Role.SECURE: cast(Supervisor, worker)}, names, _of_server)
    hops.on_event(Role.SECURE, NameAsked(name=name))
    assert await worker.told.get() == AnswerName(name=name, addresses=addresses, port=port)
    hops.close()


async def test_without_a_translator_an_ipv4_address_leads_nowhere() -> None:
    worker = _Worker()
    hops = Hops({Role.SECURE: cast(Supervisor, worker)}, ScriptedNames(), _of_server)
    hops.on_event(Role.SECURE, NameAsked(name="192.0.2.8"))
    assert (await worker.told.get()).addresses == ()
    hops.close()
