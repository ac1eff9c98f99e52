"""Local secure test line: a worker of its own, and an account to call it.

A new user has no SIP account. The line is a second worker on loopback with a temporary
certificate authority; calls to it take the same path as any other.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.engine.workers.processes import StartProcess
from voip.protection import Transport
from voip.protocol.phone import EchoEvent, NoticeEvent
from voip.protocol.settings import Audio
from voip.protocol.worker.accounts import (
    AccountSetup,
    CloseAccount,
    OpenAccount,
    Target,
    Trust,
)
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerEvent, Configure, Ready
from voip.sip.dialing import ECHO

if TYPE_CHECKING:
    from voip.engine.trust.authority import Identity

log = logging.getLogger(__name__)

ACCOUNT = "echo"
"""Account name of calls to the line."""

_JITTER_MS = 40


class Echo:
    """Starts and stops the line; `folder` holds its certificates until then."""

    def __init__(
        self,
        hub: Hub,
        folder: Path,
        user_agent: str,
        secure: Supervisor,
        start_process: StartProcess,
    ) -> None:
        self._hub = hub
        self._folder = folder
        self._user_agent = user_agent
        self._secure = secure
        self._identity: Identity | None = None
        self._account_pid: int | None = None
        self._starting = asyncio.Lock()
        self.uri: str | None = None
        self.worker = Supervisor(
            self._configure, self._on_event, self._on_up, self._on_down, start_process
        )

    async def start(self) -> str:
        """Start the line if it is not up, and return its URI.

        Raises:
            Refusal: it could not be started.
        """
        from voip.engine.trust import authority  # slow to load, and of use to this line alone

        async with self._starting:
            if self._identity is None:
                try:
                    self._identity = authority.make(self._folder)
                except OSError as error:
                    raise Refusal("echo", f"the echo line has no place: {error}") from error
            self.worker.start()
            self._secure.start()
            try:
                ready = await self.worker.wait_up()
                await self._secure.wait_up()
                await self._introduce(ready, self._identity)
            except (WorkerGone, WorkerRefused) as error:
                raise Refusal("echo", f"the echo line could not be started: {error}") from error
            return f"sip:{ECHO}@127.0.0.1:{ready.listening}"

    async def stop(self) -> None:
        """Stop the line and remove its authority."""
        await self.worker.stop()
        if self._account_pid is not None and self._account_pid == self._secure.pid:
            try:
                await self._secure.ask(CloseAccount(name=ACCOUNT))
            except (WorkerGone, WorkerRefused) as error:
                log.info("echo line: %s", error)
        self._account_pid = None
        self._identity = None
        shutil.rmtree(self._folder, ignore_errors=True)
        self._set_uri(None)

    async def _introduce(self, ready: Ready, identity: Identity) -> None:
        if ready.listening is None:
            raise Refusal("echo", "the echo line does not listen")
        # An account of its own gives the caller a TLS transport of its own: no other
        # call can trust the line's authority.
        uri = f"sip:{ECHO}@127.0.0.1:{ready.listening}"
        if self._account_pid == self._secure.pid and self.uri == uri:
            return
        if self._account_pid is not None and self._account_pid == self._secure.pid:
            await self._secure.ask(CloseAccount(name=ACCOUNT))
        setup = AccountSetup(
            name=ACCOUNT,
            user="you",
            domain="127.0.0.1",
            instance="urn:uuid:00000000-0000-4000-8000-000000000000",
            transport=Transport.TLS,
            server_name="127.0.0.1",
            target=Target("127.0.0.1", ready.listening),
            registrar="",
            register=False,
            trust=Trust(ca_file=str(identity.authority)),
        )
        await self._secure.ask(OpenAccount(account=setup))
        self._account_pid = self._secure.pid
        self._set_uri(uri)

    def _configure(self) -> Configure:
        if self._identity is None:
            raise RuntimeError("the echo line starts after its authority is made")
        return Configure(
            role=Role.ECHO,
            user_agent=self._user_agent,
            audio=Audio(jitter_ms=_JITTER_MS),
            silent=True,
            certificate=str(self._identity.certificate),
            key=str(self._identity.key),
        )

    def _on_event(self, event: AnyWorkerEvent) -> None:
        # The far end of a test call is not the user's: its events are ignored.
        del event

    async def _on_up(self, ready: Ready) -> None:
        del ready

    def _on_down(self, reason: str) -> None:
        self._set_uri(None)
        self._hub.publish(NoticeEvent(level="warning", text=f"the echo line ended: {reason}"))

    def _set_uri(self, uri: str | None) -> None:
        if uri != self.uri:
            self.uri = uri
            self._hub.publish(EchoEvent(uri=uri))
