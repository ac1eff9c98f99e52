"""Lists and changes the sound devices that the workers use."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from voip.background import Background
from voip.engine.calls.book import CallBook
from voip.engine.desktop.realtime import Realtime
from voip.engine.errors import Refusal
from voip.engine.files import settings as files
from voip.engine.hub import Hub
from voip.engine.ringing.ring_sound import RingSound
from voip.engine.ringing.ringer import Ringer
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import CallState
from voip.protocol.calls import CallEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import Audio
from voip.protocol.sound import Devices
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Ready
from voip.protocol.worker.sound import LookUpDevices, SoundEvent, UseAudio

log = logging.getLogger(__name__)

_START_S = 5.0
_AT_ONCE = ("input", "output", "ring", "ring_device", "ring_sound", "recording_beep")
"""Settings that need no new worker."""

_LATER = "the new sound settings take effect when the calls that are up have ended"


class SoundDevices:
    """Sound devices; `restart` restarts a worker with the current settings.

    Devices and ringing change during calls. Settings that PJSIP fixes at its start
    wait until the worker has no call.
    """

    def __init__(
        self,
        hub: Hub,
        book: CallBook,
        workers: dict[Role, Supervisor],
        restart: Callable[[Role], Awaitable[None]],
        ring_sound: RingSound,
        ringer: Ringer,
    ) -> None:
        self._hub = hub
        self._ring_sound = ring_sound
        self._ringer = ringer
        self._book = book
        self._workers = workers
        self._restart = restart
        self._waiting: set[Role] = set()
        self._background = Background()
        self._realtime = Realtime()
        self._asking: asyncio.Task[None] | None = None
        hub.listen(self._on_news, levels=False)

    def for_workers(self, audio: Audio) -> Audio:
        """Settings as workers use them."""
        return self._ring_sound.within(audio)

    async def changed(self, before: Audio, after: Audio) -> None:
        """Apply new settings to the workers."""
        used = self.for_workers(before)
        await self._ring_sound.use(after.ring_sound)
        await self._apply(used, self.for_workers(after))

    async def refresh(self, audio: Audio) -> None:
        """Apply a change of the file that rings."""
        used = self.for_workers(audio)
        await self._ring_sound.refresh()
        await self._apply(used, self.for_workers(audio))

    async def _apply(self, before: Audio, after: Audio) -> None:
        if before == after:
            return
        kept = {name: getattr(before, name) for name in _AT_ONCE}
        fixed = before != msgspec.structs.replace(after, **kept)
        await self._ringer.use(after)
        for role, worker in self._workers.items():
            if not worker.running:
                continue  # it starts with the new settings
            if fixed:
                self._waiting.add(role)
            try:
                # A starting worker may have been sent the old settings.
                await worker.wait_up(_START_S)
                await worker.ask(UseAudio(audio=after))
            except (WorkerGone, WorkerRefused) as error:
                log.warning("%s: %s", role.value, error)
        if any(self._has_calls(role) for role in self._waiting):
            self._hub.publish(NoticeEvent(level="info", text=_LATER))
        await self._restart_those_that_can()

    async def devices(self) -> Devices:
        """Look up the devices again.

        Raises:
            Refusal: no worker answers, and none could be started.
        """
        up = [worker for worker in self._workers.values() if worker.ready is not None]
        worker = up[0] if up else self._workers[Role.SECURE]
        worker.start()
        try:
            await worker.wait_up()
            for each in up or [worker]:
                await each.ask(LookUpDevices())
            await self._ringer.look_up()
        except (WorkerGone, WorkerRefused) as error:
            raise Refusal("no_worker", f"the sound devices are not known: {error}") from error
        ready = worker.ready
        if ready is None:
            raise Refusal("no_worker", "the sound devices are not known: the worker is gone")
        # ALSA lists names without any device.
        usable = tuple(d for d in ready.devices if d.inputs or d.outputs)
        return Devices(devices=usable, in_use=ready.sound, rings_on=self._ringer.text)

    def on_worker_up(self, role: Role, ready: Ready) -> None:
        """Report a lack of sound, and ask for the priority of the worker's voice."""
        if not ready.sound_ok:
            log.info("%s: %s", role.value, ready.sound)
            self._hub.publish(NoticeEvent(level="warning", text=ready.sound))
        process = self._workers[role].pid
        if process is not None and ready.voice_threads and not files.is_silent():
            self._asking = self._background.begin(self._realtime.ask(process, ready.voice_threads))

    async def priority(self) -> str:
        """Priority of the threads that carry voice, in words."""
        if self._asking is not None:
            await asyncio.wait({self._asking})
        return self._realtime.text

    def on_event(self, role: Role, event: SoundEvent) -> None:
        """Record the devices that a worker uses, or its failure."""
        worker = self._workers[role]
        if worker.ready is None:
            return
        before = worker.ready.sound
        worker.ready = msgspec.structs.replace(
            worker.ready, devices=event.devices, sound=event.sound, sound_ok=event.sound_ok
        )
        if event.sound != before:
            level = "info" if event.sound_ok else "warning"
            text = f"sound: {event.sound}" if event.sound_ok else event.sound
            log.info("%s: %s", role.value, text)
            self._hub.publish(NoticeEvent(level=level, text=text))

    def close(self) -> None:
        self._hub.forget(self._on_news)
        self._background.cancel()

    def _on_news(self, numbered: NumberedEvent) -> None:
        event = numbered.event
        if not self._waiting or not isinstance(event, CallEvent):
            return
        if event.call.state is CallState.ENDED:
            self._background.begin(self._restart_those_that_can())

    async def _restart_those_that_can(self) -> None:
        for role in [role for role in self._waiting if not self._has_calls(role)]:
            self._waiting.discard(role)
            await self._restart(role)

    def _has_calls(self, role: Role) -> bool:
        return any(call.role is role for call in self._book)
