"""Search for an account's STUN server and relay."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.support.standin.names import ScriptedNames
from voip.causes import Cause, CauseKind
from voip.engine.accounts import fields as account_fields
from voip.engine.network import ice
from voip.engine.network.ice import ASKED_AGAIN_S, Choice, IceTargets
from voip.engine.network.locator import Locator
from voip.protocol.worker.accounts import Target
from voip.sip.network.locating import Service

_IPV4, _IPV6 = Target("192.0.2.1", 5061), Target("2001:db8::1", 5061)
_BOTH: dict[str, Any] = {"stun_server": "stun.example.com", "turn_server": "turn.example.com"}


async def _find(names: ScriptedNames, target: Target = _IPV4, **values: Any) -> IceTargets:
    account = account_fields.from_values(
        {"user": "alice", "domain": "pbx.example.com", "ice": True, **values}
    )
    return await ice.find(account, target, Locator(names, random.Random(1), lambda: False))


@pytest.mark.parametrize(
    ("transport", "service", "port"),
    [("udp", "_turn._udp", 3478), ("tcp", "_turn._tcp", 3478), ("tls", "_turns._tcp", 5349)],
)
async def test_a_relay_is_looked_up_for_its_transport(
    transport: str, service: str, port: int
) -> None:
    values: dict[str, Any] = {"turn_server": "example.com", "turn_transport": transport}
    names = ScriptedNames()
    plain = await _find(names, **values)
    assert (plain.relays, plain.relay_name) == ((Target("192.0.2.1", port),), "example.com")
    names.services_of[f"{service}.example.com"] = (Service(1, 0, 444, "a.other.test"),)
    names.addresses_of["a.other.test"] = ("192.0.2.9",)
    served = await _find(names, **values)
    # The name to prove is the user's, wherever DNS leads.
    assert (served.relays, served.relay_name) == ((Target("192.0.2.9", 444),), "example.com")


async def test_a_stun_server_is_looked_up() -> None:
    names = ScriptedNames()
    assert (await _find(names, stun_server="example.com")).stuns == (Target("192.0.2.1", 3478),)
    names.services_of["_stun._udp.example.com"] = (Service(1, 0, 444, "a.other.test"),)
    names.addresses_of["a.other.test"] = ("192.0.2.9",)
    assert (await _find(names, stun_server="example.com")).stuns == (Target("192.0.2.9", 444),)


async def test_addresses_are_of_the_family_of_the_server() -> None:
    names = ScriptedNames()
    for name in ("stun.example.com", "turn.example.com"):
        names.addresses_of[name] = ("192.0.2.9", "2001:db8::9", "192.0.2.8")
    for target, addresses in ((_IPV4, ("192.0.2.9", "192.0.2.8")), (_IPV6, ("2001:db8::9",))):
        servers = await _find(names, target, **_BOTH)
        assert servers.stuns == servers.relays
        assert servers.relays == tuple(Target(address, 3478) for address in addresses)


async def test_missing_servers_have_a_cause() -> None:
    names = ScriptedNames()
    names.lost.add("stun.example.com")
    names.addresses_of["turn.example.com"] = ("2001:db8::9",)
    servers = await _find(names, **_BOTH)
    assert (servers.stuns, servers.relays) == ((), ())
    assert servers.missing == (
        Cause(
            CauseKind.STUN_NOT_FOUND,
            ("stun.example.com",),
            (Cause(CauseKind.NAME_NOT_FOUND, ("stun.example.com",)),),
        ),
        Cause(CauseKind.RELAY_NOT_FOUND, ("turn.example.com",)),
    )


async def test_a_hidden_account_asks_no_stun_server() -> None:
    names = ScriptedNames()
    servers = await _find(names, hide_identity=True, **_BOTH)
    assert (servers.stuns, servers.relays) == ((), (Target("192.0.2.1", 3478),))
    assert not [name for name in names.asked if "stun" in name]


_A, _B, _C = (Target(f"192.0.2.{number}", 3478) for number in (11, 12, 13))


class _Servers:
    """Servers of which some are silent; `asked` lists the questions."""

    def __init__(self) -> None:
        self.now = 100.0
        self.silent: set[Target] = set()
        self.asked: list[Target] = []
        self.choice = Choice(lambda: self.now)

    async def first(
        self, *targets: Target, account: str = "work", current: Target | None = None
    ) -> Target:
        return await self.choice.first(account, targets, self._ask, current)

    async def _ask(self, target: Target) -> Cause | None:
        self.asked.append(target)
        return Cause(CauseKind.RELAY_SILENT, ("x",)) if target in self.silent else None


async def test_the_first_that_answers_is_chosen() -> None:
    servers = _Servers()
    servers.silent = {_A, _B}
    assert await servers.first(_A, _B, _C) == _C
    servers.silent.add(_C)
    assert await servers.first(_A, _B, _C, account="other") == _A


async def test_the_one_in_use_stays_where_none_answers() -> None:
    servers = _Servers()
    servers.silent = {_A, _B}
    assert await servers.first(_A, _B, current=_B) == _B
    # One that the name leads to no more does not.
    assert await servers.first(_A, _B, current=_C) == _A


async def test_a_server_without_another_is_not_asked() -> None:
    servers = _Servers()
    assert await servers.first(_A) == _A
    assert servers.asked == []


async def test_a_server_is_asked_seldom_for_an_account() -> None:
    servers = _Servers()
    for _ in range(3):
        servers.now += ASKED_AGAIN_S / 4
        assert await servers.first(_A, _B) == _A
    assert servers.asked == [_A, _B]
    # One that was not asked yet is.
    assert await servers.first(_C, _A) == _C
    servers.now += ASKED_AGAIN_S
    await servers.first(_A, _B)
    assert servers.asked == [_A, _B, _C, _A, _B]


async def test_a_server_that_failed_a_call_is_passed_over_for_a_time() -> None:
    servers = _Servers()
    assert await servers.first(_A, _B) == _A
    servers.choice.failed("work", _A)
    assert await servers.first(_A, _B) == _B
    assert await servers.first(_A, _B, account="other") == _A
    servers.now += ASKED_AGAIN_S
    assert await servers.first(_A, _B) == _A


async def test_a_silent_server_does_not_delay_one_that_answers() -> None:
    never = asyncio.Event()

    async def ask(target: Target) -> Cause | None:
        if target == _B:
            await never.wait()
        return None

    assert await Choice().first("work", (_A, _B), ask) == _A
