"""Engine: connects its parts, starts them and stops them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain, repeat

from voip import __version__
from voip import paths as places
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.instances import Instances
from voip.engine.accounts.own_keys import OwnKeys
from voip.engine.accounts.secrets import Passwords
from voip.engine.calls.book import CallBook
from voip.engine.calls.comparisons import Comparisons
from voip.engine.calls.echo import Echo
from voip.engine.calls.elsewhere.moves import Moves
from voip.engine.calls.microphone_trial import MicrophoneTrial
from voip.engine.calls.reports import CallEvents
from voip.engine.calls.requests import Calls
from voip.engine.calls.text.kept import KeptTexts
from voip.engine.desktop.music import Music
from voip.engine.files import settings
from voip.engine.files.settings_file import SettingsFile
from voip.engine.files.watched import Watched
from voip.engine.history.imports import Imports
from voip.engine.history.log import History
from voip.engine.history.reader import HistoryReader
from voip.engine.history.undo import Deletions
from voip.engine.hub import Hub
from voip.engine.messages.texts import Texts
from voip.engine.network.connections import Connections
from voip.engine.network.hops import Hops
from voip.engine.network.locator import Locator
from voip.engine.network.resolver import Names, Resolver
from voip.engine.network.watch import Watch
from voip.engine.people.listing import Listing
from voip.engine.people.presence import Presence
from voip.engine.publishing.publishing import Publishing
from voip.engine.reception.blocked import BlockedCallers
from voip.engine.reception.reception import Reception
from voip.engine.registration.attempts import Attempts
from voip.engine.registration.following import FollowedFile
from voip.engine.registration.moving import Moving
from voip.engine.registration.registrations import Registrations
from voip.engine.registration.setup import Sources
from voip.engine.registration.trials.check import AccountCheck
from voip.engine.registration.trials.inspection import Inspection, Look
from voip.engine.registration.trials.trial import Trial
from voip.engine.ringing.ring_sound import RingSound
from voip.engine.ringing.ringer import Ringer
from voip.engine.sound import SoundDevices
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.engine.trace import Trace
from voip.engine.trust import handshake
from voip.engine.trust.compared_keys import ComparedKeys
from voip.engine.workers.processes import StartProcess, start_process
from voip.model import EngineStatus, Status
from voip.protocol.phone import NoticeEvent, StoppingEvent, WorkerEvent
from voip.protocol.settings import Settings, SettingsEvent
from voip.protocol.worker.accounts import AnyAccountEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.messages import AnyTextEvent
from voip.protocol.worker.people import AnyPublishEvent, AnyWatchEvent
from voip.protocol.worker.process import (
    AnyWorkerEvent,
    Configure,
    ConnectionEvent,
    NameAsked,
    Ready,
    SipMessage,
)
from voip.protocol.worker.sound import MicrophoneReport, RingingEvent, SoundEvent, WatchLevels

log = logging.getLogger(__name__)

_LEVELS_MS = 100
_FIRST_LOOK_S, _LOOK_AT_FILES_S = 0.4, 2.0
_LOOK_AT_DATES_S = 3600.0


class Engine:
    def __init__(
        self,
        paths: places.Paths,
        start_process: StartProcess = start_process,
        look: Look = handshake.look,
        names: Names | None = None,
    ) -> None:
        """Prepare everything that needs no network.

        Raises:
            HistoryError: the call log cannot be used.
        """
        self.paths = paths
        self.version = __version__
        self.hub = Hub()
        self.history = History(paths.history)
        self.log_reader = HistoryReader(paths.history)
        self.deletions = Deletions(self.hub, paths.history)
        self._settings_file = SettingsFile(paths.settings, self.notice)
        self.account_file = AccountFile(paths.accounts)
        self._started = time.monotonic()
        self._stopping = asyncio.Event()
        self.connections = Connections()
        self.workers = {
            role: Supervisor(
                self._configure(role), self._on_event(role), self._on_up(role),
                self._on_down(role), start_process,
            )
            for role in (Role.SECURE, Role.OPEN)
        }  # fmt: skip
        self.passwords = Passwords(paths.passwords)
        self.compared_keys = ComparedKeys(paths.compared)
        self.own_keys = OwnKeys(paths.own_keys, self.compared_keys.has_any_of, self._warn)
        names = names or Resolver()
        locator = Locator(names)
        sources = Sources(self.passwords, self.own_keys, Instances(paths.instance), locator)
        attempts = Attempts(self.hub, self.workers, sources, lambda one: self.publishing.leave(one))
        self.registrations = Registrations(
            self.hub, self.workers, self.own_keys, attempts, self.connections.find,
            lambda live: moving.settle(live),
        )  # fmt: skip
        moving = Moving(self.registrations, attempts, lambda *move: self._moves.follow(*move))
        self._network = Watch(moving, names.forget)
        watched = Watched(paths.accounts)
        self.followed = FollowedFile(self.account_file, watched, self.registrations, self.notice)
        self._hops = Hops(self.workers, names, self.registrations.find_target)
        self.book = CallBook(self.hub, self.history, lambda call: self.comparisons.recall(call))
        self._moves = Moves(self.book, self.workers)
        kept_texts = KeptTexts(paths.history, self.registrations.keeps_realtime_text)
        self.calls = Calls(self.book, self.hub, self.workers, self.registrations, kept_texts)
        self.listing = Listing(
            paths, self.hub, self.log_reader, self.registrations, self.connections.find,
            lambda: self.echo.uri, lambda: self.settings.contacts, self._warn,
        )  # fmt: skip
        self.contacts, self.look_ups = self.listing.contacts, self.listing.look_ups
        self.imports = Imports(self.hub, paths.history, self.book.reserve, self.look_ups.is_another)
        self.presence = Presence(
            self.hub, self.workers, self.contacts, self.registrations, self.look_ups.exchange_of,
            self._warn,
        )  # fmt: skip
        self.publishing = Publishing(
            self.hub, self.workers, self.registrations, self.book, lambda: self.settings
        )
        self.blocked = BlockedCallers(
            paths.blocked, lambda text: self.notice("error", text), self.look_ups.exchange_of
        )
        self.texts = Texts(
            self.hub, paths.history, self.workers, self.connections.find, self.look_ups,
            self.blocked, self.registrations.find, self.registrations,
        )  # fmt: skip
        reception = Reception(
            self.book, self.calls, self.connections.find, self.look_ups, self.blocked,
            self.registrations.find, lambda: self.settings,
        )  # fmt: skip
        self._call_events = CallEvents(
            self.book, self.hub, self.connections.find, self.look_ups,
            self.registrations.refusal, self.calls, reception.receive,
        )  # fmt: skip
        self.trace = Trace(self.hub, self.workers, self.connections.find)
        self.ring_sound = RingSound(paths.runtime / "sound", self.notice)
        self.ringer = Ringer(self.hub, self.workers, self._configure(Role.RINGER), start_process)
        self.sound = SoundDevices(
            self.hub, self.book, self.workers, self._restart, self.ring_sound, self.ringer
        )
        self.trial = MicrophoneTrial(self.hub, self.book, self.workers, paths.runtime / "sound")
        self.music = Music(self.hub, lambda: self.settings.calls.pause_music)
        self.echo = Echo(
            self.hub, paths.echo, self.user_agent, self.workers[Role.SECURE], start_process
        )
        self.comparisons = Comparisons(self.compared_keys, self.book, self.look_ups.exchange_of)
        self.account_check = AccountCheck(
            self.hub, self.account_file, self.registrations, sources,
            lambda setup: Trial(setup, self.user_agent, start_process), look,
        )  # fmt: skip
        self.inspection = Inspection(self.registrations, locator, look)

    @property
    def user_agent(self) -> str:
        return f"Offhook/{self.version}"

    async def start(self) -> None:
        """Complete the log of an engine that crashed, and start the accounts."""
        self.history.mark_interrupted()
        self.texts.mark_interrupted()
        await self.ring_sound.use(self.settings.audio.ring_sound)
        self.ringer.start(self.settings.audio)
        await self.followed.reload()

    async def run(self) -> None:
        """Run, once started, until asked to stop; then end every call."""
        files, dates = self._watch_files(), self._watch_dates()
        work = (files, dates, self._network.run(), self.publishing.run())
        watches = [asyncio.create_task(watch) for watch in work]
        try:
            await self._stopping.wait()
        finally:
            for watch in watches:
                watch.cancel()
            await self._end_calls()

    def stop_soon(self) -> None:
        if not self._stopping.is_set():
            # Clients must get it before they are disconnected.
            self.hub.publish(StoppingEvent())
        self._stopping.set()

    async def _end_calls(self) -> None:
        self.sound.close()
        self.trial.close()
        self.trace.close()
        self.registrations.close()
        self._hops.close()
        await self.calls.end_all()
        await self.publishing.close()
        ends = (worker.stop() for worker in self.workers.values())
        await asyncio.gather(*ends, self.echo.stop(), self.ringer.stop())
        for role in self.workers:
            self._call_events.on_worker_down(role, "the phone was stopped")
        await self.music.close()

    async def close(self) -> None:
        """Close the call log, after the last request."""
        self.ring_sound.close()
        await asyncio.to_thread(self.log_reader.close)
        await self.deletions.close()
        await self.texts.close()
        self.calls.realtime_texts.close()
        self.history.erase()
        self.history.close()
        log.info("the engine has ended")

    # State

    def status(self) -> Status:
        ready = next((w.ready for w in self.workers.values() if w.ready), None)
        return Status(
            engine=EngineStatus(
                version=self.version,
                pid=os.getpid(),
                uptime_s=round(time.monotonic() - self._started, 3),
                pjsip=ready.pjsip if ready else None,
                tls_library=ready.tls_library if ready else None,
                problems=self._all_problems(),
            ),
            accounts=self.registrations.snapshot(),
            calls=self.book.snapshot(),
            conferences=self.calls.conferences.snapshot(),
            unread_messages=self.texts.unread,
            lamps=self.presence.snapshot(),
        )

    def _all_problems(self) -> tuple[str, ...]:
        return tuple(
            chain(
                filter(None, (self._settings_file.problem,)),
                filter(None, (self.followed.problem, self.ring_sound.problem)),
                self.followed.remarks,
                filter(None, (self.compared_keys.problem,)),
                self.own_keys.news.values(),
                self.listing.problems,
                self.blocked.problems,
                self.presence.problems(),
            )
        )

    async def _watch_files(self) -> None:
        # The user edits the files too, and expects the phone to notice. Thousands of
        # contacts are read once the phone is up, and before anybody has typed a name.
        for rest_s in chain((_FIRST_LOOK_S,), repeat(_LOOK_AT_FILES_S)):
            await asyncio.sleep(rest_s)
            if self.followed.changed:
                await self.followed.reload()
            if self._settings_file.changed:
                await self.reload_settings()
            await self.listing.refresh()
            await self.presence.refresh()
            self.blocked.refresh()
            await self.sound.refresh(self.settings.audio)

    async def _watch_dates(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AT_DATES_S)
            self.registrations.look_at_dates()
            await self.registrations.look_at_keys()

    @property
    def settings(self) -> Settings:
        """Settings in force."""
        return self._settings_file.settings

    @property
    def settings_problem(self) -> str | None:
        """Reason why config.toml could not be read, None when it could."""
        return self._settings_file.problem

    async def reload_settings(self) -> None:
        """Read config.toml; a broken file changes only a notice."""
        before = self.settings
        if self._settings_file.reload():
            await self._use_settings(before)

    async def change_settings(self, changes: Mapping[str, str | int | bool | None]) -> None:
        """Change config.toml, and apply its new settings.

        Raises:
            ConfigError: the result or the file cannot be used; the file is left alone.
        """
        await self.ring_sound.check(changes.get("audio.ring_sound"))
        before = self.settings
        self._settings_file.change(changes)
        await self._use_settings(before)

    async def _use_settings(self, before: Settings) -> None:
        self.hub.publish(SettingsEvent(settings=self.settings))
        await self.settings_changed(before, self.settings)

    async def settings_changed(self, before: Settings, after: Settings) -> None:
        """Apply new settings to the running parts.

        A worker that starts later gets them in any case.
        """
        await self.sound.changed(before.audio, after.audio)

    async def watch_levels(self) -> None:
        """Have workers report sound levels while a client watches them."""
        for worker in self.workers.values():
            with contextlib.suppress(WorkerGone, WorkerRefused):
                await worker.ask(WatchLevels(interval_ms=_LEVELS_MS))

    def notice(self, level: str, text: str) -> None:
        log.log(logging.ERROR if level == "error" else logging.INFO, "%s", text)
        self.hub.publish(NoticeEvent(level=level, text=text))

    def _warn(self, text: str) -> None:
        self.notice("warning", text)

    # Wiring

    def _configure(self, role: Role) -> Callable[[], Configure]:
        def configure() -> Configure:
            return Configure(
                role=role,
                user_agent=self.user_agent,
                audio=self.sound.for_workers(self.settings.audio),
                network=self.settings.network,
                silent=settings.is_silent(),
            )

        return configure

    def _on_event(self, role: Role) -> Callable[[AnyWorkerEvent], None]:
        def on_event(event: AnyWorkerEvent) -> None:
            if isinstance(event, AnyAccountEvent):
                self.registrations.on_event(role, event)
            elif isinstance(event, ConnectionEvent):
                self._note_connection(role, event)
            elif isinstance(event, AnyTextEvent):
                self.texts.on_event(role, event)
            elif isinstance(event, AnyWatchEvent):
                self.presence.on_event(role, event)
            elif isinstance(event, AnyPublishEvent):
                self.publishing.on_event(role, event)
            elif isinstance(event, SoundEvent):
                self.sound.on_event(role, event)
            elif isinstance(event, MicrophoneReport):
                self.trial.on_event(role, event)
            elif isinstance(event, RingingEvent):
                self.ringer.on_ringing(role, event.on)
            elif isinstance(event, NameAsked):
                self._hops.on_event(role, event)
            elif isinstance(event, SipMessage):
                self.trace.on_event(role, event)
            else:
                self._call_events.on_event(role, event)

        return on_event

    def _note_connection(self, role: Role, event: ConnectionEvent) -> None:
        event = self.connections.note(role, event)
        self._call_events.on_connection(role, event)
        self.registrations.on_connection(role, event)
        self.texts.sending.on_connection(role, event)
        self.presence.on_connection(role, event)

    async def _restart(self, role: Role) -> None:
        await self.workers[role].stop()
        self._on_down(role)("the sound settings have changed")
        self.workers[role].start()

    def _on_up(self, role: Role) -> Callable[[Ready], Awaitable[None]]:
        async def on_up(ready: Ready) -> None:
            self.hub.publish(WorkerEvent(role=role, up=True, detail=ready.sound))
            self.sound.on_worker_up(role, ready)
            await self.trace.on_worker_up(role)
            await self.registrations.on_worker_up(role)
            if self.hub.wants_levels:
                await self.watch_levels()

        return on_up

    def _on_down(self, role: Role) -> Callable[[str], None]:
        def on_down(reason: str) -> None:
            self.connections.forget(role)
            self.ringer.on_ringing(role, on=False)
            self.trial.on_worker_down(role, reason)
            self._call_events.on_worker_down(role, reason)
            self.texts.sending.on_worker_down(role, reason)
            self.registrations.on_worker_down(role)
            self.presence.on_worker_down(role)
            self.publishing.on_worker_down(role)
            self.hub.publish(WorkerEvent(role=role, up=False, detail=reason))

        return on_down
