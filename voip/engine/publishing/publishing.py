"""Publishes the user's own state for accounts that have it published.

The state is that of the account's calls and of the phone's do not disturb; it names
nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from voip.engine.calls.live import LiveCall
from voip.engine.hub import Hub
from voip.engine.publishing.publication import Publication, Request
from voip.engine.registration.live import Live
from voip.engine.registration.registrations import Registrations
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.lamps import LampState
from voip.model import CallState
from voip.model import Publication as Published
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.settings import Settings, SettingsEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.people import Publish, PublishEnded
from voip.sip.dialing import escape_user
from voip.sip.messages import pidf
from voip.sip.sentences import sentence

_LAST_ANSWER_S = 1.0
"""Longest wait for an answer that an account's removal needs: it has the newest tag."""


@dataclass
class _Line:
    """Account with its publication; `request` of `number` waits for its answer."""

    live: Live
    role: Role
    uri: str
    publication: Publication = field(default_factory=Publication)
    number: int = 0
    request: Request | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def may_send(self) -> bool:
        return self.request is None and self.live.is_registered and self.live.added


class Publishing:
    """Publications of all accounts, for as long as `run` does.

    `calls` are the current ones, `clock` counts seconds.
    """

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        registrations: Registrations,
        calls: Iterable[LiveCall],
        settings: Callable[[], Settings],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._registrations = registrations
        self._calls = calls
        self._settings = settings
        self._clock = clock
        # Phones of one user publish beside each other.
        self._tuple_id = f"t{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)
        self._lines: dict[str, _Line] = {}
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Publish what changes, as it changes, and refresh it."""
        self._hub.listen(self._on_news, levels=False)
        while True:
            self._news.clear()
            await self.refresh()
            wait_s = self._next_due() - self._clock()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if wait_s == math.inf else max(wait_s, 0.0)):
                    await self._news.wait()

    async def close(self) -> None:
        """Remove what is published, before the workers end."""
        self._hub.forget(self._on_news)
        lives = [line.live for line in self._lines.values()]
        await asyncio.gather(*map(self.leave, lives))

    async def leave(self, live: Live) -> None:
        """Remove the publication of an account that goes."""
        line = self._lines.get(live.name)
        if line is None or line.live is not live:
            return
        if line.request is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.idle.wait(), _LAST_ANSWER_S)
        self._lines.pop(live.name, None)
        if line.publication.entity_tag is not None:
            await self._send(line, LampState.UNKNOWN)

    async def refresh(self) -> None:
        """Follow the accounts, and send what is due."""
        for live in self._registrations:
            if _publishes(live) and self._line_of(live) is None:
                self._begin(live)
        for line in tuple(self._lines.values()):
            wanted = self._wanted(line)
            if not line.may_send:
                continue
            if line.publication.due_at(wanted) <= self._clock():
                await self._send(line, wanted)
            elif wanted is LampState.UNKNOWN and line.publication.entity_tag is None:
                self._end(line)

    def on_event(self, role: Role, event: PublishEnded) -> None:
        """Follow the answer to a request of this worker's."""
        line = self._lines.get(event.account)
        if line is None or (line.role, line.number) != (role, event.number):
            return
        self._answered(line, event)

    def on_worker_down(self, role: Role) -> None:
        """Publish anew by the next worker what this one has published."""
        for line in self._lines.values():
            if line.role is role:
                line.request = None
                line.publication.lost()
                self._show(line)

    # Inside

    def _on_news(self, numbered: NumberedEvent) -> None:
        if isinstance(numbered.event, CallEvent | AccountEvent | SettingsEvent):
            self._news.set()

    def _line_of(self, live: Live) -> _Line | None:
        line = self._lines.get(live.name)
        return line if line is not None and line.live is live else None

    def _begin(self, live: Live) -> None:
        account = live.account
        assert account is not None
        uri = f"sip:{escape_user(account.user)}@{account.ascii_domain}"
        line = self._lines[live.name] = _Line(live, live.role, uri)
        self._show(line)

    def _end(self, line: _Line) -> None:
        del self._lines[line.live.name]
        self._registrations.note_publication(line.live, None)

    def _wanted(self, line: _Line) -> LampState:
        account = line.live.account
        if account is None or not account.publish_state:
            return LampState.UNKNOWN
        if any(_is_in(call, line.live.name) for call in self._calls):
            return LampState.BUSY
        return LampState.DND if self._settings().calls.do_not_disturb else LampState.FREE

    def _next_due(self) -> float:
        return min(
            (
                line.publication.due_at(self._wanted(line))
                for line in self._lines.values()
                if line.may_send
            ),
            default=math.inf,
        )

    async def _send(self, line: _Line, wanted: LampState) -> None:
        request = line.request = line.publication.request(wanted, self._clock())
        number = line.number = next(self._numbers)
        line.idle.clear()
        body = pidf.write(line.uri, self._tuple_id, wanted) if request.has_body else ""
        command = Publish(
            number=number,
            account=line.live.name,
            uri=line.uri,
            expires_s=request.expires_s,
            entity_tag=request.entity_tag,
            body=body,
        )
        try:
            await self._workers[line.role].ask(command)
        except (WorkerGone, WorkerRefused):
            if line.request is request:
                self._answered(line, PublishEnded(number=number, account=line.live.name, code=0))

    def _answered(self, line: _Line, answer: PublishEnded) -> None:
        request, line.request = line.request, None
        if request is None:
            return
        line.publication.answered(request, answer, self._clock())
        line.idle.set()
        self._show(line)
        self._news.set()

    def _show(self, line: _Line) -> None:
        cause = line.publication.cause
        reason = sentence(cause) if cause else ""
        published = Published(line.publication.state, cause, reason)
        self._registrations.note_publication(line.live, published)


def _publishes(live: Live) -> bool:
    account = live.account
    return (
        account is not None
        and account.enabled
        and account.publish_state
        and live.added
        and live.is_registered
    )


def _is_in(call: LiveCall, account: str) -> bool:
    return call.account == account and call.state is not CallState.INCOMING
