"""Calls that this phone places, through each target of the account's server in turn."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import Protocol

from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.calls.microphone import Microphone
from voip.engine.calls.post_dial import PostDialling
from voip.engine.errors import Refusal
from voip.engine.files.sound_files import PlayedFile
from voip.engine.network.failures import SHORT_SILENCE_S
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import Direction, Outcome, Party
from voip.protection import Transport
from voip.protocol.calls import PlaceCall
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import MuteCall, StartCall
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)

_CANCELLED = 487  # response to a cancelled INVITE (RFC 3261 section 9.2)


class Servers(Protocol):
    """Targets of accounts' servers: `voip.engine.registration.Registrations`."""

    def target(self, name: str) -> Target | None:
        """Return the target that an account's requests go to."""

    def has_other(self, name: str, tried: Sequence[Target]) -> bool:
        """Report if a call of an account could go on to another target now."""

    def go_on(self, name: str, tried: Sequence[Target]) -> bool:
        """Leave the last target that a call of an account has tried."""

    def refusal(self, name: str, code: int) -> Cause | None:
        """Return the cause against the server of a request that ended without a connection."""

    async def aim(self, name: str) -> None:
        """Send an account's later requests to its target of now."""

    def on_path(self, name: str) -> None:
        """Register an account again that a lost path had cut off."""


class Placing:
    """Places calls; `microphone` is given to those that a person makes."""

    def __init__(
        self,
        book: CallBook,
        workers: dict[Role, Supervisor],
        servers: Servers,
        microphone: Microphone,
        post_dialling: PostDialling,
    ) -> None:
        self._book = book
        self._workers = workers
        self._servers = servers
        self._microphone = microphone
        self._post_dialling = post_dialling

    async def place(
        self,
        role: Role,
        account: str,
        transport: Transport,
        uri: str,
        remote: Party,
        command: PlaceCall,
        play: PlayedFile | None,
        *,
        tones: str = "",
        replaces: str | None = None,
    ) -> LiveCall:
        """Start a call and log it; `replaces` as in `StartCall`.

        `tones` are sent once it is active.

        Raises:
            Refusal: the worker refused.
        """
        call = self._book.begin(role, account, transport, Direction.OUT, remote)
        call.hangup_after_s = command.hangup_after_s
        call.file = play
        call.voice = Voice.NONE if play else Voice.FIRST
        call.recording = command.record is not None
        self._post_dialling.prepare(call, tones)
        self._book.publish(call)
        start = StartCall(
            call=call.number,
            account=account,
            uri=uri,
            voice=play is None,
            play=str(play.path) if play else None,
            record=command.record,
            replaces=replaces,
        )
        call.start = start
        try:
            if play is None:
                async with self._microphone.given_to(call):
                    await self._start(call, start)
            else:
                await self._start(call, start)
        except (Refusal, WorkerRefused, WorkerGone) as error:
            if call.ended is None:
                cause = Cause(CauseKind.NOT_STARTED, (str(error),))
                self._book.finish(call, Outcome.FAILED, cause)
            raise Refusal("call_failed", f"the call could not be made: {error}") from error
        return call

    async def _start(self, call: LiveCall, start: StartCall) -> None:
        if call.ended is not None:
            raise Refusal("call_failed", call.words or "it has ended")
        if call.ended_here:
            cause = Cause(CauseKind.SIP_STATUS, (_CANCELLED, ""))
            self._book.finish(call, Outcome.CANCELLED, cause)
            return
        target = self._servers.target(call.account)
        if target is not None:
            call.tried += (target,)
        call.between_targets = False
        others = self._servers.has_other(call.account, call.tried)
        patience_s = SHORT_SILENCE_S if others else None
        await self._workers[call.role].ask(replace(start, patience_s=patience_s))

    def again(self, call: LiveCall, cause: Cause) -> Coroutine[None, None, None] | None:
        """Return the next attempt through the server's next target, None without one."""
        if call.start is None or not self._servers.go_on(call.account, call.tried):
            return None
        log.info("call %d: %s: the next target is tried", call.id, sentence(cause))
        call.code = call.cause = call.connection = call.first_connection = None
        call.between_targets = True
        return self._again(call, call.start)

    async def _again(self, call: LiveCall, start: StartCall) -> None:
        try:
            await self._servers.aim(call.account)
            # Another call may have got the microphone meanwhile.
            await self._start(call, replace(start, voice=call.voice is Voice.HERE))
            if call.muted and call.ended is None:
                await self._workers[call.role].ask(MuteCall(call=call.number, on=True))
        except (Refusal, WorkerRefused, WorkerGone) as error:
            if call.ended is None:
                cause = Cause(CauseKind.NOT_STARTED, (str(error),))
                self._book.finish(call, Outcome.FAILED, cause)
        if call.ended is not None:
            await self._microphone.settle()
