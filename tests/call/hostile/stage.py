"""The stage of every case in this folder, with the checks after each."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.network import wire
from tests.support.network.wire import Wire
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import Behaviour, HostileServer, Sinks, registrar
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.client.errors import CommandFailed
from voip.model import AccountStatus, Call, CallState, LogEntry, Outcome
from voip.protocol.accounts import RemoveAccount
from voip.protocol.calls import AnswerCall, CallEvent, HangUp, LogEvent, Play

MALLORY = '"Mallory" <sip:m@evil.test>'
"""Caller where a case does not name another."""

_NUMBERS = itertools.count(1)


@dataclass
class Ground:
    """One phone that survives all cases, and its surroundings.

    `host` and `elsewhere` are addresses that no other test uses. An account of
    the phone is at `home` all the time, and no case may disturb it.
    """

    folder: Path
    phone: Phone
    host: str
    elsewhere: str
    authority: Authority
    wire: Wire
    speech: Path
    good: Leaf
    home: HostileServer
    sinks: tuple[Sinks, ...]

    async def start(self) -> None:
        await self.home.start()
        await self.phone.start()
        await self.phone.add_secure("resident", self.host, self.home.port, self.authority.file)
        await self.phone.until_registered("resident")

    def check_sinks(self) -> None:
        received = [got for sinks in self.sinks for got in sinks.received()]
        assert not received, received

    def close_sinks(self) -> None:
        for sinks in self.sinks:
            sinks.close()


@dataclass
class Stage:
    """One case: an account of its own, servers that misbehave, and sinks.

    `lock_may_close`: the case has an encrypted call.
    """

    ground: Ground
    lock_may_close: bool = False
    servers: list[HostileServer] = field(default_factory=list)
    far_ends: list[FarEnd] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = f"case-{next(_NUMBERS)}"
        self.phone = self.ground.phone
        self.host = self.ground.host
        self.authority = self.ground.authority
        self.sinks = Sinks(self.host, ports=())
        self.since = len(self.phone.events)
        self._engine = self.phone.process
        self._workers = self.phone.worker_pids()

    # Parts of a case

    async def serve(
        self, behaviour: Behaviour = registrar, leaf: Leaf | None = None, **options: Any
    ) -> HostileServer:
        """A server at `host`, with a good certificate where none is given."""
        server = HostileServer(self.host, behaviour, leaf or self.ground.good, **options)
        await self.run(server)
        return server

    async def run(self, server: HostileServer) -> None:
        await server.start()
        self.servers.append(server)

    async def add_account(self, server: str, **fields: Any) -> None:
        """Add a TLS account whose server is at host:port."""
        await self.phone.add(
            self.account,
            **{
                "password": f"secret-{self.account}",
                "user": "alice",
                "domain": DOMAIN,
                "server": server,
                "ca_file": str(self.authority.file),
            }
            | fields,
        )

    async def until_registered(self) -> AccountStatus:
        return await self.phone.until_registered(self.account, self.since)

    async def until_failed(self) -> AccountStatus:
        return await self.phone.until_failed(self.account, self.since)

    async def registered(self, behaviour: Behaviour = registrar, **fields: Any) -> HostileServer:
        """A server with a good certificate, and the account registered with it."""
        server = await self.serve(behaviour)
        await self.add_account(f"{self.host}:{server.port}", **fields)
        await self.until_registered()
        return server

    async def far_end(self, **fields: Any) -> FarEnd:
        """A far end with a good certificate, and the account registered with it."""
        far = FarEnd(self.host, self.ground.good)
        self.far_ends.append(far)
        await far.start()
        await self.add_account(f"{self.host}:{far.server.port}", **fields)
        await self.until_registered()
        return far

    async def call(self, target: str = "bob", **options: Any) -> str:
        """Place a call that speaks, so that a leak of its voice shows."""
        play = str(self.ground.speech)
        return await self.phone.call(target, account=self.account, play=play, **options)

    async def up(self, **fields: Any) -> tuple[FarEnd, str]:
        """A call answered properly by a far end, with its lock closed."""
        self.lock_may_close = True
        far = await self.far_end(**fields)
        call = await self.call()
        await far.invited()
        far.answers()
        await self.phone.until_call(lambda c: c.id == call and c.lock.closed)
        return far, call

    async def rung(self, caller: str = "Mallory") -> str:
        """Wait for the incoming call."""
        call = await self.phone.until_call(
            lambda c: (
                c.account == self.account
                and c.remote.name == caller
                and c.state is CallState.INCOMING
            ),
            self.since,
        )
        return call.id

    async def answer(self, caller: str = "Mallory") -> str:
        """Answer the incoming call, and speak."""
        call = await self.rung(caller)
        await self.phone.client.ask(AnswerCall(call=call))
        # The call may be over by then, as in most cases.
        with contextlib.suppress(CommandFailed):
            await self.phone.client.ask(Play(call=call, path=str(self.ground.speech)))
        return call

    async def until_logged(self, call: str) -> LogEntry:
        return await self.phone.until_logged(call)

    async def until_refused(self) -> LogEntry:
        """Log row of a call that the phone refused."""
        event = await self.phone.until(
            LogEvent,
            lambda e: e.entry.account == self.account and e.entry.outcome is Outcome.REFUSED,
            self.since,
        )
        return event.entry

    # Checks after each case

    async def close(self) -> None:
        """End the case and check what no case may do.

        Nothing in the clear reached sinks or wire, the lock was always right,
        and no process died.
        """
        await self._leave()
        for server in self.servers:
            await server.stop()
        for far in self.far_ends:
            await far.stop()
        crossed = self.ground.wire.take()
        received = self.sinks.received()
        assert received == [], received
        self.ground.check_sinks()
        self.sinks.close()
        readable = wire.readable_sip(crossed)
        assert readable == [], readable
        alike = wire.likeness(crossed, self.ground.speech, self.ground.folder)
        assert not wire.is_alike(alike), f"speech crossed in the clear ({alike:.2f})"
        for state in self._states():
            self.phone.check_lock_evidence(state.id)
            assert self.lock_may_close or not state.lock.closed, state
        assert self.phone.process is self._engine
        assert self._engine is not None
        assert self._engine.returncode is None, "the engine died"
        assert self.phone.worker_pids() == self._workers, "a worker died"
        assert len(self.ground.home.connections) == 1, "another account lost its connection"

    async def _leave(self) -> None:
        status = await self.phone.status()
        for call in status.calls:
            await self.phone.client.ask(HangUp(call=call.id))
            await self.until_logged(call.id)
        if any(account.name == self.account for account in status.accounts):
            await self.phone.client.ask(RemoveAccount(name=self.account))

    def _states(self) -> list[Call]:
        events = self.phone.events[self.since :]
        return [e.event.call for e in events if isinstance(e.event, CallEvent)]
