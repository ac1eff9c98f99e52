"""One phone with a microphone and a speaker, two far ends, and hearing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.support.media.pulse import RATE, Ear, Pulse
from tests.support.media.voice import Frame, steady, tones_in
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from voip.model import Call, CallState
from voip.protection import Transport
from voip.protocol.calls import CallEvent, HangUp, Hold, Mute, Play, Resume

MICROPHONE, FILE, FIRST, SECOND = 500, 700, 900, 1100
"""Hertz: the person, the played file, the two far ends."""

TONES = (MICROPHONE, FILE, FIRST, SECOND)

_LATELY_S = 0.12
_LATELY = int(_LATELY_S * RATE)
_STEADY_S = 0.24
_PATIENCE_S = 20

Nothing: frozenset[int] = frozenset()


@dataclass
class Wish:
    """Model of the wishes of user and far ends that the phone must follow.

    `speaks` names the call that has the person, `held` the calls that the
    user put on hold, or that lost the person to another.
    """

    speaks: str | None = "a"
    held: set[str] = field(default_factory=set)
    held_there: bool = False
    muted: bool = False
    playing: bool = False
    second: bool = False

    def hears(self, who: str) -> frozenset[int]:
        """Known tones that a far end must hear, and no others."""
        if who in self.held:
            return Nothing
        if who == "b":
            return frozenset({MICROPHONE}) if self.speaks == "b" else Nothing
        if self.held_there or self.muted:
            return Nothing
        if self.playing:
            return frozenset({FILE})
        return frozenset({MICROPHONE}) if self.speaks == "a" else Nothing

    def person_hears(self) -> frozenset[int]:
        """Tones that the speaker must play."""
        heard = set()
        if "a" not in self.held and not self.held_there and (self.speaks == "a" or self.playing):
            heard.add(FIRST)
        if self.speaks == "b":
            heard.add(SECOND)
        return frozenset(heard)


class Lane:
    """Phone and far ends on which one order of events is played."""

    def __init__(
        self, phone: Phone, pulse: Pulse, ear: Ear, first: Party, second: Party, file: Path
    ) -> None:
        self._phone = phone
        self._pulse = pulse
        self._ear = ear
        self._path = file
        self.parties = {"a": first, "b": second}
        self._calls: dict[str, str] = {}
        self._wish = Wish()
        self._moves = 0
        self._last = "a"

    async def start(self, authority: Path) -> None:
        """Register the two accounts, and start to speak without a pause."""
        await self._pulse.ask("load-module", "module-sine", "sink=mic", f"frequency={MICROPHONE}")
        for name, party in self.parties.items():
            await party.start()
            fields: dict[str, object] = {"transport": party.transport.value}
            if party.transport is Transport.TLS:
                fields["ca_file"] = str(authority)
            await self._phone.add(
                name, password="secret", user=f"user-{name}", domain=DOMAIN,
                server=f"{party.server.host}:{party.server.port}", **fields,
            )  # fmt: skip
            await self._phone.until_registered(name)

    async def play(self, events: tuple[str, ...]) -> None:
        """Play one order of events on new calls, listening after each.

        Raises:
            AssertionError: somebody heard what they must not, or did not hear
            what they must; the order is named.
        """
        self._wish, self._calls, self._moves, self._last = Wish(), {}, 0, "a"
        since = len(self._phone.events)
        try:
            await self._begin("a")
            await self._listen()
            for event in events:
                await getattr(self, f"_{event}")()
                await self._listen()
            self._check_the_whole(since)
        except AssertionError as error:
            kinds = "/".join(party.transport.value for party in self.parties.values())
            raise AssertionError(f"{' -> '.join(events)} over {kinds}: {error}") from error
        finally:
            await self._end()

    # Events

    async def _hold(self) -> None:
        await self._ask_for_hold(wait=True)

    async def _refused(self) -> None:
        party = self.parties["a"]
        party.refusals = [488 if self._moves % 2 else 500]
        await self._ask_for_hold(wait=False)
        party.refusals = []

    async def _late(self) -> None:
        party = self.parties["a"]
        if "a" in self._wish.held:
            return
        party.delays = True
        await self._ask_for_hold(wait=False)
        await party.asked()
        await self._listen()
        await party.agree()
        await self._until(lambda call: call.hold_agreed is True)

    async def _resume(self) -> None:
        if "a" not in self._wish.held:
            return
        await self._phone.client.ask(Resume(call=self._calls["a"]))
        self._speaks("a")
        await self._until(lambda call: call.state is not CallState.HELD)

    async def _hold_there(self) -> None:
        await self.parties["a"].hold(True)
        self._wish.held_there = True

    async def _resume_there(self) -> None:
        await self.parties["a"].hold(False)
        self._wish.held_there = False

    async def _mute(self) -> None:
        await self._phone.client.ask(Mute(call=self._calls["a"]))
        self._wish.muted = True

    async def _file(self) -> None:
        await self._phone.client.ask(Play(call=self._calls["a"], path=str(self._path)))
        self._wish.playing = True

    async def _second(self) -> None:
        await self._begin("b")
        self._wish.second = True
        self._speaks("b")

    def _speaks(self, who: str) -> None:
        wish = self._wish
        # A file goes on without the person.
        goes_on = wish.speaks == "a" and wish.playing
        if wish.speaks is not None and wish.speaks != who and not goes_on:
            wish.held.add(wish.speaks)
        if self._last != who:
            self._last = who
            self._moves += 1
        wish.held.discard(who)
        wish.speaks = who

    async def _ask_for_hold(self, wait: bool) -> None:
        if "a" in self._wish.held:
            return
        refused = bool(self.parties["a"].refusals)
        since = len(self._phone.events)
        await self._phone.client.ask(Hold(call=self._calls["a"], wait=wait))
        self._wish.held.add("a")
        if self._wish.speaks == "a":
            self._wish.speaks = None
        if refused:
            await self._until(lambda call: call.hold_agreed is False, since)
        await self._until(lambda call: call.state is CallState.HELD, since)

    async def _until(self, condition: object, since: int | None = None) -> None:
        assert callable(condition)
        call_id = self._calls["a"]
        position = len(self._phone.events) if since is None else since
        status = await self._phone.status()
        if any(call.id == call_id and condition(call) for call in status.calls):
            return
        await self._phone.until_call(lambda call: call.id == call_id and condition(call), position)

    async def _begin(self, who: str) -> None:
        placing = asyncio.create_task(self._phone.call("party", account=who))
        await self.parties[who].take()
        self._calls[who] = await placing
        await self._phone.until_state(self._calls[who], CallState.ACTIVE)

    async def _end(self) -> None:
        for call in self._calls.values():
            await self._phone.client.ask(HangUp(call=call))
            await self._phone.until_logged(call)
        for who in self._calls:
            await self.parties[who].leave()

    async def _listen(self) -> None:
        """Wait until all is as it must be, then see that it stays so."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while self._heard_lately() != self._expected():
                    await self._ear.hear(0.02)
        except TimeoutError:
            raise AssertionError(
                f"heard {self._heard_lately()} instead of {self._expected()}: {self._wish}"
            ) from None
        since = time.time_ns()
        position = self._ear.position
        await self._ear.hear(_STEADY_S)
        heard = {who: steady(self._frames_since(who, since)) for who in self._calls}
        heard["person"] = self._speaker(position)
        # A busy machine may drop a packet; one too many is an error.
        expected = self._expected()
        much = {who: tones - expected[who] for who, tones in heard.items() if tones - expected[who]}
        assert not much, f"heard {much} beside {expected}: {self._wish}"

    def _expected(self) -> dict[str, frozenset[int]]:
        expected = {who: self._wish.hears(who) for who in self._calls}
        return expected | {"person": self._wish.person_hears()}

    def _heard_lately(self) -> dict[str, frozenset[int]]:
        since = time.time_ns() - int(_LATELY_S * 1e9)
        heard = {who: self._tones_since(who, since) for who in self._calls}
        return heard | {"person": self._speaker(self._ear.position - _LATELY)}

    def _tones_since(self, who: str, since: int) -> frozenset[int]:
        return Nothing.union(*(frame.tones for frame in self._frames_since(who, since)))

    def _frames_since(self, who: str, since: int) -> list[Frame]:
        frames = self.parties[who].voice.frames
        return [frame for frame in frames[-50:] if frame.at >= since]

    def _speaker(self, since: int) -> frozenset[int]:
        # One length at all times; the speaker's sound comes a moment after the packets.
        samples = self._ear.tail(max(since, self._ear.position - _LATELY)).astype(np.float64)
        return tones_in(samples[-_LATELY:] / 32768, RATE, TONES)

    def _check_the_whole(self, since: int) -> None:
        turns = self._turns()
        assert len(turns) <= 1 + self._moves, f"the microphone went to and fro: {turns}"
        for who, call in self._calls.items():
            party = self.parties[who]
            secure = party.transport is Transport.TLS
            assert party.voice.clear == 0, f"{party.voice.clear} packets were not encrypted"
            assert party.profiles == {"RTP/SAVP" if secure else "RTP/AVP"}, party.profiles
            self._phone.check_lock_evidence(call)
            if secure:
                self._check_lock_stays_closed(call, since)

    def _turns(self) -> list[str]:
        """Far ends that heard the microphone, in order, by the kernel's clock."""
        said: list[tuple[Frame, str]] = [
            (frame, who)
            for who in self._calls
            for frame in self.parties[who].voice.frames
            if MICROPHONE in frame.tones
        ]
        order = [who for _, who in sorted(said, key=lambda pair: pair[0].at)]
        return [who for who, before in zip(order, [None, *order], strict=False) if who != before]

    def _check_lock_stays_closed(self, call: str, since: int) -> None:
        shown: list[Call] = [
            e.event.call
            for e in self._phone.events[since:]
            if isinstance(e.event, CallEvent) and e.event.call.id == call
        ]
        locks = [call.lock.closed for call in shown if call.state.answered]
        assert True in locks, "the lock never closed"
        opened = locks[locks.index(True) :].count(False)
        assert opened == 0, "the lock opened while all held"
