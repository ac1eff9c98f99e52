"""Phones on machines of two networks, each in a call with a party beyond both."""

from __future__ import annotations

import asyncio
import itertools
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np

from tests.support.media.sound import FAR
from tests.support.network.hosts import Host, on_this
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import HangUp
from voip.protocol.phone import Subscribe
from voip.protocol.sound import LevelsEvent

HERTZ = 450
_FRAME_S = 0.02
_AUDIBLE = 300  # of 32767


class Place:
    """A phone in a call; `number` 1-99 tells its networks from others'.

    Its machine has 10.N.1.2 on `lan`, which the default route leads by, and 10.N.2.2 on
    `wlan`; the party is at 10.N.9.1 beyond both.
    """

    def __init__(self, number: int, transport: Transport, folder: Path) -> None:
        self.number = number
        self.transport = transport
        self.host = Host()
        self.server = self.address(9, 1)
        self._folder = folder
        self._recording = folder / "heard.wav"
        self.phone: Phone
        self.party: Party
        self.call = ""

    def address(self, network: int, host: int) -> str:
        return f"10.{self.number}.{network}.{host}"

    def far(self, network: int) -> str:
        """The test's end of the machine's cable."""
        return f"far{self.number}x{network}"

    async def start(
        self, authority: Authority, machines: Parts, parts: Parts, party: Party | None = None
    ) -> None:
        """Start the machine, its phone and the party, at its address or a `party`."""
        await machines.begin(self.host)
        await on_this("ip", "address", "replace", f"{self.server}/32", "dev", "lo")
        for network, name in ((1, "lan"), (2, "wlan")):
            far = f"{self.address(network, 1)}/24"
            near = f"{self.address(network, 2)}/24"
            await self.host.plug(name, near, far=self.far(network), far_addresses=far)
        await self.leads_by(1)
        leaf = authority.issue(f"party{self.number}", addresses=[self.server])
        party = party or Party(self.server, self.transport, leaf, HERTZ, ())
        self.party = await parts.begin(party)
        self.phone = await parts.begin(Phone(self._folder / "p", prefix=self.host.prefix))
        await self.phone.client.ask(Subscribe(levels=True))

    async def leads_by(self, network: int) -> None:
        """Have the machine's default route lead by one of its networks."""
        await self.host.run("ip", "route", "replace", "default", "via", self.address(network, 1))

    async def voice_flows(self) -> None:
        """Wait for voice in both directions."""
        since = len(self.phone.events)
        await self.party.voice.until_heard(25)
        await self.phone.until(LevelsEvent, lambda event: event.rx > 0, since)

    async def register(self, authority: Authority, server: str, domain: str) -> None:
        """Add the account, and wait until it is registered."""
        trust = {"ca_file": str(authority.file)} if self.transport is Transport.TLS else {}
        await self.phone.add(
            "work", password="secret", user="alice", domain=domain, server=server,
            transport=self.transport.value, **trust,
        )  # fmt: skip
        await self.phone.until_registered("work")

    async def ring(self) -> None:
        """Call the party, and wait until it rings there."""
        self.call = await self.phone.call("bob")
        await self.party.invited()
        self.party.progress(180)
        await self.phone.until_state(self.call, CallState.RINGING)

    async def place_call(self) -> None:
        """Call the party, and wait until its voice flows both ways."""
        self.call = await self.phone.call("bob", record=str(self._recording))
        await self.party.take()
        await self.phone.until_state(self.call, CallState.ACTIVE)
        await self.voice_flows()

    async def is_secret(self) -> None:
        """Wait for a closed lock in a report from now on, if the account has one."""
        since = len(self.phone.events)
        if self.transport is Transport.TLS:
            await self.phone.until_call(lambda call: call.lock.closed, since)
        self.phone.check_lock_evidence(self.call)

    @property
    def last_offer(self) -> sip.Message:
        return [m for m in self.party.received if m.method == "INVITE"][-1]

    async def hang_up(self) -> None:
        """End the call, which its far end must learn."""
        await self.phone.client.ask(HangUp(call=self.call))
        await self.party.server.until(lambda message: message.method == "BYE")
        await self.phone.until_logged(self.call)
        await self.party.leave()

    def gap_there_s(self) -> float:
        """Longest time without a packet at the party."""
        times = [frame.at for frame in self.party.voice.frames]
        return max(after - before for before, after in itertools.pairwise(times)) / 1e9

    def gap_here_s(self) -> float:
        """Longest silence in what the phone's user heard of the party."""
        with wave.open(str(self._recording)) as file:
            rate, channels = file.getframerate(), file.getnchannels()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        frames = samples.reshape(-1, channels)[:, FAR]
        size = int(rate * _FRAME_S)
        loud = np.abs(frames[: len(frames) // size * size].reshape(-1, size)).max(axis=1)
        runs = (len(list(run)) for heard, run in itertools.groupby(loud > _AUDIBLE) if not heard)
        # The party speaks only when the call is answered, and to its end.
        inner = list(runs)
        return max(inner, default=0) * _FRAME_S

    def report(self, case: str) -> None:
        print(
            f"{case}, {self.transport}: gap there {self.gap_there_s():.2f} s, "
            f"here {self.gap_here_s():.2f} s, lock {' '.join(self.signs())}"
        )

    def signs(self) -> list[str]:
        """Signs of the lock as they changed, in order."""
        states = [str(call.lock.state) for call in self.phone.locks(self.call)]
        return [sign for sign, _ in itertools.groupby(states)]


async def each_transport(
    folder: Path,
    authority: Authority,
    case: Callable[[Place], Awaitable[None]],
    answered: bool = True,
) -> None:
    """Play a case over UDP, TCP and TLS at once, with a call that is up or rings."""

    async def play(number: int, transport: Transport) -> None:
        async with Parts() as machines, Parts() as parts:
            home = folder / transport.value
            home.mkdir()
            place = Place(number, transport, home)
            await place.start(authority, machines, parts)
            await place.register(
                authority, f"{place.server}:{place.party.server.port}", place.server
            )
            await (place.place_call() if answered else place.ring())
            await case(place)
            if answered:
                place.report(case.__name__)

    results = await asyncio.gather(
        *(play(number, transport) for number, transport in enumerate(Transport, 1)),
        return_exceptions=True,
    )
    failures = [one for one in results if isinstance(one, BaseException)]
    if failures:
        raise BaseExceptionGroup("a case failed", failures)
