"""A phone that moves from IPv4 to IPv6, to a server of both by one name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.call.network.cables.moving import HERTZ, Place
from tests.support.network.hosts import on_this
from tests.support.network.ports import free_port
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.party import Party
from tests.support.pki import Authority, Leaf
from voip.model import RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent

_NAME = "both.test"
_FAR, _NEAR = "fd00:1::1", "fd00:1::2"

pytestmark = pytest.mark.timeout(120)


class _Mounted:
    """A file in place of another, in this namespace."""

    def __init__(self, file: Path, place: str) -> None:
        self._file, self._place = file, place

    async def start(self) -> None:
        await on_this("mount", "--bind", str(self._file), self._place)

    async def stop(self) -> None:
        await on_this("umount", self._place)


class _PartyOfBoth(Party):
    """Party at an address of each family; its Contact has `named`, one of its hosts."""

    def __init__(self, transport: Transport, leaf: Leaf, ipv4: str, ipv6: str, named: str) -> None:
        super().__init__(named, transport, leaf, HERTZ, ())
        self._ipv4, self._ipv6 = ipv4, ipv6
        self.voice_host = "::"
        # A server of streams listens at each family's own socket, for "".
        self.server.host = "::" if transport is Transport.UDP else ""
        self.server.port = free_port()

    def media_address(self, offer: sip.Message | None) -> str:
        assert offer is not None
        return self._ipv6 if "c=IN IP6" in offer.body else self._ipv4


@pytest.mark.parametrize("literal", [False, True], ids=["name", "address"])
@pytest.mark.parametrize("transport", list(Transport), ids=str)
async def test_a_call_moves_from_ipv4_to_ipv6(
    place: Path, authority: Authority, transport: Transport, literal: bool
) -> None:
    async with Parts() as machines, Parts() as parts:
        here = Place(1, transport, place)
        hosts = place / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{_FAR} {_NAME}\n{here.server} {_NAME}\n")
        await machines.begin(_Mounted(hosts, "/etc/hosts"))
        leaf = authority.issue("both", dns=[_NAME])
        named = here.server if literal else _NAME
        party = _PartyOfBoth(transport, leaf, here.server, _FAR, named)
        await here.start(authority, machines, parts, party)
        await on_this("ip", "address", "add", f"{_FAR}/64", "dev", here.far(1), "nodad")
        await here.register(authority, f"{_NAME}:{party.server.port}", _NAME)
        await here.place_call()
        offers, since = party.offers + 1, len(here.phone.events)
        await here.host.run("ip", "address", "flush", "dev", "lan", "scope", "global")
        await here.host.run("ip", "address", "flush", "dev", "wlan", "scope", "global")
        if literal:
            # Without any route both addresses fail, and neither is tried again for long.
            await here.phone.until(
                AccountEvent,
                lambda e: e.account.registration.state is RegistrationState.FAILED,
                since,
            )
        await here.host.run("ip", "address", "add", f"{_NEAR}/64", "dev", "lan", "nodad")
        await here.phone.until_registered("work", since)
        await party.until_offered(offers)
        await here.voice_flows()
        await here.is_secret()
        assert f"c=IN IP6 {_NEAR}" in here.last_offer.body
        assert f"[{_NEAR}]" in here.last_offer.get("Contact")
        await here.hang_up()
        here.report("IPv4 to IPv6")
