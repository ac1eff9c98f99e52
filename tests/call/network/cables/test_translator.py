"""A phone in a network of IPv6 alone, which a translator joins to one of IPv4."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.call.network.cables.moving import HERTZ
from tests.support.network.coturn import PASSWORD, USER, Coturn
from tests.support.network.hosts import Host, on_this
from tests.support.network.translator import ROUTER, Ipv6Network
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import AnswerCall, HangUp, Hold, Play
from voip.protocol.phone import Subscribe
from voip.protocol.sound import LevelsEvent

_INTERNET = "10.90.0.1"
_BOB = "10.90.2.2"
_SIX = "six.test"

pytestmark = pytest.mark.timeout(90)


@dataclass
class _World:
    """Servers of IPv4 alone, the network of IPv6 alone, and bob's machine of IPv4."""

    place: Path
    authority: Authority
    parts: Parts
    kamailio: Kamailio
    network: Ipv6Network
    bob_s: Host

    async def phone(self, user: str, host: Host, transport: Transport, server: str) -> Phone:
        phone = await self.parts.begin(Phone(self.place / user, prefix=host.prefix))
        await phone.client.ask(Subscribe(levels=True))
        secure = transport is Transport.TLS
        port = self.kamailio.tls_port if secure else self.kamailio.port
        trust = {"ca_file": str(self.authority.file)} if secure else {}
        await phone.add(
            user, password=f"secret-{user}", user=user, domain=DOMAIN,
            server=f"{server}:{port}", transport=transport.value, **trust,
        )  # fmt: skip
        await phone.until_registered(user)
        return phone

    async def phones(self, transport: Transport, server: str = _INTERNET) -> tuple[Phone, Phone]:
        """Phones of alice, of IPv6, and of bob, of IPv4."""
        return (
            await self.phone("alice", self.network.machine, transport, server),
            await self.phone("bob", self.bob_s, transport, _INTERNET),
        )


@pytest.fixture
async def world(place: Path, authority: Authority) -> AsyncIterator[_World]:
    leaf = authority.issue("kamailio", dns=[DOMAIN], addresses=[_INTERNET])
    async with Parts() as parts:
        await on_this("ip", "address", "replace", f"{_INTERNET}/32", "dev", "lo")
        network = await parts.begin(Ipv6Network(place / "network"))
        network.nameserver.add(DOMAIN, "A", _INTERNET)
        host = await parts.begin(Host())
        await host.plug("lan", f"{_BOB}/24", far="far2", far_addresses="10.90.2.1/24")
        await host.run("ip", "route", "add", "default", "via", "10.90.2.1")
        kamailio = await parts.begin(Kamailio(place / "kamailio", leaf, host=_INTERNET))
        yield _World(place, authority, parts, kamailio, network, host)


async def _hears(phone: Phone) -> None:
    since = len(phone.events)
    await phone.until(LevelsEvent, lambda event: event.rx > 0.01, since)


async def _talk(caller: Phone, callee: Phone, user: str, tone: Path) -> tuple[str, str]:
    """Numbers of a call at both ends, once each has heard the other."""
    since = len(callee.events)
    call = await caller.call(user, play=str(tone))
    ringing = await callee.until_call(lambda c: c.state is CallState.INCOMING, since)
    await callee.client.ask(AnswerCall(call=ringing.id))
    await callee.until_state(ringing.id, CallState.ACTIVE)
    await caller.until_state(call, CallState.ACTIVE)
    await callee.client.ask(Play(call=ringing.id, path=str(tone)))
    await _hears(caller)
    await _hears(callee)
    for phone, number in ((caller, call), (callee, ringing.id)):
        phone.check_lock_evidence(number)
    return call, ringing.id


@pytest.mark.parametrize("transport", list(Transport), ids=str)
async def test_it_speaks_with_a_phone_of_ipv4(
    world: _World, tone: Path, transport: Transport
) -> None:
    alice, bob = await world.phones(transport)
    call, other = await _talk(alice, bob, "bob", tone)
    # Its requests name the server's IPv4 address, from Record-Route.
    await alice.client.ask(Hold(call=call))
    await bob.until_state(other, CallState.REMOTE_HELD)
    await bob.client.ask(HangUp(call=other))
    await alice.until_logged(call)
    call, _ = await _talk(bob, alice, "alice", tone)
    await bob.client.ask(HangUp(call=call))
    await bob.until_logged(call)


async def test_a_name_that_only_a_dns64_gives_an_address(world: _World, tone: Path) -> None:
    alice, bob = await world.phones(Transport.TLS, DOMAIN)
    await _talk(alice, bob, "bob", tone)


@pytest.mark.parametrize("transport", list(Transport), ids=str)
async def test_a_call_moves_from_ipv4_to_the_translator(
    world: _World, tone: Path, transport: Transport
) -> None:
    machine = world.network.machine
    await machine.plug("lan4", "10.90.3.2/24", far="far3", far_addresses="10.90.3.1/24")
    await machine.run("ip", "route", "add", "default", "via", "10.90.3.1")
    alice, bob = await world.phones(transport)
    call, other = await _talk(alice, bob, "bob", tone)
    since = len(alice.events)
    await machine.run("ip", "link", "set", "lan4", "down")
    await alice.until_registered("alice", since)
    await _hears(alice)
    await _hears(bob)
    alice.check_lock_evidence(call)
    await bob.client.ask(HangUp(call=other))
    await alice.until_logged(call)


async def test_a_relay_of_ipv4_is_heard_by_ends_that_answer_to_no_other_address(
    world: _World,
) -> None:
    leaf = world.authority.issue("far", addresses=[_INTERNET])
    party = await world.parts.begin(Party(_INTERNET, Transport.TLS, leaf, HERTZ, ()))
    relay = await world.parts.begin(Coturn(world.place / "coturn", None, _INTERNET))
    phone = await world.parts.begin(
        Phone(world.place / "relayed", prefix=world.network.machine.prefix)
    )
    await phone.client.ask(Subscribe(levels=True))
    await phone.add(
        "work", password="x", user="alice", domain=_INTERNET,
        server=f"{_INTERNET}:{party.server.port}", ca_file=str(world.authority.file), ice=True,
        turn_server=f"{_INTERNET}:{relay.port}", turn_transport="udp", turn_user=USER,
        turn_password_command=f"echo {PASSWORD}",
    )  # fmt: skip
    await phone.until_registered("work")
    await phone.call("bob")
    await party.take()
    _, invite = await party.server.until(lambda message: message.method == "INVITE")
    assert f"c=IN IP4 {_INTERNET}" in invite.body
    await party.voice.until_heard(25)
    await _hears(phone)
    await party.leave()


class _Ipv4Voice(Party):
    """Party whose server has an IPv6 address, and its voice an IPv4 one."""

    def __init__(self, leaf: Leaf) -> None:
        super().__init__(_SIX, Transport.TLS, leaf, HERTZ, ())
        self.server.host = ROUTER
        self.voice_host = _INTERNET

    def media_address(self, offer: sip.Message | None) -> str:
        return _INTERNET


async def test_voice_at_an_ipv4_address_of_a_server_of_ipv6(world: _World) -> None:
    party = await world.parts.begin(_Ipv4Voice(world.authority.issue("six", dns=[_SIX])))
    world.network.nameserver.add(_SIX, "AAAA", ROUTER)
    prefix = world.network.machine.prefix
    phone = await world.parts.begin(Phone(world.place / "six", prefix=prefix))
    await phone.add(
        "work", password="x", user="alice", domain=_SIX, server=f"{_SIX}:{party.server.port}",
        ca_file=str(world.authority.file),
    )  # fmt: skip
    await phone.until_registered("work")
    call = await phone.call("bob")
    await party.take()
    await phone.until_state(call, CallState.ACTIVE)
    await party.voice.until_heard(25)
    assert party.voice.clear == 0
    await party.leave()
