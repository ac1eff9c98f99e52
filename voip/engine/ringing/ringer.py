"""Rings on another device than the speaker, by a worker that does nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from voip.background import Background
from voip.engine.files.settings import is_silent
from voip.engine.hub import Hub
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.engine.workers.processes import StartProcess
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerEvent, Configure, Ready
from voip.protocol.worker.sound import LookUpDevices, PlayRing, RingHere, SoundEvent, UseAudio

log = logging.getLogger(__name__)

_START_S = 5.0
_PATIENCE_S = 3.0
"""Time for a device to ring, before the speaker does in its place."""


class Ringer:
    """Device for ringing, where the settings name one.

    `workers` have the calls: they report when one rings, and ring by themselves as
    soon as the device cannot.
    """

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        configure: Callable[[], Configure],
        start_process: StartProcess,
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._process = Supervisor(
            configure, self._on_event, self._on_up, self._on_down, start_process
        )
        self._background = Background()
        self._turn = asyncio.Lock()
        self._ringing: set[Role] = set()
        self._is_wanted = False
        self._is_stuck = False
        self._sounds = False

    @property
    def text(self) -> str | None:
        """Device that rings, or why it does not; None where none is wanted."""
        if not self._is_wanted:
            return None
        ready, failure = self._process.ready, self._process.failure
        return ready.sound if ready else failure or "the device for ringing is being opened"

    def start(self, audio: Audio) -> None:
        """Start the worker, if the settings want it; returns at once."""
        self._is_wanted = bool(audio.ring and audio.ring_device) and not is_silent()
        if self._is_wanted:
            self._process.start()

    async def use(self, audio: Audio) -> None:
        """Use other settings, also for calls that ring now."""
        self.start(audio)
        if not self._is_wanted:
            await self._lose()
            await self._process.stop()
            return
        try:
            await self._process.wait_up(_START_S)
            # One that was starting may have been sent the old settings.
            await self._process.ask(UseAudio(audio=audio))
        except (WorkerGone, WorkerRefused) as error:
            log.warning("ringer: %s", error)

    async def look_up(self) -> None:
        """Look up the devices again."""
        with contextlib.suppress(WorkerGone, WorkerRefused):
            if self._is_wanted:
                await self._process.ask(LookUpDevices())

    async def stop(self) -> None:
        self._is_wanted = False
        self._background.cancel()
        await self._process.stop()

    def on_ringing(self, role: Role, on: bool) -> None:
        """Follow a worker whose calls begin or cease to ring."""
        if on:
            self._ringing.add(role)
        else:
            self._ringing.discard(role)
        self._background.begin(self._follow())

    async def _follow(self) -> None:
        async with self._turn:
            if bool(self._ringing) is self._sounds:
                return
            if not self._ringing:
                self._sounds = False
                await self._play(on=False)
            elif await self._play(on=True):
                self._sounds = True
            else:
                await self._give_back()

    async def _lose(self) -> None:
        """Have the workers ring after the device failed."""
        async with self._turn:
            if self._sounds:
                await self._give_back()

    async def _give_back(self) -> None:
        self._sounds = False
        roles, self._ringing = self._ringing, set()
        for role in roles:
            with contextlib.suppress(WorkerGone, WorkerRefused):
                await self._workers[role].ask(RingHere())

    async def _play(self, on: bool) -> bool:
        """Start or stop to ring; True if the device did so, in time."""
        if self._is_stuck:
            return False
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._process.ask(PlayRing(on=on))
        except TimeoutError:
            # It may ring later, beside the speaker: another one takes its place.
            self._is_stuck = True
            self._background.begin(self._restart())
            self._tell("the device for ringing does not answer: it rings on the speaker", ok=False)
        except (WorkerGone, WorkerRefused) as error:
            log.info("ringer: %s", error)
        else:
            return True
        return False

    async def _restart(self) -> None:
        await self._process.stop()
        self._is_stuck = False
        if self._is_wanted:
            self._process.start()

    def _on_event(self, event: AnyWorkerEvent) -> None:
        ready = self._process.ready
        if not isinstance(event, SoundEvent) or ready is None:
            return
        self._process.ready = msgspec.structs.replace(
            ready, devices=event.devices, sound=event.sound, sound_ok=event.sound_ok
        )
        if event.sound != ready.sound:
            self._tell(event.sound, event.sound_ok)
        if not event.sound_ok:
            self._background.begin(self._lose())

    async def _on_up(self, ready: Ready) -> None:
        if not ready.sound_ok:
            self._tell(ready.sound, ok=False)

    def _on_down(self, reason: str) -> None:
        log.warning("ringer: %s", reason)
        self._background.begin(self._lose())

    def _tell(self, text: str, ok: bool) -> None:
        text = f"ringing: {text}" if ok else text
        level = "info" if ok else "warning"
        log.info("%s", text)
        self._hub.publish(NoticeEvent(level=level, text=text))
