"""A real worker with one account whose server has many dialogs with it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from tests.support.peers import sip
from tests.support.peers.hostile import own_host
from tests.support.peers.manycalls import Server
from tests.support.pki import Authority
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.engine.workers.processes import start_process
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.settings import Audio
from voip.protocol.worker.accounts import (
    AccountSetup,
    OpenAccount,
    RegisterNow,
    RegistrationEvent,
    Target,
    Trust,
)
from voip.protocol.worker.base import Role, WorkerReport
from voip.protocol.worker.calls import Answer, CallStateEvent, IncomingCall, Ring
from voip.protocol.worker.messages import AnswerText, TextReceived
from voip.protocol.worker.process import AnyWorkerCommand, AnyWorkerEvent, Configure, Ready

USER = "alice"
_AT_ONCE = 12
_PATIENCE_S = 30
_SHOWN = 8

_Event = TypeVar("_Event", bound=WorkerReport)


class Ground:
    """The worker and its server.

    `ends` lists why the worker's processes have ended: it must stay empty. `text_code`
    answers the texts that come, none while it is 0.
    """

    def __init__(self, folder: Path, transport: Transport) -> None:
        self.transport = transport
        self._authority = Authority(folder / transport.value)
        self.server = self._server()
        self.ends: list[str] = []
        self.events: list[AnyWorkerEvent] = []
        self._asking: set[asyncio.Task[None]] = set()
        self.text_code: int = 200
        self._lookers: list[Callable[[AnyWorkerEvent], None]] = []
        self._numbers = itertools.count(1)
        self._waiting = asyncio.Semaphore(_AT_ONCE)
        self.worker = Supervisor(
            self._configure, self._on_event, _nothing, self._on_down, start_process
        )

    async def start(self) -> None:
        await self.server.start()
        self.worker.start()
        await self.worker.wait_up()
        await self.add(self.server, USER)
        await self.worker.ask(RegisterNow(name=USER))
        await self.until(RegistrationEvent, lambda e: e.active)

    async def stop(self) -> None:
        await self.worker.stop()
        await self.server.stop()

    async def new_server(self) -> Server:
        """One more server, at an address of its own."""
        server = self._server()
        await server.start()
        return server

    async def add(self, server: Server, user: str, **fields: Any) -> None:
        """Add an account of the worker at a server, named like its user."""
        trust = None
        if self.transport is Transport.TLS:
            trust = Trust(ca_file=str(self._authority.file))
        where = f"{server.host}:{server.port}"
        await self.worker.ask(
            OpenAccount(
                account=AccountSetup(
                    name=user, user=user, domain="pbx.test", transport=self.transport,
                    server_name=server.host, target=Target(server.host, server.port),
                    instance="urn:uuid:1",
        registrar=where,
                    trust=trust, **fields,
                )
            )
        )  # fmt: skip

    async def until(
        self, kind: type[_Event], condition: Callable[[_Event], bool], since: int = 0
    ) -> _Event:
        """First event of `kind` after position `since` for which `condition` is true."""
        for event in self.events[since:]:
            if isinstance(event, kind) and condition(event):
                return event
        match: asyncio.Future[_Event] = asyncio.get_running_loop().create_future()

        def look(event: AnyWorkerEvent) -> None:
            if isinstance(event, kind) and not match.done() and condition(event):
                match.set_result(event)

        self._lookers.append(look)
        try:
            return await asyncio.wait_for(match, _PATIENCE_S)
        except TimeoutError:
            seen = "\n".join(str(event)[:300] for event in self.events[since:][-20:])
            raise AssertionError(f"not seen; {self.ends}; last were:\n{seen}") from None
        finally:
            self._lookers.remove(look)

    async def until_state(self, call: int, state: CallState) -> CallStateEvent:
        return await self.until(CallStateEvent, lambda e: e.call == call and e.state is state)

    def next_call(self) -> int:
        return next(self._numbers)

    async def each(self, cases: Iterable[Coroutine[Any, Any, None]]) -> int:
        """Play cases, some at once; return how many there were."""

        async def play(case: Coroutine[Any, Any, None]) -> None:
            async with self._waiting:
                await case

        results = await asyncio.gather(*map(play, cases), return_exceptions=True)
        failed = [f"{type(one).__name__}: {one}"[:500] for one in results if one is not None]
        assert self.ends == []
        assert failed == [], f"{len(failed)} of {len(results)}: {failed[:_SHOWN]}"
        return len(results)

    def _server(self) -> Server:
        host = own_host()
        return Server(host, self.transport, self._authority.issue(host, addresses=[host]))

    def _configure(self) -> Configure:
        secure = self.transport is Transport.TLS
        return Configure(
            role=Role.SECURE if secure else Role.OPEN,
            user_agent="Offhook",
            audio=Audio(),
            silent=True,
        )

    def _on_event(self, event: AnyWorkerEvent) -> None:
        self.events.append(event)
        if isinstance(event, IncomingCall):
            # The engine decides here whether to ring; in these tests every call rings.
            self._begin(Ring(call=event.call))
        if isinstance(event, TextReceived):
            # Nor is there an engine that keeps texts.
            self.answer_texts([event])
        for look in tuple(self._lookers):
            look(event)

    def answer_texts(self, texts: Iterable[TextReceived]) -> None:
        """Answer texts with `text_code`; not at all while it is 0."""
        for text in texts:
            if self.text_code:
                self._begin(AnswerText(number=text.number, code=self.text_code))

    def _begin(self, command: AnyWorkerCommand) -> None:
        task = asyncio.create_task(self._ask(command))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, command: AnyWorkerCommand) -> None:
        # The far end may be gone already, and at the end the worker too.
        with contextlib.suppress(WorkerRefused, WorkerGone):
            await self.worker.ask(command)

    def _on_down(self, reason: str) -> None:
        self.ends.append(reason)


async def _nothing(_: Ready) -> None:
    return


async def rings_and_is_taken(ground: Ground, dialog: sip.Dialog, since: int) -> int:
    """Wait until a call of the far end rings, answer it, return its number."""
    tag = dialog.sender.rpartition("=")[2]
    event = await ground.until(IncomingCall, lambda e: e.remote.endswith(f"={tag}"), since)
    await ground.worker.ask(Answer(call=event.call))
    return event.call
