"""Workers that follow a script: no process, no pjsua2, no network.

The engine starts them in place of processes, and uses the same socket and messages.
A test decides for servers and far ends.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from tests.support.standin import facts
from tests.support.standin.script import Script
from voip.causes import Cause
from voip.choices import Dtmf
from voip.model import CallState, HeldBy, Voicemail
from voip.protection import MediaKind, Stream, TlsStatus, Transport
from voip.protocol.framing import MAX_LINE, Decoder, encode
from voip.protocol.settings import Audio
from voip.protocol.sound import TrialStage
from voip.protocol.worker.accounts import (
    AccountSetup,
    CloseAccount,
    LeaveConnection,
    OpenAccount,
    RegisterNow,
    RegistrationEvent,
    Trust,
    UseIceServers,
    UseOwnKey,
    UseTarget,
    VoicemailEvent,
)
from voip.protocol.worker.base import Role, WorkerCommand
from voip.protocol.worker.calls import (
    Answer,
    AnswerTransfer,
    CallStateEvent,
    Digits,
    DigitsDone,
    EndCall,
    GiveVoice,
    HoldCall,
    HoldEvent,
    IncomingCall,
    MediaEvent,
    MixCalls,
    MoveCall,
    MuteCall,
    PlayFile,
    RecordFile,
    ReferCall,
    ReferToCall,
    Ring,
    StartCall,
    TransferAsked,
    TypeText,
)
from voip.protocol.worker.messages import AnswerText, SendText, TextReceived, TextSent
from voip.protocol.worker.people import (
    EndWatch,
    Publish,
    Watch,
    WatchEnded,
    WatchNotice,
)
from voip.protocol.worker.process import (
    AnswerName,
    AnyWorkerEvent,
    Configure,
    ConnectionEvent,
    Done,
    Order,
    Quit,
    WatchSip,
)
from voip.protocol.worker.sound import (
    EndMicrophone,
    LookUpDevices,
    MicrophoneReport,
    PlayRing,
    RecordMicrophone,
    RingHere,
    UseAudio,
    WatchLevels,
)

_NO_SUCH_PROCESS = 1 << 30
_PORTS = {Transport.TLS: 5061, Transport.TCP: 5060, Transport.UDP: 5060}
_ECHO_ACCOUNT = "echo"


class Refused(Exception):
    """A command that the worker refuses."""


@dataclass
class ScriptedCall:
    """A call in a worker; `connection` is None over UDP."""

    number: int
    setup: AccountSetup
    connection: int | None
    state: CallState
    stream: Stream | None = None
    local_hold: bool = False
    remote_hold: bool = False

    @property
    def held_by(self) -> HeldBy | None:
        return HeldBy.of(us=self.local_hold, them=self.remote_hold)

    @property
    def incoming(self) -> bool:
        return self.number < 0


class ScriptedWorker:
    """A worker from start to end; a `voip.engine.workers.processes.Process`."""

    pid = _NO_SUCH_PROCESS
    stdout = None

    def __init__(self, script: Script, theirs: socket.socket) -> None:
        self._script = script
        self._socket = theirs.dup()
        self._ended = asyncio.Event()
        self._connections: dict[tuple[Transport, str, int, Trust | None], int] = {}
        self._last_connection = 0
        self._next_incoming = -1
        self._then: list[Callable[[], None]] = []
        self._trial = TrialStage.DONE
        self._audio: Audio
        self._silent: bool
        self._writer: asyncio.StreamWriter
        self._task = asyncio.create_task(self._serve())
        self.accounts: dict[str, AccountSetup] = {}
        self.calls: dict[int, ScriptedCall] = {}
        self.watches: dict[int, Watch] = {}
        self.role = Role.SECURE
        self.returncode: int | None = None

    @property
    def is_trial(self) -> bool:
        return any(account.trial for account in self.accounts.values())

    # The process

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """End without an event, as by SIGKILL."""
        self._end(-signal.SIGKILL)

    def send(self, event: AnyWorkerEvent) -> None:
        self._writer.write(encode(event))

    async def _serve(self) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._socket, limit=MAX_LINE)
        decoder: Decoder[Order] = Decoder(Order)
        while (line := await reader.readline()) and self.returncode is None:
            order = decoder.decode(line)
            await self._script.reaches(order.command)
            self._obey(order)
        self._end(0)

    def _end(self, status: int) -> None:
        if self.returncode is None:
            self.returncode = status
            self._ended.set()
            self._writer.close()

    def _obey(self, order: Order) -> None:
        try:
            if words := self._script.refused.get(type(order.command)):
                raise Refused(words)
            ANSWERS[type(order.command)](self, order.command)
        except Refused as error:
            self.send(Done(id=order.id, error=str(error)))
        else:
            self.send(Done(id=order.id))
        # The network answers later than the worker.
        then, self._then = self._then, []
        for work in then:
            work()

    # Commands

    def configure(self, command: Configure) -> None:
        self.role = command.role
        self._audio = command.audio
        self._silent = command.silent
        self._script.started.append(self)
        self.send(facts.ready(command))

    def add_account(self, command: OpenAccount) -> None:
        setup = command.account
        if setup.name in self.accounts:
            raise Refused(f"account {setup.name} is there already")
        if (setup.transport is Transport.TLS) != (self.role is not Role.OPEN):
            raise Refused(f"a {self.role} worker has no {setup.transport.value.upper()} transport")
        self.accounts[setup.name] = setup

    def remove_account(self, command: CloseAccount) -> None:
        setup = self._account(command.name)
        del self.accounts[setup.name]
        for call in [call for call in self.calls.values() if call.setup is setup]:
            self.end(call, 480, "Temporarily Unavailable")

    def register(self, command: RegisterNow) -> None:
        setup = self._account(command.name)
        self._then.append(lambda: self._answer_register(setup))

    def use_target(self, command: UseTarget) -> None:
        setup = self._account(command.name)
        self.accounts[setup.name] = replace(setup, target=command.target)

    def leave_connection(self, command: LeaveConnection) -> None:
        self._account(command.name)

    def use_ice_servers(self, command: UseIceServers) -> None:
        self._account(command.name)

    def use_own_key(self, command: UseOwnKey) -> None:
        self._account(command.name)

    def start_call(self, command: StartCall) -> None:
        setup = self._account(command.account)
        call = ScriptedCall(command.call, setup, None, CallState.DIALING)
        if command.record is not None:
            _write_recording(command.record)
        self.calls[call.number] = call
        self._report(call, 0, "")
        self._then.append(lambda: self._travel(call))

    def answer(self, command: Answer) -> None:
        call = self._call(command.call)
        self._then.append(lambda: self.take(call))

    def end_call(self, command: EndCall) -> None:
        call = self._call(command.call)
        code, reason = 200, "OK"
        if not call.state.answered:
            code, reason = (command.code, "") if call.incoming else (487, "Request Terminated")
        self._then.append(lambda: self.end(call, code, reason))

    def hold(self, command: HoldCall) -> None:
        call = self._call(command.call)
        refusal = self._script.hold_refusal
        if command.on:
            # Cut off at once, whatever the far end answers.
            call.local_hold = True
            self.report_media(call)

        def answered() -> None:
            if refusal is None:
                call.local_hold = command.on
            code, reason = refusal or (200, "OK")
            self.send(
                HoldEvent(
                    call=call.number,
                    agreed=refusal is None,
                    held=call.local_hold,
                    code=code,
                    reason=reason,
                )
            )
            self.report_media(call)

        self._then.append(answered)

    def accept_for_call(
        self, command: Ring | MoveCall | MuteCall | GiveVoice | PlayFile | AnswerTransfer | TypeText
    ) -> None:
        self._call(command.call)

    def refer(self, command: ReferCall | ReferToCall) -> None:
        self._call(command.call)
        if command.hold:
            self.hold(HoldCall(call=command.call))

    def mix(self, command: MixCalls) -> None:
        """Accept any calls: those that have ended are left out."""

    def send_digits(self, command: Digits) -> None:
        call = self._call(command.call)
        self._then.append(lambda: self.send(DigitsDone(call=call.number, way=Dtmf.RFC4733)))

    def send_text(self, command: SendText) -> None:
        self._account(command.account)
        code, reason = self._script.text_answer
        sent = TextSent(number=command.number, account=command.account, code=code, reason=reason)
        self._then.append(lambda: self.send(sent))

    def watch(self, command: Watch) -> None:
        """Keep a subscription, whose notices come from the script."""
        self._account(command.account)
        self.watches[command.number] = command

    def end_watch(self, command: EndWatch) -> None:
        self.watches.pop(command.number, None)

    def publish(self, command: Publish) -> None:
        """Answer a PUBLISH as the script says, each with a tag of its own."""
        self._account(command.account)
        answer = self._script.publish_answer
        if answer is None:
            return
        tag = f"tag{command.number}" if answer.code == 200 else None
        ended = replace(answer, number=command.number, account=command.account, entity_tag=tag)
        self._then.append(lambda: self.send(ended))

    def answer_text(self, command: AnswerText) -> None:
        """Accept the command: it is among the orders."""

    def record(self, command: RecordFile) -> None:
        self._call(command.call)
        if command.path is not None:
            _write_recording(command.path)

    def use_audio(self, command: UseAudio) -> None:
        self._audio = command.audio
        self.send(facts.sound_of(self._audio, self._silent, self.role))

    def look_up_devices(self, command: LookUpDevices) -> None:
        self.send(facts.sound_of(self._audio, self._silent, self.role))

    def play_ring(self, command: PlayRing) -> None:
        if self.role is not Role.RINGER:
            raise Refused("a worker with calls rings by their states")

    def record_microphone(self, command: RecordMicrophone) -> None:
        """Report a test that goes on until its end is asked for, twice."""
        if self._silent:
            raise Refused("there is no microphone to test: sound is switched off")
        self.report_microphone(TrialStage.LISTENING, self._script.microphone)

    def end_microphone(self, command: EndMicrophone) -> None:
        is_over = command.at_once or self._trial is TrialStage.PLAYING
        self.report_microphone(TrialStage.DONE if is_over else TrialStage.PLAYING, 0.125)

    def report_microphone(self, stage: TrialStage, level: float) -> None:
        self._trial = stage
        self.send(MicrophoneReport(stage=stage, level=level))

    def ring_here(self, command: RingHere) -> None:
        """Accept the command: nobody hears a scripted worker."""

    def watch_levels(self, command: WatchLevels) -> None:
        """Ignore the command: levels come from the script."""

    def watch_sip(self, command: WatchSip) -> None:
        """Ignore the command: messages come from the script."""

    def ignore_answer(self, command: AnswerName) -> None:
        """Ignore the command: no script asks for a name."""

    def quit(self, command: Quit) -> None:
        for call in list(self.calls.values()):
            self.end(call, 200, "OK")
        self._then.append(lambda: self._end(0))

    # Actions of servers and far ends

    def take(self, call: ScriptedCall, stream: Stream | None = None) -> None:
        """Answer the call, at either end."""
        secure = call.setup.transport is Transport.TLS
        call.stream = stream or facts.voice(srtp=secure, keying=call.setup.keying)
        if call.incoming:
            # The called end has media before the other end confirms.
            self._report_streams(call)
            self.report_state(call, CallState.CONNECTING, 200, "OK")
        else:
            self.report_state(call, CallState.CONNECTING, 200, "OK")
            self._report_streams(call)
        self._report_flow(call)

    def streams(self, call: ScriptedCall) -> tuple[Stream, ...]:
        """Streams of a call, one of text too if its account has that."""
        assert call.stream is not None, f"call {call.number} has not been answered"
        text = replace(call.stream, kind=MediaKind.TEXT, codec=None)
        return (call.stream, text) if call.setup.realtime_text else (call.stream,)

    def sound_early(self, call: ScriptedCall) -> None:
        """Start early media, encrypted as the account requires."""
        call.stream = facts.voice(srtp=call.setup.transport is Transport.TLS)
        self.report_state(call, CallState.RINGING, 183, "Session Progress")
        self._report_streams(call)

    def report_state(self, call: ScriptedCall, state: CallState, code: int, reason: str) -> None:
        call.state = state
        self._report(call, code, reason)

    def report_media(self, call: ScriptedCall) -> None:
        """Report the facts first, then the state that depends on them."""
        self._report_streams(call)
        self._report_flow(call)

    def ask_for_transfer(self, call: ScriptedCall, refer_to: str) -> None:
        """Have the far end ask to connect the user with somebody."""
        self.send(TransferAsked(call=call.number, refer_to=refer_to))

    def end(self, call: ScriptedCall, code: int, reason: str, cause: Cause | None = None) -> None:
        self.calls.pop(call.number, None)
        call.state = CallState.ENDED
        self._report(call, code, reason, cause)

    def ring(
        self,
        account: str,
        remote: str,
        answer_after_s: int | None = None,
        asserted: str | None = None,
        diverted_by: str | None = None,
        replaces: int | None = None,
    ) -> ScriptedCall:
        """Receive a call, which may ask to be answered after a time.

        The server may have `asserted` another caller, and name who forwarded it. It may
        name a call that it `replaces`.
        """
        setup = self._account(account)
        call = ScriptedCall(self._next_incoming, setup, self._connect(setup), CallState.INCOMING)
        self._next_incoming -= 1
        self.calls[call.number] = call
        self.send(
            IncomingCall(
                call=call.number,
                account=account,
                remote=remote,
                connection=call.connection,
                offers_srtp=setup.transport is Transport.TLS,
                answer_after_s=answer_after_s,
                asserted=asserted,
                diverted_by=diverted_by,
                replaces=replaces,
            )
        )
        if replaces is None:
            self._report(call, 100, "Trying")
        return call

    def receive_text(self, account: str, text: str, remote: str, mark: str) -> None:
        """Receive a text, which `mark` tells from others."""
        connection = self._connect(self._account(account))
        self.send(
            TextReceived(
                number=len(self._script.orders),
                account=account,
                connection=connection,
                remote=remote,
                content_type="text/plain",
                content_encoding="",
                body=text.encode(),
                mark=mark,
            )
        )

    def report_voicemail(self, account: str, voicemail: Voicemail) -> None:
        """Report the account's voice mail from its server."""
        connection = self._connect(self._account(account))
        self.send(VoicemailEvent(account, voicemail, connection))

    def watches_of(self, account: str, user: str) -> list[Watch]:
        """Subscriptions of an account, to a `user` of its server alone if one is named."""
        own = [watch for watch in self.watches.values() if watch.account == account]
        return [watch for watch in own if not user or watch.uri.startswith(f"sip:{user}@")]

    def notify(self, watch: Watch, content_type: str, body: bytes) -> None:
        """Send a notice by the account's own connection."""
        connection = self._connect(self._account(watch.account))
        self.send(WatchNotice(watch.number, watch.account, connection, content_type, body))

    def end_subscription(self, watch: Watch, code: int, retry_after_s: int = 0) -> None:
        """Report the end of a subscription by its server."""
        del self.watches[watch.number]
        self.send(WatchEnded(watch.number, watch.account, code, retry_after_s))

    def drop_connection(self, account: str) -> None:
        """End the connection to an account's server."""
        key = self._key(self._account(account))
        self._connection_event(key, self._connections.pop(key), up=False)

    # Inside

    def _account(self, name: str) -> AccountSetup:
        try:
            return self.accounts[name]
        except KeyError:
            raise Refused(f"there is no account {name} in this worker") from None

    def _call(self, number: int) -> ScriptedCall:
        try:
            return self.calls[number]
        except KeyError:
            raise Refused("the call has ended") from None

    def _answer_register(self, setup: AccountSetup) -> None:
        registrar = self._script.registrar(setup)
        if registrar.silent:
            return
        active = registrar.code // 100 == 2
        connection = self._connect(setup)
        code, reason = registrar.code, registrar.reason
        if connection is None and setup.transport is not Transport.UDP:
            active, code, reason = False, 503, "Service Unavailable"
        self.send(
            RegistrationEvent(
                account=setup.name,
                active=active,
                code=code,
                reason=reason,
                expires_s=setup.expires_s if active else 0,
                connection=connection,
            )
        )

    def _travel(self, call: ScriptedCall) -> None:
        call.connection = self._connect(call.setup)
        if call.connection is None and call.setup.transport is not Transport.UDP:
            self.end(call, 503, "Service Unavailable")
        elif call.setup.name == _ECHO_ACCOUNT:
            self.take(call)

    def _connect(self, setup: AccountSetup) -> int | None:
        """Return the connection to an account's server, opening it if needed."""
        if setup.transport is Transport.UDP:
            return None
        key = self._key(setup)
        registrar = self._script.registrar(setup)
        cause = registrar.cause
        if cause is None and key in self._connections:
            return self._connections[key]
        self._last_connection += 1
        shown, other_key = self._script.server(key[1]), None
        if cause is None and setup.trust is not None:
            cause, other_key = facts.refused(shown, setup.trust)
        tls = facts.tls_of(shown, setup.trust) if cause is None else None
        self._connection_event(key, self._last_connection, tls, cause, other_key)
        if cause is not None:
            return None
        self._connections[key] = self._last_connection
        return self._last_connection

    def _key(self, setup: AccountSetup) -> tuple[Transport, str, int, Trust | None]:
        return (setup.transport, setup.server_name, setup.target.port, setup.trust)

    def _connection_event(
        self,
        key: tuple[Transport, str, int, Trust | None],
        number: int,
        tls: TlsStatus | None = None,
        cause: Cause | None = None,
        other_key: str | None = None,
        up: bool = True,
    ) -> None:
        transport, host, port, _ = key
        self.send(
            ConnectionEvent(
                id=number,
                up=up and cause is None,
                outgoing=True,
                transport=transport,
                host=host,
                port=port,
                tls=tls,
                cause=cause,
                other_key=other_key,
                address=facts.ADDRESS if transport is Transport.TLS else None,
                accounts=tuple(n for n, setup in self.accounts.items() if self._key(setup) == key),
            )
        )

    def _report_streams(self, call: ScriptedCall) -> None:
        self.send(
            MediaEvent(
                call=call.number,
                streams=self.streams(call),
                held_by=call.held_by,
                connection=call.connection,
            )
        )

    def _report_flow(self, call: ScriptedCall) -> None:
        state = call.held_by.state if call.held_by else CallState.ACTIVE
        if call.state is not state:
            self.report_state(call, state, 200, "OK")

    def _report(
        self, call: ScriptedCall, code: int, reason: str, cause: Cause | None = None
    ) -> None:
        self.send(
            CallStateEvent(
                call=call.number,
                state=call.state,
                code=code,
                reason=reason,
                connection=call.connection,
                cause=cause,
            )
        )


def _write_recording(path: str) -> None:
    try:
        with wave.open(path, "wb") as recording:
            recording.setnchannels(1)
            recording.setsampwidth(2)
            recording.setframerate(8000)
            recording.writeframes(bytes(1600))
    except OSError as error:
        raise Refused(str(error)) from error


ANSWERS: dict[type[WorkerCommand], Callable[[ScriptedWorker, Any], None]] = {
    Configure: ScriptedWorker.configure,
    OpenAccount: ScriptedWorker.add_account,
    CloseAccount: ScriptedWorker.remove_account,
    RegisterNow: ScriptedWorker.register,
    UseIceServers: ScriptedWorker.use_ice_servers,
    UseOwnKey: ScriptedWorker.use_own_key,
    UseTarget: ScriptedWorker.use_target,
    LeaveConnection: ScriptedWorker.leave_connection,
    StartCall: ScriptedWorker.start_call,
    Ring: ScriptedWorker.accept_for_call,
    Answer: ScriptedWorker.answer,
    EndCall: ScriptedWorker.end_call,
    Publish: ScriptedWorker.publish,
    HoldCall: ScriptedWorker.hold,
    MoveCall: ScriptedWorker.accept_for_call,
    MixCalls: ScriptedWorker.mix,
    GiveVoice: ScriptedWorker.accept_for_call,
    AnswerTransfer: ScriptedWorker.accept_for_call,
    MuteCall: ScriptedWorker.accept_for_call,
    Digits: ScriptedWorker.send_digits,
    ReferCall: ScriptedWorker.refer,
    ReferToCall: ScriptedWorker.refer,
    PlayFile: ScriptedWorker.accept_for_call,
    RecordFile: ScriptedWorker.record,
    UseAudio: ScriptedWorker.use_audio,
    LookUpDevices: ScriptedWorker.look_up_devices,
    PlayRing: ScriptedWorker.play_ring,
    RecordMicrophone: ScriptedWorker.record_microphone,
    EndMicrophone: ScriptedWorker.end_microphone,
    RingHere: ScriptedWorker.ring_here,
    WatchLevels: ScriptedWorker.watch_levels,
    WatchSip: ScriptedWorker.watch_sip,
    AnswerName: ScriptedWorker.ignore_answer,
    SendText: ScriptedWorker.send_text,
    Watch: ScriptedWorker.watch,
    EndWatch: ScriptedWorker.end_watch,
    AnswerText: ScriptedWorker.answer_text,
    TypeText: ScriptedWorker.accept_for_call,
    Quit: ScriptedWorker.quit,
}
"""The handler of each command of `voip.protocol.worker.process`."""
