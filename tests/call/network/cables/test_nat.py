"""Two phones, each behind a router of its own, with a real relay between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.network.coturn import PASSWORD, USER, Coturn
from tests.support.network.hosts import on_this
from tests.support.network.routers import INTERNET, Home, Internet
from tests.support.parts import Parts
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.causes import Cause, CauseKind
from voip.model import CallState
from voip.protection import LockReport, LockState
from voip.protocol.calls import AnswerCall, Play
from voip.protocol.phone import NoticeEvent, SipMessageEvent, Subscribe
from voip.protocol.sound import LevelsEvent
from voip.protocol.trust import GetLock

pytestmark = pytest.mark.timeout(90)

_PORT = 3478


@dataclass
class World:
    """Servers, and `homes` of a kind with phones that know the servers.

    `kind` says whether a home's router is symmetric, and whether it lets UDP out.
    """

    place: Path
    authority: Authority
    parts: Parts
    kamailio: Kamailio
    homes: list[Home] = field(default_factory=list)
    kind: tuple[bool, bool] = (False, True)

    async def relay(self, leaf: Leaf | None = None, host: str = INTERNET, port: int = 0) -> Coturn:
        folder = self.place / f"coturn-{host}"
        return await self.parts.begin(Coturn(folder, leaf, host, port=port))

    async def phone(self, user: str, home: Home, **fields: object) -> Phone:
        """Phone of a user in a home that has begun."""
        await self.parts.begin(home)
        phone = await self.parts.begin(Phone(self.place / user, prefix=home.machine.prefix))
        await phone.add_secure(
            user, INTERNET, self.kamailio.tls_port, self.authority.file, ice=True, **fields
        )
        await phone.until_registered(user)
        return phone

    async def phones(
        self, symmetric: bool = False, udp: bool = True, **fields: Any
    ) -> tuple[Phone, Phone]:
        """Phones of alice and bob, each in a home of its own."""
        self.kind = (symmetric, udp)
        self.homes = [Home(self.place, number, symmetric, udp) for number in (1, 2)]
        return (
            await self.phone("alice", self.homes[0], **fields),
            await self.phone("bob", self.homes[1], **fields),
        )


@pytest.fixture
async def world(place: Path, authority: Authority) -> AsyncIterator[World]:
    leaf = authority.issue("kamailio", dns=[DOMAIN], addresses=[INTERNET])
    async with Parts() as parts:
        await parts.begin(Internet())
        kamailio = await parts.begin(Kamailio(place / "kamailio", leaf, host=INTERNET))
        yield World(place, authority, parts, kamailio)


def _relayed(relay: Coturn, transport: str = "udp") -> dict[str, Any]:
    port = relay.tls_port if transport == "tls" else relay.port
    return {
        "turn_server": f"{INTERNET}:{port}", "turn_transport": transport, "turn_user": USER,
        "turn_password_command": f"echo {PASSWORD}",
    }  # fmt: skip


async def _talk(alice: Phone, bob: Phone, tone: Path) -> tuple[LockReport, LockReport]:
    """Locks of both ends of a call, once voice has come to both."""
    call = await alice.call("bob", play=str(tone))
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    return await _lock(alice, call), await _lock(bob, ringing.id)


async def _lock(phone: Phone, call: str, since: int = 0) -> LockReport:
    await phone.until_call(
        lambda c: c.id == call and c.lock.closed and c.quality.rtt_ms is not None, since
    )
    report = await phone.client.get(GetLock(call=call), LockReport)
    assert report.state is LockState.CLOSED
    (stream,) = report.streams
    assert stream.accepted > 0
    return report


def _through_relay(report: LockReport) -> bool:
    (stream,) = report.streams
    return stream.relayed


async def test_voice_goes_directly_where_routers_let_it(world: World, tone: Path) -> None:
    relay = await world.relay()
    phones = await world.phones(stun_server=f"{INTERNET}:{relay.port}", **_relayed(relay))
    for report in await _talk(*phones, tone):
        assert not _through_relay(report)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_voice_goes_through_the_relay_where_nothing_else_works(
    world: World, tone: Path, transport: str
) -> None:
    relay = await world.relay(world.authority.issue("relay", addresses=[INTERNET]))
    phones = await world.phones(
        symmetric=True,
        # Where a relay is asked over TCP, nothing else is to be reached.
        udp=transport == "udp",
        stun_server=f"{INTERNET}:{relay.port}",
        **_relayed(relay, transport),
    )
    for report in await _talk(*phones, tone):
        assert _through_relay(report)


async def test_a_relay_of_another_name_is_refused_in_words(world: World, tone: Path) -> None:
    relay = await world.relay(world.authority.issue("other", dns=["other.example.test"]))
    alice, bob = await world.phones(
        symmetric=True, stun_server=f"{INTERNET}:{relay.port}", **_relayed(relay, "tls")
    )
    await alice.call("bob", play=str(tone))
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    notice = await alice.until(NoticeEvent, lambda event: "relay" in event.text)
    assert notice.text == (
        f"account alice: the relay {INTERNET} did not prove its name, and is not used"
    )
    await _found_no_way(alice, bob)
    assert USER not in relay.log.split("(admin thread)")[1]


@pytest.mark.parametrize("reached", [True, False], ids=["relay", "no relay"])
async def test_a_hidden_account_offers_its_relay_alone(
    world: World, tone: Path, reached: bool
) -> None:
    relay = await world.relay()
    world.homes = [Home(world.place, number) for number in (1, 2)]
    alice = await world.phone("alice", world.homes[0], hide_identity=True, **_relayed(relay))
    bob = await world.phone("bob", world.homes[1], **_relayed(relay))
    await _talk_both_ways((alice, bob), tone)
    assert _relays_offered(alice, 0) == {INTERNET}
    since = len(alice.events)
    # Another network may let no UDP out, and so lead to no relay.
    world.kind = (False, reached)
    await _move(world, 0, (alice, bob))
    if reached:
        await _both_hear((alice, bob))
        assert _relays_offered(alice, since) == {INTERNET}
    else:
        ended = await alice.until_call(lambda call: call.state is CallState.ENDED)
        assert ended.cause == Cause(CauseKind.RELAY_SILENT, (INTERNET,))
        assert _relays_offered(alice, since) == set()
    sessions = [
        line
        for event in alice.events
        if isinstance(event.event, SipMessageEvent) and event.event.sent
        for line in event.event.lines
        if line.startswith(("a=candidate:", "c=", "o=", "a=rtcp:"))
    ]
    homes = ("10.1.0.2", "10.90.1.2", "10.3.1.2", "10.90.3.2")
    assert [line for line in sessions if any(address in line for address in homes)] == []


@pytest.mark.parametrize(("transport", "mover"), [("udp", 0), ("tcp", 1), ("tls", 0)])
async def test_a_call_through_the_relay_moves_to_another_network(
    world: World, tone: Path, transport: str, mover: int
) -> None:
    relay = await world.relay(world.authority.issue("relay", addresses=[INTERNET]))
    phones = await world.phones(
        symmetric=True, udp=transport == "udp",
        stun_server=f"{INTERNET}:{relay.port}", **_relayed(relay, transport),
    )  # fmt: skip
    calls = await _talk_both_ways(phones, tone)
    since = len(phones[mover].events)
    await _move(world, mover, phones)
    await _both_hear(phones)
    # The lock was open while the call had no connection.
    await phones[mover].until_call(lambda call: not call.lock.closed, since)
    for phone, call in zip(phones, calls, strict=True):
        assert _through_relay(await _lock(phone, call, len(phone.events)))
        phone.check_lock_evidence(call)


async def test_a_call_ends_in_words_where_its_network_leads_to_no_relay(
    world: World, tone: Path
) -> None:
    relay = await world.relay()
    phones = await world.phones(symmetric=True, **_relayed(relay))
    await _talk_both_ways(phones, tone)
    # The new network lets no UDP out.
    world.kind = (True, False)
    await _move(world, 0, phones)
    await _found_no_way(*phones)


async def test_a_call_uses_the_relay_that_answers_in_its_network(world: World, tone: Path) -> None:
    nobody, other = "10.90.0.8", "10.90.0.9"
    relay = await world.relay(port=_PORT)
    await on_this("ip", "address", "add", f"{other}/32", "dev", "lo")
    await world.relay(host=other, port=_PORT)
    hosts = world.place / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{nobody} relay.test\n{INTERNET} relay.test\n")
    await on_this("mount", "--bind", str(hosts), "/etc/hosts")
    fields = {**_relayed(relay), "turn_server": "relay.test"}
    phones = await world.phones(symmetric=True, **fields)
    await _talk_both_ways(phones, tone)
    assert _relays_offered(phones[0], 0) == {INTERNET}
    # Another network has other name servers.
    hosts.write_text(f"127.0.0.1 localhost\n{other} relay.test\n")
    since = len(phones[0].events)
    await _move(world, 0, phones)
    await _both_hear(phones)
    assert _relays_offered(phones[0], since) == {other}
    await on_this("umount", "/etc/hosts")


async def _found_no_way(*phones: Phone) -> None:
    """Wait for the end of a call whose voice found no way, at both of its ends."""
    ends = [await phone.until_call(lambda c: c.state is CallState.ENDED) for phone in phones]
    # Either end may be the first that gives up; the other is only told that it ended.
    assert {end.cause for end in ends if end.cause} == {Cause(CauseKind.NO_WAY)}


async def _talk_both_ways(phones: tuple[Phone, Phone], tone: Path) -> tuple[str, str]:
    """Calls of both ends, which hear a tone of each other, through a relay."""
    alice, bob = phones
    for phone in phones:
        await phone.client.ask(Subscribe(levels=True, sip=True))
    for report in await _talk(alice, bob, tone):
        assert _through_relay(report)
    here, there = [(await phone.status()).calls[0].id for phone in phones]
    await bob.client.ask(Play(call=there, path=str(tone)))
    await _both_hear(phones)
    return here, there


async def _both_hear(phones: tuple[Phone, Phone], hear: bool = True) -> None:
    for phone in phones:
        since = len(phone.events)
        await phone.until(LevelsEvent, lambda event: (event.rx > 0) is hear, since)


async def _move(world: World, mover: int, phones: tuple[Phone, Phone]) -> None:
    """Move the machine of one of two phones that hear each other, until they do not."""
    home = await world.parts.begin(Home(world.place, 3, *world.kind))
    await home.let_in(world.homes[mover])
    await world.homes[mover].machine.run("ip", "link", "set", "lan", "down")
    await _both_hear(phones, hear=False)
    await home.welcome(world.homes[mover])


def _relays_offered(phone: Phone, since: int) -> set[str]:
    """Addresses of relays that a phone has offered in sessions of its own."""
    return {
        line.split()[4]
        for numbered in phone.events[since:]
        if isinstance(numbered.event, SipMessageEvent) and numbered.event.sent
        for line in numbered.event.lines
        if line.startswith("a=candidate:") and " typ relay" in line
    }
