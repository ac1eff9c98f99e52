"""Mutated SIP for a real engine and worker, over a TLS connection.

    python -m tests.fuzz.worker --seed 1 --count 20000

A message's content and change follow from the seed and its number. A finding
ends the run with the numbers of the messages in question; their bytes and
the engine's log are then in `tests/artefacts/fuzz/worker`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.fuzz.peer import Mutator, Peer
from tests.support import disks
from tests.support.peers import sip
from tests.support.peers.hostile import Sinks, own_host
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.processes import until_at_rest
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protocol.accounts import RegisterAccount
from voip.protocol.calls import AnswerCall, CallEvent, HangUp, Hold, Resume

_ARTEFACTS = Path(__file__).parent.parent / "artefacts" / "fuzz" / "worker"
_BATCH = 40
_PING_S = 3.0
_SILENCE_S = 40.0
_REST_S = 15.0
"""Half of the time that PJSIP keeps a connection which has ended."""

_STATUS_S = 20.0
_WAIT_S = 5.0


class Finding(Exception):
    """Fault that appeared after the last messages."""


class SceneOver(Exception):
    """Raised when a scene's call is not, or no longer, in the state it needs."""


class Campaign:
    """One phone, registered with one peer that misbehaves.

    `dropped` counts reconnections: a message with a false length had swallowed
    the next one. `most_cpu_s` is the workers' processor time for their costliest scene.
    """

    def __init__(self, phone: Phone, peer: Peer, sinks: Sinks) -> None:
        self.dropped = 0
        self.scenes: dict[str, int] = {}
        self.most_cpu_s = 0.0
        self._phone = phone
        self._peer = peer
        self._sinks = sinks
        self._mutator = peer.mutator
        self._pids: list[int] = []
        self._cpu_s = 0.0

    async def start(self, authority: Path) -> None:
        await self._peer.start()
        await self._phone.add_secure("alice", self._peer.host, self._peer.server.port, authority)
        await self._phone.until_registered("alice")
        self._pids = self._phone.worker_pids()
        self._cpu_s = _cpu_s(self._pids)

    async def run(self, count: int, said: Callable[[str], None]) -> None:
        """Send `count` mutations.

        Raises:
            Finding: with the numbers of the messages that may be its cause.
        """
        scenes: tuple[Callable[[random.Random], Awaitable[None]], ...] = (
            self._idle, self._registering, self._calling, self._called, self._talking,
            self._talking,
        )  # fmt: skip
        first = 1
        while self._mutator.number < count:
            # By the count of messages, a scene that cannot begin would come again and again.
            rng = random.Random(f"scene-{self._mutator.seed}-{sum(self.scenes.values())}")
            scene = rng.choice(scenes)
            # A message may have ended the call.
            with contextlib.suppress(CommandFailed, SceneOver):
                await scene(rng)
            name = scene.__name__.strip("_")
            self.scenes[name] = self.scenes.get(name, 0) + 1
            try:
                await self._settle()
            except (Finding, AssertionError, OSError) as error:
                numbers = f"{first} to {self._mutator.number}"
                raise Finding(
                    f"seed {self._mutator.seed}, messages {numbers} ({name}): {error}"
                ) from error
            if self._mutator.number // 500 > first // 500:
                said(f"{self._mutator.number} sent, {self.dropped} connections made anew")
            first = self._mutator.number + 1

    # Scenes

    async def _idle(self, rng: random.Random) -> None:
        """Requests outside any dialog."""
        for _ in range(_BATCH):
            self._peer.disturb(in_dialog=False)
            await asyncio.sleep(0)

    async def _registering(self, rng: random.Random) -> None:
        """Wrong answers to REGISTER."""
        self._peer.spoils = frozenset({"REGISTER"})
        for _ in range(_BATCH // 4):
            self._peer.registers.clear()
            await self._phone.client.ask(RegisterAccount("alice"))
            try:
                await asyncio.wait_for(self._peer.registers.wait(), _WAIT_S)
            except TimeoutError:
                # An answer that was not understood keeps the REGISTER before open.
                raise SceneOver("no REGISTER came") from None
            if not await self._peer.answers_ping(_PING_S):
                return

    async def _calling(self, rng: random.Random) -> None:
        """Wrong answers to a call of the phone, and wrong requests inside it."""
        invite = await self._placed()
        for _ in range(rng.randint(1, 6)):
            self._peer.disturb_answer(invite)
        if rng.random() < 0.8:
            self._peer.answers()
        else:
            self._peer.refuses()
        await self._disturb_call(_BATCH // 2)

    async def _called(self, rng: random.Random) -> None:
        """Wrong requests inside a call to the phone, before and after its answer."""
        ringing = await self._rings()
        for _ in range(rng.randint(0, 6)):
            self._peer.disturb(in_dialog=True)
        await self._phone.client.ask(AnswerCall(ringing))
        await self._disturb_call(_BATCH // 2)

    async def _talking(self, rng: random.Random) -> None:
        """Wrong requests and answers to hold and resume, inside an SRTP call."""
        if rng.random() < 0.5:
            await self._placed()
            self._peer.answers()
        else:
            await self._phone.client.ask(AnswerCall(await self._rings()))
        call = await self._active()
        self._peer.spoils = frozenset({"INVITE", "UPDATE", "BYE"})
        for command in (Hold(call), Resume(call)):
            await self._phone.client.ask(command)
            await self._disturb_call(_BATCH // 2)

    async def _disturb_call(self, count: int) -> None:
        for _ in range(count):
            self._peer.disturb(in_dialog=True)
            # Without a pause the readers of this loop would not run between messages.
            await asyncio.sleep(0.002)

    async def _placed(self) -> sip.Message:
        self._peer.forget()
        await self._phone.call("bob")
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            if self._peer.dialog is not None and self._peer.dialog.invite is not None:
                return self._peer.dialog.invite
            await asyncio.sleep(0.01)
        raise SceneOver("no INVITE came")

    async def _rings(self) -> str:
        self._peer.calls()
        return await self._call_in(CallState.INCOMING)

    async def _active(self) -> str:
        return await self._call_in(CallState.ACTIVE)

    async def _call_in(self, state: CallState) -> str:
        """The call that is in `state`.

        Raises:
            SceneOver: none is, and none will be.
        """
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            status = await asyncio.wait_for(self._phone.status(), _STATUS_S)
            for call in status.calls:
                if call.state is state:
                    return call.id
            await asyncio.sleep(0.02)
        raise SceneOver(state)

    # Checks

    async def _settle(self) -> None:
        self._peer.spoils = frozenset()
        if not await self._peer.answers_ping(_PING_S):
            await self._connect_again()
        if self._phone.worker_pids() != self._pids:
            raise Finding("a worker died")
        status = await asyncio.wait_for(self._phone.status(), _STATUS_S)
        for call in status.calls:
            with contextlib.suppress(CommandFailed):
                await self._phone.client.ask(HangUp(call.id))
        calls = {e.event.call.id for e in self._phone.events if isinstance(e.event, CallEvent)}
        for number in calls:
            self._phone.check_lock_evidence(number)
        self._phone.events.clear()
        if leaks := self._sinks.received():
            raise Finding(f"in the clear: {leaks}")
        try:
            await until_at_rest(self._pids, _REST_S)
        except TimeoutError:
            raise Finding("a worker computes without a pause") from None
        spent = _cpu_s(self._pids)
        self.most_cpu_s = max(self.most_cpu_s, spent - self._cpu_s)
        self._cpu_s = spent

    async def _connect_again(self) -> None:
        self.dropped += 1
        until = time.monotonic() + _SILENCE_S
        while time.monotonic() < until:
            if self._phone.worker_pids() != self._pids:
                raise Finding("a worker died")
            self._peer.drop()
            with contextlib.suppress(CommandFailed):
                await self._phone.client.ask(RegisterAccount("alice"))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._peer.connected.wait(), _WAIT_S)
            if await self._peer.answers_ping(_PING_S):
                return
        raise Finding("the worker answers no more")


def _cpu_s(pids: list[int]) -> float:
    """Processor time of the processes in seconds, user and system."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def campaign(
    folder: Path, seed: int, count: int, said: Callable[[str], None] = lambda _: None
) -> Campaign:
    """Run a campaign in `folder`, a folder with a short name.

    Raises:
        Finding: the messages and the engine's log are kept.
    """
    host = own_host()
    authority = Authority(folder / "pki")
    mutator = Mutator(seed)
    peer = Peer(host, authority.issue("good", addresses=[host]), mutator)
    phone = Phone(folder / "p", "null")
    # A message may send the phone to 5061 of its server, by TLS.
    sinks = Sinks(host, (5060,))
    await phone.start()
    run = Campaign(phone, peer, sinks)
    try:
        await run.start(authority.file)
        await run.run(count, said)
    except Finding as finding:
        _keep(mutator, phone.log, str(finding))
        raise
    finally:
        with contextlib.suppress(AssertionError, OSError):
            await phone.stop()
        await peer.stop()
        sinks.close()
    return run


def _keep(mutator: Mutator, log: str, words: str) -> None:
    folder = _ARTEFACTS / f"seed-{mutator.seed}-at-{mutator.number}"
    folder.mkdir(parents=True, exist_ok=True)
    for place, (number, data) in enumerate(mutator.sent):
        (folder / f"{place:03}-message-{number}.sip").write_bytes(data)
    (folder / "finding.txt").write_text(f"{words}\n\n{log[-20000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Send mutated SIP to a worker.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20000)
    given = parser.parse_args()
    started = time.monotonic()

    def report(words: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {words}", flush=True)

    with disks.short() as folder:
        try:
            run = asyncio.run(campaign(Path(folder), given.seed, given.count, report))
        except Finding as finding:
            report(f"finding: {finding}; see {_ARTEFACTS}")
            sys.exit(1)
    report(f"{given.count} sent without a finding; scenes: {run.scenes}")
    report(f"at most {run.most_cpu_s:.2f} s of processor time for a scene")


if __name__ == "__main__":
    main()
