"""The real engine in the test's own loop, with scripted workers.

Accounts, policy, call book, log, settings and socket are real. A script replaces
the worker processes (`tests.support.standin.worker`), so nothing here needs a
network, a sound device or time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import keyring
import msgspec
import pytest
from keyring.backends import fail

from tests.support.attached import PATIENCE_S, Attached, environment_of
from tests.support.standin import facts
from tests.support.standin.names import ScriptedNames
from tests.support.standin.script import Registrar, Script
from tests.support.standin.worker import ScriptedCall, ScriptedWorker
from voip import paths as places
from voip.causes import Cause, CauseKind
from voip.client import stream as clients
from voip.client.errors import NoEngine
from voip.engine.accounts import pinning
from voip.engine.calls.live import LiveCall
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files import permissions
from voip.engine.files.lock_file import Locks
from voip.engine.network import search
from voip.engine.serving import Serving
from voip.engine.workers.processes import start_process
from voip.model import Call, CallState, Outcome, RegistrationState, Status, Voicemail
from voip.protection import Keying
from voip.protocol.calls import LogEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.people import MessageEvent
from voip.protocol.sound import GetDevices
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    DigitReceived,
    Digits,
    DigitsDone,
    EndCall,
    IdentityEvent,
    PlayEnded,
    RealtimeTextReceived,
    ReferAnswered,
    ReferProgress,
    RefusedCall,
    Ring,
    StatisticsEvent,
)
from voip.protocol.worker.people import Watch
from voip.protocol.worker.sound import LevelsReport, SoundEvent
from voip.security import hardening
from voip.sip.messages import dialog_info, pidf
from voip.texts import TextMessage

_PACKETS = 10_000
_SETTLED = (RegistrationState.REGISTERED, RegistrationState.FAILED)


class StandIn(Attached):
    """An engine that listens during `async with StandIn(folder) as phone:`.

    `Client.connect()` of this process reaches it. `audio` is `OFFHOOK_AUDIO`; None
    lets the workers report devices.
    """

    def __init__(self, folder: Path, audio: str | None = None) -> None:
        super().__init__(folder)
        self.script = Script()
        self.engine: Engine
        self._serving: Serving
        self._audio = audio
        self.names = ScriptedNames()
        self._stack = ExitStack()
        self._running: asyncio.Task[None] | None = None

    # Life

    async def __aenter__(self) -> Self:
        with ExitStack() as undo:
            patch = undo.enter_context(pytest.MonkeyPatch.context())
            for name, value in environment_of(self.folder).items():
                patch.setenv(name, value)
            patch.delenv("OFFHOOK_AUDIO", raising=False)
            if self._audio is not None:
                patch.setenv("OFFHOOK_AUDIO", self._audio)
            undo.callback(keyring.set_keyring, keyring.get_keyring())
            keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
            self.paths = places.find()
            permissions.make_folders(self.paths)
            # The tests' process is not hardened: its memory is open.
            patch.setattr(hardening, "problem", lambda: None)
            # The screen shows the login name: keep it the same on any machine.
            patch.setattr(pinning, "login_name", lambda: "alice")
            # Nor the time of a server's answer.
            patch.setattr(search, "milliseconds_since", lambda sent: facts.ANSWER_MS)
            # A client that reaches no engine must not start a real one, which would outlive
            # the test. The lock turns away those of other processes.
            patch.setattr(clients, "reach", _start_no_engine)
            self._locks = undo.enter_context(Locks(self.paths))
            self._locks.take()
            _keep_log(undo, self.paths.log)
            await self.start()
            self._stack = undo.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            await self.stop()

    async def start(self) -> None:
        """Start an engine on the folder as it is, after a `stop` or a `crash`."""
        await self._ended()
        start = partial(start_process, self._start_process)
        self.engine = Engine(self.paths, start, self._look, self.names)
        self._serving = Serving(self.engine, self._locks)
        await self._serving.start()
        self._running = asyncio.create_task(self._serving.run())
        await self.attach()

    async def stop(self) -> None:
        """End the engine in good order, as SIGTERM does."""
        self.engine.stop_soon()
        await self._ended()

    async def crash(self) -> None:
        """End the engine abruptly: no event, no completed row."""
        await self._serving.server.stop()
        # Its later actions reach neither a client nor the log.
        self.engine.history.close()
        await self.stop()

    async def drop_clients(self) -> None:
        """Close every client's connection; the engine goes on."""
        await self._serving.server.stop()
        await self.detach()
        await self._serving.server.start()
        await self.attach()

    async def _ended(self) -> None:
        if self._running is not None:
            await self._running
        await self.detach()

    async def _look(self, host: str, targets: Sequence[Target], *trusted: object) -> ServerReport:
        shown = self.script.server(host)
        if isinstance(shown, Refusal):
            raise shown
        return msgspec.structs.replace(shown, host=host, port=targets[0].port)

    async def _start_process(self, theirs: socket.socket) -> ScriptedWorker:
        return ScriptedWorker(self.script, theirs)

    # Waiting

    async def reaches(self, condition: Callable[[Status], bool]) -> Status:
        """Return the engine's status once it satisfies the condition."""
        changed = asyncio.Event()

        def listener(event: NumberedEvent) -> None:
            changed.set()

        engine = self.engine
        engine.hub.listen(listener, levels=False)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition(engine.status()):
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(f"the engine stays as it is: {engine.status()}") from None
        finally:
            engine.hub.forget(listener)
        return engine.status()

    async def reaches_call(self, call: str, condition: Callable[[Call], bool]) -> Call:
        """Return a running call once it satisfies the condition."""
        status = await self.reaches(lambda s: any(c.id == call and condition(c) for c in s.calls))
        return next(c for c in status.calls if c.id == call)

    async def read_workers(self) -> None:
        """Wait until the engine has read all that workers have reported."""
        # A worker has handled all earlier commands before it answers this one.
        await self.client.ask(GetDevices())

    async def idle(self, account: str) -> None:
        """Wait until an account is done with what is due now."""
        await self.status()
        async with self.engine.registrations.get(account).busy:
            pass

    # Accounts and their servers; one tried before it is saved is TRIAL

    async def add_account(self, name: str = "work", **fields: Any) -> None:
        """Add an account of alice at pbx.example.com, and wait for the answer."""
        await self.add(name, **{"user": "alice", "domain": "pbx.example.com", **fields})
        live = self.engine.registrations.get(name)
        if live.account is None or not live.account.enabled:
            return
        await self.engine.registrations.ready(live)
        state = RegistrationState.REGISTERING if self._is_silent(name) else None
        if live.account.register:
            await self.reaches(lambda _: live.registration.state in (state, *_SETTLED))

    def accept_account(self, name: str) -> None:
        """Answer the account's REGISTER with 200 from the next one on."""
        self.script.registrars.pop(name, None)

    def refuse_account(self, name: str, code: int, reason: str = "") -> None:
        """Answer the account's REGISTER with `code`, for example 403."""
        self.script.registrars[name] = Registrar(code, reason)

    def refuse_connection(self, name: str, kind: CauseKind, *detail: str) -> None:
        """Refuse every connection to the account's server, for a cause."""
        self.script.registrars[name] = Registrar(cause=Cause(kind, detail))

    def ignore_account(self, name: str) -> None:
        """Leave the account's REGISTER unanswered."""
        self.script.registrars[name] = Registrar(silent=True)

    def lose_name(self, host: str) -> None:
        """Make `host` unknown to every name server."""
        self.names.lost.add(host)

    def shows_certificates(self, host: str, report: ServerReport) -> None:
        """Set the chain that `host` shows, from the next connection on.

        The default is a trusted chain.
        """
        self.script.shown[host] = report

    def shows_no_certificate(self, host: str, words: str) -> None:
        """Show no certificate at `host` to an inspection; `words` give the reason."""
        self.script.shown[host] = Refusal("no_tls", words)

    def drop_connection(self, account: str) -> None:
        """End the connection to the account's server; its users open it again."""
        self._worker_of(account).drop_connection(account)

    def voicemail(self, account: str, voicemail: Voicemail) -> None:
        """Report the account's voice mail from its server."""
        self._worker_of(account).report_voicemail(account, voicemail)

    async def text_comes(
        self, text: str, account: str = "work", remote: str = '"Bob" <sip:bob@example.com>'
    ) -> TextMessage:
        """Receive a text, and return it as it was kept."""
        position = len(self.events)
        mark = f"text {position}"
        self._worker_of(account).receive_text(account, text, remote, mark)
        event = await self.until(MessageEvent, lambda e: e.message.unread, position)
        return event.message

    async def watches(self, account: str = "work", user: str = "") -> list[Watch]:
        """Subscriptions of an account, to a `user` of its server alone if one is named."""
        await self.engine.contacts.refresh()
        await self.engine.presence.refresh()
        await self.read_workers()
        return self._worker_of(account).watches_of(account, user)

    async def notify(self, user: str, body: str, account: str = "work") -> None:
        """Have the server of an account say something of its user."""
        (watch,) = await self.watches(account, user)
        kind = pidf.TYPE if watch.package == pidf.PACKAGE else dialog_info.TYPE
        self._worker_of(account).notify(watch, kind, body.encode())
        await self.read_workers()

    async def in_calls(self, user: str, *states: str, account: str = "work") -> None:
        """Have the server say in which states the dialogs of its user are."""
        (watch,) = await self.watches(account, user)
        dialogs = "".join(
            f'<dialog id="{n}"><state>{state}</state></dialog>' for n, state in enumerate(states)
        )
        head = 'xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full"'
        body = f'<dialog-info {head} entity="{watch.uri}">{dialogs}</dialog-info>'
        await self.notify(user, body, account)

    async def ends_subscription(self, user: str, code: int, retry_after_s: int = 0) -> None:
        """End the subscription to a user of the server of `work`."""
        (watch,) = await self.watches("work", user)
        self._worker_of("work").end_subscription(watch, code, retry_after_s)
        await self.read_workers()

    def sound_breaks(self, why: str) -> None:
        """Break the sound device of the secure worker; `why` is in its words."""
        self.script.worker(Role.SECURE).send(SoundEvent(devices=(), sound=why, sound_ok=False))

    def worker_dies(self, role: Role = Role.SECURE) -> None:
        """End a worker without an event; the engine starts another."""
        self.script.worker(role).kill()

    # Calls, by the id that clients use

    async def incoming(
        self,
        account: str = "work",
        remote: str = '"Bob" <sip:bob@example.com>',
        answer_after_s: int | None = None,
        asserted: str | None = None,
        diverted_by: str | None = None,
    ) -> str:
        """Receive a call, and return its id; the texts are raw ones of the network."""
        worker = self._worker_of(account)
        # An account that was edited leaves its worker for a moment.
        await self.reaches(lambda _: account in worker.accounts)
        number = worker.ring(account, remote, answer_after_s, asserted, diverted_by).number
        await self.reaches(lambda _: self.engine.book.by_number(worker.role, number) is not None)
        call = self.engine.book.by_number(worker.role, number)
        assert call is not None
        return str(call.id)

    async def calls_in_vain(self, account: str, remote: str) -> tuple[int, ...]:
        """Receive a call from a blocked caller; return the answers, 180 included."""
        position = len(self.events)
        worker = self._worker_of(account)
        number = worker.ring(account, remote).number
        blocked = Outcome.BLOCKED
        await self.until(LogEvent, lambda e: e.entry.outcome is blocked, position)
        await self.read_workers()
        return tuple(
            180 if isinstance(order, Ring) else order.code
            for order in self.script.orders
            if isinstance(order, Ring | EndCall) and order.call == number
        )

    def refused_call(self, account: str, remote: str) -> None:
        """Receive an unencrypted call that PJSIP refuses before it rings."""
        cause = Cause(CauseKind.NO_ENCRYPTION, ("caller",))
        self._worker_of(account).send(
            RefusedCall(call=None, account=account, remote=remote, code=488, cause=cause)
        )

    def remote_rings(self, call: str) -> None:
        worker, scripted = self._find(call)
        worker.report_state(scripted, CallState.RINGING, 180, "Ringing")

    def remote_sounds(self, call: str) -> None:
        """Send sound from the far end before its answer (RFC 3960)."""
        worker, scripted = self._find(call)
        worker.sound_early(scripted)

    def remote_answers(
        self,
        call: str,
        *,
        encrypted: bool | None = None,
        suite: str = facts.SUITE,
        keying: Keying = Keying.SDES,
        codec: str = facts.CODEC,
        fingerprints: tuple[str, str] | None = facts.FINGERPRINTS,
    ) -> None:
        """Answer at the far end, encrypted unless the account's transport is open.

        With DTLS-SRTP and no `fingerprints`, the handshake is not done yet.
        """
        worker, scripted = self._find(call)
        srtp = worker.role is Role.SECURE if encrypted is None else encrypted
        stream = facts.voice(
            srtp=srtp, suite=suite, keying=keying, codec=codec, fingerprints=fingerprints
        )
        worker.take(scripted, stream)

    def remote_refuses(self, call: str, code: int, reason: str = "") -> None:
        """Refuse at the far end with a final status, for example 404."""
        worker, scripted = self._find(call)
        worker.end(scripted, code, reason)

    def remote_busy(self, call: str) -> None:
        self.remote_refuses(call, 486, "Busy Here")

    def remote_declines(self, call: str) -> None:
        self.remote_refuses(call, 603, "Decline")

    def remote_stops_encrypting(self, call: str) -> None:
        """Report a stream without SRTP, which a worker never lets be."""
        worker, scripted = self._find(call)
        assert scripted.stream is not None
        scripted.stream = msgspec.structs.replace(scripted.stream, srtp=False, suite=None)
        worker.report_media(scripted)

    def answered_elsewhere(self, call: str) -> None:
        """Cancel a call that another phone has answered (RFC 3326)."""
        worker, scripted = self._find(call)
        worker.end(scripted, 487, "Request Terminated", Cause(CauseKind.ELSEWHERE))

    def server_names(self, call: str, asserted: str) -> None:
        """Have the account's server name another far end of a running call."""
        worker, scripted = self._find(call)
        worker.send(IdentityEvent(call=scripted.number, asserted=asserted))

    def remote_hangs_up(self, call: str) -> None:
        """End the call at the far end, or cancel one that is not answered."""
        worker, scripted = self._find(call)
        if scripted.state.answered:
            worker.end(scripted, 200, "OK")
        else:
            worker.end(scripted, 487, "Request Terminated")

    def remote_holds(self, call: str, on: bool = True) -> None:
        worker, scripted = self._find(call)
        scripted.remote_hold = on
        worker.report_media(scripted)

    def remote_asks_for_transfer(self, call: str, refer_to: str) -> None:
        worker, scripted = self._find(call)
        worker.ask_for_transfer(scripted, refer_to)

    def remote_resumes(self, call: str) -> None:
        self.remote_holds(call, on=False)

    def refer_answered(self, call: str, code: int, reason: str = "", reports: bool = True) -> None:
        """Answer the phone's REFER at the far end."""
        worker, scripted = self._find(call)
        worker.send(ReferAnswered(scripted.number, code=code, reason=reason, reports=reports))

    def refer_progress(self, call: str, code: int, reason: str = "", last: bool = False) -> None:
        """Report the progress of a transfer by NOTIFY."""
        worker, scripted = self._find(call)
        worker.send(ReferProgress(scripted.number, code=code, reason=reason, last=last))

    def statistics(
        self,
        call: str,
        *,
        loss: float = 0.0,
        far_loss: float | None = 0.0,
        jitter_ms: float | None = 1.0,
        rtt_ms: float | None = 20.0,
    ) -> None:
        """Report a measured second of a call; losses in percent, None if unknown."""
        worker, scripted = self._find(call)
        lost = round(_PACKETS * loss / 100)
        worker.send(
            StatisticsEvent(
                call=scripted.number,
                streams=worker.streams(scripted),
                connection=scripted.connection,
                rx_packets=_PACKETS - lost,
                rx_lost=lost,
                tx_packets=_PACKETS,
                tx_lost=None if far_loss is None else round(_PACKETS * far_loss / 100),
                jitter_ms=jitter_ms,
                rtt_ms=rtt_ms,
            )
        )

    def levels(self, call: str, rx: float, tx: float) -> None:
        """Report sound levels of a moment, 0.0 to 1.0."""
        worker, scripted = self._find(call)
        worker.send(LevelsReport(call=scripted.number, rx=rx, tx=tx))

    def digit(self, call: str, digit: str) -> None:
        """Press a key at the far end."""
        worker, scripted = self._find(call)
        worker.send(DigitReceived(call=scripted.number, digit=digit))

    def remote_types(self, call: str, text: bytes) -> None:
        """Type real-time text at the far end."""
        worker, scripted = self._find(call)
        worker.send(RealtimeTextReceived(call=scripted.number, text=text))

    def file_ends(self, call: str) -> None:
        """End the file that is played into the call."""
        worker, scripted = self._find(call)
        worker.send(PlayEnded(call=scripted.number))

    def digits_sent(self, call: str) -> str:
        """Return the tones that a running call has sent."""
        number = self._live(call).number
        return "".join(
            order.digits
            for order in self.script.orders
            if isinstance(order, Digits) and order.call == number
        )

    def loses_digits(self, call: str, lost: int, cause: Cause) -> None:
        """Drop the tones that wait."""
        worker, scripted = self._find(call)
        worker.send(DigitsDone(call=scripted.number, lost=lost, cause=cause))

    # Inside

    def _is_silent(self, account: str) -> bool:
        registrar = self.script.registrars.get(account)
        return registrar is not None and registrar.silent

    def _live(self, call: str) -> LiveCall:
        live = self.engine.book.find(call)
        assert live is not None, f"there is no call {call}: {self.engine.book.snapshot()}"
        return live

    def _find(self, call: str) -> tuple[ScriptedWorker, ScriptedCall]:
        live = self._live(call)
        worker = self.script.worker(live.role)
        return worker, worker.calls[live.number]

    def _worker_of(self, account: str) -> ScriptedWorker:
        live = self.engine.registrations.get(account)
        return self.script.worker(live.role)


def _start_no_engine(start: bool) -> Path:
    words = "is gone, and a test starts no real one" if start else "is not running"
    raise NoEngine(f"the engine {words}")


def _keep_log(undo: ExitStack, path: Path) -> None:
    """Keep the log as the engine's process does."""
    logger = logging.getLogger("voip")
    path.touch(mode=0o600)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    undo.callback(handler.close)
    undo.callback(logger.setLevel, logger.level)
    undo.callback(logger.removeHandler, handler)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
