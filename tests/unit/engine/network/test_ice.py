"""Search for an account's STUN server and relay."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.standin.names import ScriptedNames
from voip.causes import Cause, CauseKind
from voip.engine.accounts import fields as account_fields
from voip.engine.network import ice
from voip.engine.network.ice import IceTargets
from voip.engine.network.locator import Locator
from voip.protocol.worker.accounts import Target
from voip.sip.locating import Service

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
    assert (plain.relay, plain.relay_name) == (Target("192.0.2.1", port), "example.com")
    names.services_of[f"{service}.example.com"] = (Service(1, 0, 444, "a.other.test"),)
    names.addresses_of["a.other.test"] = ("192.0.2.9",)
    served = await _find(names, **values)
    # The name to prove is the user's, wherever DNS leads.
    assert (served.relay, served.relay_name) == (Target("192.0.2.9", 444), "example.com")


async def test_a_stun_server_is_looked_up() -> None:
    names = ScriptedNames()
    assert (await _find(names, stun_server="example.com")).stun == Target("192.0.2.1", 3478)
    names.services_of["_stun._udp.example.com"] = (Service(1, 0, 444, "a.other.test"),)
    names.addresses_of["a.other.test"] = ("192.0.2.9",)
    assert (await _find(names, stun_server="example.com")).stun == Target("192.0.2.9", 444)


async def test_addresses_are_of_the_family_of_the_server() -> None:
    names = ScriptedNames()
    for name in ("stun.example.com", "turn.example.com"):
        names.addresses_of[name] = ("192.0.2.9", "2001:db8::9")
    for target, address in ((_IPV4, "192.0.2.9"), (_IPV6, "2001:db8::9")):
        servers = await _find(names, target, **_BOTH)
        assert servers.stun == servers.relay == Target(address, 3478)


async def test_missing_servers_have_a_cause() -> None:
    names = ScriptedNames()
    names.lost.add("stun.example.com")
    names.addresses_of["turn.example.com"] = ("2001:db8::9",)
    servers = await _find(names, **_BOTH)
    assert (servers.stun, servers.relay) == (None, None)
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
    assert (servers.stun, servers.relay) == (None, Target("192.0.2.1", 3478))
    assert not [name for name in names.asked if "stun" in name]
