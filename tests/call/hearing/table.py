"""One phone with a microphone and a speaker, and parties with a tone each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.support.media.pulse import RATE, Ear, Pulse
from tests.support.media.sound import FAR, NEAR, tail
from tests.support.media.voice import Frame, steady, tones_in
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState, Conference
from voip.protection import Transport
from voip.protocol.calls import HangUp, JoinCalls

ME = "me"
TONES = {ME: 500, **{name: 900 + 250 * place for place, name in enumerate("abcdefgh")}}
"""Hertz of the person and of each party."""

_PEAK = 2500  # of 32767: all of them fit
_LATELY_S = 0.12
_LATELY = int(_LATELY_S * RATE)
_STEADY_S = 0.3
_PATIENCE_S = 20

Heard = dict[str, frozenset[str]]

Sides = tuple[frozenset[str], frozenset[str]]
"""Names on the near side of a recording, and on the far side."""


class Table:
    """A phone, an account of it for each party, and their calls by the party's name."""

    def __init__(self, phone: Phone, pulse: Pulse, ear: Ear, authority: Authority) -> None:
        self.phone = phone
        self._pulse = pulse
        self._ear = ear
        self._authority = authority
        self.parties: dict[str, Party] = {}
        self.calls: dict[str, str] = {}

    async def start(self) -> None:
        """Speak without a pause, not too loud."""
        await self._pulse.ask("load-module", "module-sine", "sink=mic", f"frequency={TONES[ME]}")
        await self._pulse.ask("set-sink-volume", "mic", "50%")

    async def stop(self) -> None:
        for call in self.calls.values():
            if any(now.id == call for now in (await self.phone.status()).calls):
                await self.phone.client.ask(HangUp(call=call))
            await self.phone.until_logged(call)
        for who, party in self.parties.items():
            if who in self.calls:
                await party.leave()
            await party.stop()

    async def invite(self, transport: Transport, *names: str) -> None:
        """Register an account of the phone with each party."""
        for name in names:
            host = own_host()
            leaf = self._authority.issue(f"party-{name}", addresses=[host])
            party = Party(host, transport, leaf, TONES[name], tuple(TONES.values()))
            party.peak = _PEAK
            self.parties[name] = party
            await party.start()
            secure = {"ca_file": str(self._authority.file)} if transport is Transport.TLS else {}
            await self.phone.add(
                name, password="secret", user=f"user-{name}", domain=DOMAIN,
                server=f"{host}:{party.server.port}", transport=transport.value, **secure,
            )  # fmt: skip
            await self.phone.until_registered(name)

    async def call(self, *names: str) -> None:
        """Call parties one after the other; the calls before are held."""
        for name in names:
            placing = asyncio.create_task(self.phone.call("party", account=name))
            await self.parties[name].take()
            self.calls[name] = await placing
            await self.phone.until_state(self.calls[name], CallState.ACTIVE)

    async def join(self, *names: str) -> None:
        await self.phone.client.ask(JoinCalls(calls=tuple(self.calls[name] for name in names)))

    async def now(self, name: str) -> Call:
        calls = (await self.phone.status()).calls
        return next(call for call in calls if call.id == self.calls[name])

    async def conference(self) -> Conference:
        (found,) = (await self.phone.status()).conferences
        return found

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, by the speaker's clock."""
        await self._ear.hear(seconds)

    async def files_hear(self, wanted: Mapping[Path, Sides]) -> None:
        """Wait until files grow, and have these names on each side of what is new."""
        found: dict[Path, Sides] = {}
        sizes = {file: file.stat().st_size for file in wanted}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while found != wanted:
                    await self._ear.hear(0.05)
                    if any(file.stat().st_size == sizes[file] for file in wanted):
                        continue
                    found = {file: (_on(file, NEAR), _on(file, FAR)) for file in wanted}
        except TimeoutError:
            raise AssertionError(f"the files have {found} instead of {wanted}") from None

    # Hearing

    async def hear(self, *rooms: str, silent: str = "") -> None:
        """Wait until those in a room hear each other and no one else, and it stays so.

        A room is the names of those in it; nobody hears those that are `silent`.

        Raises:
            AssertionError: somebody hears others, or not all of them.
        """
        wanted: Heard = {name: frozenset() for name in (ME, *self.calls)}
        for room in map(str.split, rooms):
            for name in room:
                wanted[name] = frozenset(room) - {name, *silent.split()}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while self._heard_lately() != wanted:
                    await self._ear.hear(0.02)
        except TimeoutError:
            raise AssertionError(f"heard {self._heard_lately()} instead of {wanted}") from None
        since, position = time.time_ns(), self._ear.position
        await self._ear.hear(_STEADY_S)
        heard = {name: _names(steady(self._frames_since(name, since))) for name in self.calls}
        heard[ME] = self._speaker(position)
        much = {name: found - wanted[name] for name, found in heard.items() if found - wanted[name]}
        assert not much, f"heard {much} beside {wanted}"

    def check_encrypted(self) -> None:
        """Check that every packet was encrypted, wherever it has to be."""
        for name in self.calls:
            party = self.parties[name]
            secure = party.transport is Transport.TLS
            assert party.voice.clear == 0, f"{party.voice.clear} packets were not encrypted"
            assert party.profiles == {"RTP/SAVP" if secure else "RTP/AVP"}, party.profiles

    def _heard_lately(self) -> Heard:
        since = time.time_ns() - int(_LATELY_S * 1e9)
        heard = {name: self._tones_since(name, since) for name in self.calls}
        return heard | {ME: self._speaker(self._ear.position - _LATELY)}

    def _tones_since(self, name: str, since: int) -> frozenset[str]:
        return _names(*(frame.tones for frame in self._frames_since(name, since)))

    def _frames_since(self, name: str, since: int) -> list[Frame]:
        frames = self.parties[name].voice.frames
        return [frame for frame in frames[-50:] if frame.at >= since]

    def _speaker(self, since: int) -> frozenset[str]:
        samples = self._ear.tail(max(since, self._ear.position - _LATELY)).astype(np.float64)
        return _names(tones_in(samples[-_LATELY:] / 32768, RATE, tuple(TONES.values())))


def _names(*heard: frozenset[int]) -> frozenset[str]:
    every = frozenset[int]().union(*heard)
    return frozenset(name for name, hertz in TONES.items() if hertz in every)


def _on(recording: Path, side: int) -> frozenset[str]:
    """Those who are heard at the end of a recording's side."""
    samples, rate = tail(recording, _LATELY_S, side)
    return _names(tones_in(samples / 32768, rate, tuple(TONES.values())))


async def sit_down(phone: Phone, pulse: Pulse, ear: Ear, place: Path) -> Table:
    """A table at which the person speaks already."""
    table = Table(phone, pulse, ear, Authority(place / "table-pki"))
    await table.start()
    return table
