"""Checks clients' requests against the call's state and passes them on."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from voip.background import Background
from voip.causes import Cause
from voip.engine.calls.book import CallBook
from voip.engine.calls.conference import Conferences
from voip.engine.calls.elsewhere.asked import Asked, AskedTransfers, Name
from voip.engine.calls.elsewhere.replacing import Replacing
from voip.engine.calls.elsewhere.transfers import Transfers
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.calls.placing import Placing, Servers
from voip.engine.calls.post_dial import PostDialling
from voip.engine.calls.text.kept import KeptTexts
from voip.engine.calls.text.realtime import RealtimeTexts
from voip.engine.errors import Refusal
from voip.engine.files.sound_files import PlayedFile
from voip.engine.hub import Hub
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import PlaceCall
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    Answer,
    Digits,
    EndCall,
    HoldCall,
    HoldEvent,
    MuteCall,
    PlayFile,
    RealtimeTextReceived,
    RecordFile,
    ReferAnswered,
    ReferProgress,
    Ring,
    TransferAsked,
)
from voip.protocol.worker.process import AnyWorkerCommand
from voip.sip import reasons

log = logging.getLogger(__name__)

DECLINE = 603
BUSY = 486
UNAVAILABLE = 480
"""Statuses by which a person refuses a call (RFC 3261 section 21)."""

_GOODBYE_S = 2.0


class Calls:
    """Requests on calls; the state changes on the worker's event, not before."""

    def __init__(
        self,
        book: CallBook,
        hub: Hub,
        workers: dict[Role, Supervisor],
        servers: Servers,
        kept_texts: KeptTexts,
    ) -> None:
        self._servers = servers
        self._book = book
        self._hub = hub
        self._workers = workers
        self.conferences = Conferences(book, hub, self._ask)
        self._microphone = self.conferences.microphone
        self.asked = AskedTransfers(book, hub, self._ask, self)
        self.transfers = Transfers(book, hub, self._ask, self)
        self.replacing = Replacing(book, hub, self._ask, self, self._microphone)
        self._background = Background()
        self._post_dialling = PostDialling(book, hub, self._ask)
        self.realtime_texts = RealtimeTexts(book, hub, self._ask, kept_texts)
        self.placing = Placing(book, workers, servers, self._microphone, self._post_dialling)

    async def take_over(
        self, call: LiveCall, role: Role, transport: Transport, uri: str, asked: Asked
    ) -> LiveCall:
        """Call the one with whom a call's far end wants to connect the user.

        Raises:
            Refusal: as `Placing.place`.
        """
        command = PlaceCall(target=uri, account=call.account)
        new = await self.placing.place(
            role,
            call.account,
            transport,
            uri,
            asked.party,
            command,
            None,
            replaces=asked.replaces,
        )
        await self.asked.accept(call, new)
        return new

    def call_again(self, call: LiveCall, cause: Cause) -> bool:
        """Call again through the server's next target; report if there is one."""
        again = self.placing.again(call, cause)
        if again is not None:
            self._background.begin(again)
        return again is not None

    def ring(self, call: LiveCall, waiting: bool) -> None:
        """Ring for an incoming call, by the tone of a second one if it is `waiting`."""
        call.waits_to_ring = waiting
        self._background.begin(self._quietly(call.role, Ring(call=call.number, waiting=waiting)))

    def turn_away(self, role: Role, number: int, code: int, contact: str | None = None) -> None:
        """Refuse a call that is in no book; a `contact` is where it is sent on."""
        end = EndCall(call=number, code=code, contact=contact)
        self._background.begin(self._quietly(role, end))

    def redirect(self, call: LiveCall, contact: str, cause: Cause) -> None:
        """Send a ringing call on to another address."""
        call.sent_on = cause
        self.turn_away(call.role, call.number, reasons.FORWARDED, contact)

    async def _quietly(self, role: Role, command: AnyWorkerCommand) -> None:
        # The caller may have cancelled already, which the worker reports.
        with contextlib.suppress(WorkerRefused, WorkerGone):
            await self._workers[role].ask(command)

    async def answer(self, call_id: str) -> None:
        await self._answer(self._in_state(call_id, {CallState.INCOMING}, "answered"))

    async def _answer(self, call: LiveCall, beep: bool = False) -> None:
        call.taken = True
        async with self._microphone.given_to(call):
            await self._ask(call, Answer(call=call.number, beep=beep))

    def answer_by_itself(self, call: LiveCall) -> None:
        """Answer a ringing call, unless there is another."""
        self._background.begin(self._answer_alone(call))

    async def _answer_alone(self, call: LiveCall) -> None:
        # No other call may lose its microphone for one that nobody answered.
        others = len(self._book) > 1 or self._microphone.is_moving
        if others or call.state is not CallState.INCOMING or call.taken or call.ended_here:
            return
        text = f"the call of {call.remote.uri} was answered by itself"
        self._hub.publish(NoticeEvent("info", text))
        with contextlib.suppress(Refusal):
            await self._answer(call, beep=True)

    async def decline(self, call_id: str, code: int = DECLINE) -> None:
        call = self._in_state(call_id, {CallState.INCOMING}, "declined")
        call.ended_here = True
        await self._ask(call, EndCall(call=call.number, code=code))

    async def hang_up(self, call_id: str) -> None:
        call = self.find(call_id)
        call.ended_here = True
        if call.voice is not Voice.FIRST and not call.between_targets:
            await self._ask(call, EndCall(call=call.number, code=486))

    async def hold(self, call_id: str, wait: bool = False) -> None:
        """Put a call on hold; `wait` for its far end's answer.

        Raises:
            Refusal: the call cannot be held now; with `wait`, its far end did not
                agree.
        """
        states = {CallState.ACTIVE, CallState.REMOTE_HELD}
        call = self._in_state(call_id, states, "put on hold")
        call.hold_agreed = None
        answer = call.hold_answer() if wait else None
        await self._microphone.hold(call)
        if answer is not None:
            self._check(call, await answer)

    async def hold_by(self, call: LiveCall, command: AnyWorkerCommand) -> None:
        """Put a call on hold by a command that does more.

        Raises:
            Refusal: the worker refused.
        """
        call.hold_agreed = None
        await self._microphone.hold(call, command)

    async def resume(self, call_id: str, wait: bool = False) -> None:
        """Resume a call that is on hold; `wait` as in `hold`.

        A party of a conference brings the user back to it.

        Raises:
            Refusal: as `hold`.
        """
        call = self.find(call_id)
        if call.conference is None or call.state is CallState.HELD:
            self._in_state(call_id, {CallState.HELD}, "resumed")
            call.hold_agreed = None
        answer = call.hold_answer() if wait and call.state is CallState.HELD else None
        if call.conference is not None:
            await self.conferences.join((call,))
        else:
            async with self._microphone.given_to(call):
                await self._ask(call, HoldCall(call=call.number, on=False))
        if answer is not None:
            self._check(call, await answer)

    def on_hold_answer(self, call: LiveCall, event: HoldEvent) -> None:
        """Report the far end's answer to a hold or resume to the clients."""
        call.hold_agreed = event.agreed
        if event.held and call.voice is Voice.HERE:
            call.voice = Voice.WAITING
        self._book.publish(call)
        if not event.agreed:
            text = f"call {call.id}: {_disagreement(event)}"
            self._hub.publish(NoticeEvent(level="warning", text=text))
        call.on_hold_answer(event)

    def on_transfer_asked(self, call: LiveCall, event: TransferAsked, name: Name) -> None:
        """Ask the user about a transfer."""
        self.asked.on_event(call, event, name)

    def on_refer(self, call: LiveCall, event: ReferAnswered | ReferProgress) -> None:
        """Act on the progress of a transfer."""
        self.transfers.on_event(call, event)

    def passed_on(self, call: LiveCall) -> Cause | None:
        """Return the cause of a call's end if it was passed on, by either side."""
        passed_on = self.transfers.on_ended(call)
        return self.replacing.on_ended(call) or passed_on

    async def bring_back(self, call: LiveCall) -> bool:
        """Resume a call that was left for another in vain; False if a third has the user.

        A party of a conference comes back to that, and the user stays where they are.

        Raises:
            Refusal: the call has ended, or its worker has.
        """
        if call.conference is not None:
            await self.conferences.bring_back(call)
            return True
        holder = self._microphone.holder
        if holder is not None and holder is not call and holder.state.answered:
            return False
        await self.resume(str(call.id))
        return True

    def on_heard_again(self, call: LiveCall) -> None:
        """Register the account: the way to its server is back."""
        self._servers.on_path(call.account)

    def settle(self) -> None:
        """Reassign the microphone after a call was answered or has ended."""
        self._background.begin(self._microphone.settle())
        coming = [call for call in self._book if call.state is CallState.INCOMING]
        if any(call.state.answered for call in self._book):
            for call in coming:
                # Its worker may not have the call that was answered.
                if not call.waits_to_ring:
                    self.ring(call, waiting=True)
        elif len(self._book) == 1 and coming and coming[0].waits_to_ring:
            # The other call, of this worker or not, is over: this one rings aloud.
            self.ring(coming[0], waiting=False)

    def _check(self, call: LiveCall, event: HoldEvent | None) -> None:
        if event is None:
            raise Refusal("call_failed", f"call {call.id} has ended: {call.words or call.reason}")
        if not event.agreed:
            text = f"call {call.id}: {_disagreement(event)}"
            raise Refusal("refused", text, event.code or None)

    async def mute(self, call_id: str, on: bool) -> None:
        call = self.find(call_id)
        if call.conference is not None:
            await self.conferences.mute(call, on)
            return
        if not call.between_targets:
            await self._ask(call, MuteCall(call=call.number, on=on))
        call.muted = on
        self._book.publish(call)

    async def send_digits(self, call_id: str, digits: str) -> None:
        # On hold, PJMEDIA would delay the tones or lose them with the stream.
        call = self._in_state(call_id, {CallState.ACTIVE}, "sent tones")
        await self._ask(call, Digits(call=call.number, digits=digits))

    def send_rest(self, call_id: str) -> None:
        self._post_dialling.let_go_on(self.find(call_id))

    def on_text(self, call: LiveCall, event: RealtimeTextReceived) -> None:
        self.realtime_texts.on_received(call, event)

    def on_active(self, call: LiveCall) -> None:
        self._post_dialling.on_active(call)

    def on_digits(self, call: LiveCall, lost: int) -> None:
        self._post_dialling.on_sent(call, lost)

    async def play(self, call_id: str, file: PlayedFile | None) -> None:
        call = self._answered(call_id, "played to")
        path = str(file.path) if file else None
        await self._ask(call, PlayFile(call=call.number, path=path))
        self._change_file(call, file)
        self._book.publish(call)
        if file is None and call.conference is None and self._microphone.holder is None:
            await self._microphone.give(call)

    async def record(self, call_id: str, path: str | None) -> None:
        call = self._answered(call_id, "recorded")
        await self._ask(call, RecordFile(call=call.number, path=path))
        call.recording = path is not None
        self._book.publish(call)

    async def end_all(self) -> None:
        """End every call in good order; those that do not end are left."""
        for call in self._book:
            call.stopped = True
            await self._hang_up_quietly(call)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GOODBYE_S
        while len(self._book) and loop.time() < deadline:
            self._book.left.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._book.left.wait(), deadline - loop.time())

    def on_answered(self, call: LiveCall) -> None:
        """Act on the answer of a call by either side."""
        if call.hangup_after_s is not None:
            self.limit(call, call.hangup_after_s)
        self.settle()

    def limit(self, call: LiveCall, seconds: float) -> None:
        """End a call after that time."""

        def end() -> None:
            self._background.begin(self._hang_up_quietly(call))

        loop = asyncio.get_running_loop()
        call.hangup_timer = loop.call_later(seconds, end)

    def file_ended(self, call: LiveCall) -> None:
        """Return the microphone to a call whose file has ended."""
        self._change_file(call, None)
        self._book.publish(call)
        if call.voice is not Voice.NONE:
            self._background.begin(self._give_microphone_back(call))

    def _change_file(self, call: LiveCall, file: PlayedFile | None) -> None:
        if call.file is not None:
            call.file.remove_copy()
        call.file = file

    async def _give_microphone_back(self, call: LiveCall) -> None:
        try:
            if call.file is None:
                await self._ask(call, PlayFile(call=call.number, path=None))
                await self._microphone.settle()
        except Refusal as error:
            log.info("call %s has no microphone after its file: %s", call.id, error)

    async def _hang_up_quietly(self, call: LiveCall) -> None:
        try:
            await self.hang_up(str(call.id))
        except Refusal as error:
            log.info("call %s ended before its time was up: %s", call.id, error)

    async def _ask(self, call: LiveCall, command: AnyWorkerCommand) -> None:
        try:
            await self._workers[call.role].ask(command)
        except (WorkerRefused, WorkerGone) as error:
            raise Refusal("call_failed", f"call {call.id}: {error}") from error

    def find(self, call_id: str) -> LiveCall:
        """Return the call with the id that clients use.

        Raises:
            Refusal: there is none.
        """
        call = self._book.find(call_id)
        if call is None:
            raise Refusal("no_call", f"there is no call {call_id}")
        return call

    def _answered(self, call_id: str, what: str) -> LiveCall:
        answered = {state for state in CallState if state.answered}
        return self._in_state(call_id, answered, what)

    def _in_state(self, call_id: str, states: set[CallState], what: str) -> LiveCall:
        call = self.find(call_id)
        if call.state not in states:
            text = f"call {call_id} is {call.state.words}: it cannot be {what} now"
            raise Refusal("wrong_state", text)
        return call


def _disagreement(event: HoldEvent) -> str:
    """Describe a hold or resume that was not agreed to."""
    why = reasons.words(event.code, event.reason) if event.code else event.reason
    outcome = "the far end did not agree"
    if event.code == 0:
        outcome = "the far end could not be asked"
    return f"{outcome} ({why}); the call is on hold here, and neither side hears the other"
