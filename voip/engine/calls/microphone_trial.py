"""Test of the microphone, while no call has it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from voip.background import Background
from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.errors import Refusal
from voip.engine.files.sound_files import SoundFileError, make_private
from voip.engine.hub import Hub
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.protocol.calls import CallEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.sound import MicrophoneEvent, MicrophoneLevelEvent, TrialStage
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerCommand
from voip.protocol.worker.sound import EndMicrophone, MicrophoneReport, RecordMicrophone
from voip.sip.sentences import sentence


class MicrophoneTrial:
    """Has a worker record the microphone and play it back.

    The file is in `folder` until it is played, or the engine starts again. Calls on hold
    leave the microphone to the test; any other one that comes ends it at once.
    """

    def __init__(
        self, hub: Hub, book: CallBook, workers: dict[Role, Supervisor], folder: Path
    ) -> None:
        self._hub = hub
        self._book = book
        self._workers = workers
        self._file = folder / "microphone.wav"
        self._role: Role | None = None
        self._stage = TrialStage.DONE
        self._peak = 0.0
        self._why: str | None = None
        self._background = Background()
        self._remove_file()
        hub.listen(self._on_news, levels=False)

    async def begin(self, seconds: float) -> None:
        """Record the microphone for some seconds, then play it back.

        Raises:
            Refusal: a call or another test has the microphone, or there is none.
        """
        self._refuse_during_a_call()
        if self._role is not None:
            raise Refusal("busy", "the microphone is being tested already")
        up = next((role for role, worker in self._workers.items() if worker.ready), Role.SECURE)
        self._role, self._stage, self._peak, self._why = up, TrialStage.DONE, 0.0, None
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(self._file)
            self._workers[up].start()
            await self._workers[up].wait_up()
            self._refuse_during_a_call()
            await self._ask(RecordMicrophone(path=str(self._file), seconds=seconds))
        except (OSError, SoundFileError, WorkerGone, WorkerRefused) as error:
            self._forget()
            raise Refusal("no_microphone", str(error)) from error
        except BaseException:
            self._forget()
            raise

    async def listen(self) -> None:
        """End the recording and play it back, or end the playing back.

        Raises:
            Refusal: the microphone is not being tested.
        """
        if self._role is None:
            raise Refusal("not_tested", "the microphone is not being tested")
        try:
            await self._ask(EndMicrophone())
        except (WorkerGone, WorkerRefused) as error:
            raise Refusal("no_worker", str(error)) from error

    def on_event(self, role: Role, report: MicrophoneReport) -> None:
        """Pass a worker's report on to the clients."""
        if role is not self._role:
            return
        if report.stage is TrialStage.LISTENING:
            self._peak = max(self._peak, report.level)
        if report.stage is TrialStage.DONE:
            self._done(sentence(report.cause) if report.cause else self._why)
            return
        if report.stage is not self._stage:
            self._stage = report.stage
            self._hub.publish(MicrophoneEvent(stage=report.stage, peak=self._peak))
        if report.stage is TrialStage.PLAYING:
            self._remove_file()
        self._hub.publish(MicrophoneLevelEvent(level=report.level))

    def on_worker_down(self, role: Role, reason: str) -> None:
        """End the test of a worker that is gone."""
        if role is self._role:
            self._done(reason)

    def close(self) -> None:
        self._hub.forget(self._on_news)
        self._background.cancel()
        self._remove_file()

    def _refuse_during_a_call(self) -> None:
        call = self._call_in_the_way()
        if call is not None:
            has = "has" if call.voice is Voice.HERE else "needs"
            raise Refusal("busy", f"call {call.id} {has} the microphone: end it, or put it on hold")

    def _call_in_the_way(self) -> LiveCall | None:
        calls = [call for call in self._book if not call.on_hold]
        return next((call for call in calls if call.voice is Voice.HERE), next(iter(calls), None))

    def _on_news(self, numbered: NumberedEvent) -> None:
        if self._role is None or not isinstance(numbered.event, CallEvent):
            return
        if self._why is None and self._call_in_the_way() is not None:
            self._why = "a call needs the microphone"
            self._background.begin(self._end())

    async def _end(self) -> None:
        with contextlib.suppress(WorkerGone, WorkerRefused):
            await self._ask(EndMicrophone(at_once=True))
        self._done(self._why)

    async def _ask(self, command: AnyWorkerCommand) -> None:
        if self._role is not None:
            await self._workers[self._role].ask(command)

    def _done(self, problem: str | None) -> None:
        if self._role is None:
            return
        self._forget()
        self._hub.publish(MicrophoneEvent(stage=TrialStage.DONE, peak=self._peak, problem=problem))

    def _forget(self) -> None:
        self._role = None
        self._remove_file()

    def _remove_file(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink()
