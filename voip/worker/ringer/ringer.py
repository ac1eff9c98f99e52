"""Ringer: PJSIP with a speaker, and without accounts or calls."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import msgspec
import pjsua2 as pj

from voip.native import mark
from voip.protocol.settings import Audio
from voip.protocol.worker.process import AnyWorkerCommand, Configure, Ready
from voip.protocol.worker.sound import LookUpDevices, PlayRing, UseAudio
from voip.worker import endpoint as ep
from voip.worker.callbacks import guarded
from voip.worker.context import Context
from voip.worker.errors import Refused
from voip.worker.outbox import Outbox
from voip.worker.ringer.device import RingDevice
from voip.worker.tones.ring import Ring


class _Endpoint(pj.Endpoint):
    def __init__(self, context: Context, on_failure: Callable[[], None]) -> None:
        super().__init__()
        self.context = context
        self._on_failure = on_failure

    @guarded
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR:
            self._on_failure()


class Ringer:
    """Sound of ringing on a device of its own.

    The process has no call, so that no voice can get to the device. A device that
    hangs, as one behind a slow network, holds no call up.

    Raises:
        mark.UnsuitableLibrary: the installed pjsua2 is not ours.
        pj.Error: PJSIP could not start.
    """

    def __init__(self, outbox: Outbox, command: Configure) -> None:
        built = mark.read(pj.offhookMark(), pj.tlsLibrary())
        mark.check(built)
        self.context = Context(outbox, command.network)
        self._endpoint = _Endpoint(self.context, self._on_failure)
        # There is no microphone whose echo could be cancelled.
        audio = msgspec.structs.replace(command.audio, echo_cancel=False)
        ep.start(self._endpoint, msgspec.structs.replace(command, audio=audio))
        self._device = RingDevice(self._endpoint, audio.ring_device or "", self.context.send)
        self._ring = Ring(self.context.bury)
        self._ring.use(audio.ring_sound)
        self._rings = False
        self._next_tick = time.monotonic() + 1
        self.context.send(
            Ready(
                pjsip=self._endpoint.libVersion().full,
                tls_library=built.tls_library,
                tls13=False,
                patches=built.patches,
                codecs=(),
                srtp_suites=(),
                devices=self._device.devices,
                sound=self._device.text,
                sound_ok=self._device.ok,
            )
        )

    def execute(self, command: AnyWorkerCommand) -> None:
        """Carry out one command.

        Raises:
            Refused: the device cannot ring, or the command is not about ringing.
        """
        match command:
            case PlayRing(on=on):
                self._stop()
                if on:
                    self._start()
            case UseAudio(audio=audio):
                self._use(audio)
            case LookUpDevices():
                self._device.look_up()
            case _:
                raise Refused("this worker rings, and does nothing else")

    def turn(self, orders: int, flush: Callable[[], None]) -> None:
        """Let PJSIP work, as `Phone.turn` does; `flush` writes events."""
        ep.let_work(self._endpoint, orders, ep.CALM_MS)
        flush()
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + 1
            self.context.free_buried()
            gc.collect()

    def close(self, flush: Callable[[], None]) -> None:
        """Stop to ring, and end the library."""
        flush()
        self._stop()
        self._ring.close()
        self.context.free_all()
        gc.collect()
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def _use(self, audio: Audio) -> None:
        self._ring.use(audio.ring_sound)
        name = audio.ring_device or ""
        if name == self._device.name:
            return
        rings = self._rings
        self._stop()
        self._device.use(name)
        if rings:
            self._start()

    def _start(self) -> None:
        self._ring.start(self._device.open())
        self._rings = True

    def _stop(self) -> None:
        if self._rings:
            self._rings = False
            self._ring.stop()
            self._device.close()

    def _on_failure(self) -> None:
        if self._rings:
            self._rings = False
            self._ring.stop()
            self._device.fail()
