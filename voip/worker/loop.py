"""The worker's loop: read orders, let PJSIP work, write events."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pjsua2 as pj

from voip.model import CallState
from voip.native import mark
from voip.protection import Transport
from voip.protocol.worker import process as say
from voip.security import hardening, sip_masking
from voip.security.policy import DEMANDS
from voip.sip import message
from voip.worker import endpoint as ep
from voip.worker.accounts import echo_line
from voip.worker.accounts.account import Account
from voip.worker.accounts.arrivals import Arrivals
from voip.worker.accounts.attribution import Attribution
from voip.worker.calls import srtp_flaws
from voip.worker.calls.call import Call
from voip.worker.link import EngineGone, Link
from voip.worker.media.bridge import is_complete
from voip.worker.media.sound import Sound, Tones
from voip.worker.orders import Refused, execute
from voip.worker.tls.connections import Connections

_POLL_MS = 10
_GOODBYE_S = 2.0
_COMPLETE_S = 2.0
_INSECURE = 171142
"""PJSIP_ESESSIONINSECURE: what patch 0032 says of a session that is not sent."""


class Worker:
    """Everything a worker has; `orders.execute` acts on it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._endpoint: ep.Endpoint | None = None
        self._transports: dict[tuple[Transport, say.Trust | None], int] = {}
        self._ended: list[Call] = []
        self._buried: list[pj.AudioMedia] = []
        self._dying: list[pj.AudioMedia] = []
        self._failure: Exception | None = None
        self._quitting = False
        self._outbox: list[say.WorkerEvent] = []
        self._completing: dict[int, tuple[Path, float]] = {}
        self._levels_every_s = 0.0
        self._next_incoming = -1
        self.role = say.Role.SECURE
        self.accounts: dict[str, Account] = {}
        self.removed: list[Account] = []
        self.calls: dict[int, Call] = {}
        self.connections = Connections()
        self.attribution = Attribution()
        self.arrivals = Arrivals(self)
        self.sound: Sound
        self.tones: Tones

    # The process

    def run(self) -> int:
        """Serve until told to quit or the engine is gone; the exit status."""
        try:
            self._serve()
        except EngineGone as error:
            print(f"worker: {error}", file=sys.stderr)
        except mark.UnsuitableLibrary as error:
            print(error, file=sys.stderr)
            return 3
        except Exception:
            traceback.print_exc()
            self._close()
            return 1
        self._close()
        return 1 if self._failure else 0

    def fail(self, error: Exception) -> None:
        """Something unexpected happened in a callback: end, do not go on."""
        traceback.print_exception(error)
        self._failure = self._failure or error

    def send(self, event: say.WorkerEvent) -> None:
        """Report an event, at the end of PJSIP's turn if it is one's."""
        self._outbox.append(event)

    def _flush(self) -> None:
        # PJSIP reports that a request failed before it says that the
        # connection did: the cause goes first.
        self._outbox.sort(key=lambda event: not isinstance(event, say.ConnectionEvent))
        held = [event for event in self._outbox if self._must_wait(event)]
        for event in self._outbox:
            if event not in held:
                self._link.send(event)
        self._outbox = held

    def _must_wait(self, event: say.WorkerEvent) -> bool:
        if not isinstance(event, say.CallStateEvent) or event.call not in self._completing:
            return False
        recording, deadline = self._completing[event.call]
        if event.state is not CallState.ENDED:
            return False
        if not is_complete(recording) and time.monotonic() < deadline:
            return True
        del self._completing[event.call]
        return False

    def quit(self) -> None:
        self._quitting = True

    def _serve(self) -> None:
        next_tick = time.monotonic() + 1
        next_levels = time.monotonic()
        while not self._quitting and self._failure is None:
            for order in self._link.orders():
                self._obey(order)
            self._flush()
            if self._endpoint is None:
                time.sleep(_POLL_MS / 1000)
                continue
            self._endpoint.libHandleEvents(_POLL_MS)
            self._flush()
            self._ended.clear()
            self._look_at_players()
            self._send_digits()
            self._follow_calls()
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + 1
                for call in list(self.calls.values()):
                    call.tick()
                self.sound.recover(open_now=bool(self.calls))
                self._dying, self._buried = self._buried, []
                gc.collect()
            if self._levels_every_s and now >= next_levels:
                next_levels = now + self._levels_every_s
                self._send_levels()

    def _obey(self, order: say.Order) -> None:
        try:
            execute(self, order.command)
        except Refused as error:
            self.send(say.Done(id=order.id, error=str(error)))
        except pj.Error as error:
            self.send(say.Done(id=order.id, error=_pjsip_words(error)))
        else:
            self.send(say.Done(id=order.id))

    def _close(self) -> None:
        if self._endpoint is None:
            return
        endpoint = self._endpoint
        endpoint.hangupAllCalls()
        for account in self.accounts.values():
            if account.setup.register and account.getInfo().regIsActive:
                account.setRegistration(False)
        deadline = time.monotonic() + _GOODBYE_S
        while time.monotonic() < deadline and self._busy():
            endpoint.libHandleEvents(_POLL_MS)
            self._say_goodbye()
        self.calls.clear()
        self._ended.clear()
        self._buried.clear()
        self._dying.clear()
        for account in self.accounts.values():
            account.close()
        self.accounts.clear()
        self.tones.close()
        self.sound.close()
        gc.collect()
        endpoint.libDestroy()

    def _say_goodbye(self) -> None:
        try:
            self._flush()
        except EngineGone:
            self._outbox.clear()

    def _busy(self) -> bool:
        registered = any(
            account.setup.register and account.getInfo().regIsActive
            for account in self.accounts.values()
        )
        return bool(self.calls or self._outbox) or registered

    # What the engine asks for

    def configure(self, command: say.Configure) -> None:
        """Start PJSIP in the role that was asked for, and report what it is.

        Raises:
            mark.UnsuitableLibrary: the installed pjsua2 is not ours.
        """
        found = mark.read(pj.offhookMark(), pj.tlsLibrary())
        mark.check(found)
        self.role = command.role
        self._endpoint = endpoint = ep.Endpoint(self)
        ep.start(endpoint, command)
        self.sound = Sound(endpoint, command.audio, self.send)
        self.sound.choose()
        self.tones = Tones(self.sound, command.audio.ring)
        port = None
        if command.role is say.Role.ECHO:
            if command.certificate is None or command.key is None:
                raise Refused("an echo line needs a certificate and a key")
            port = echo_line.open_line(self, command.certificate, command.key)
        self.send(
            say.Ready(
                pjsip=endpoint.libVersion().full,
                tls_library=found.tls_library,
                tls13=any(c >> 8 == 0x13 for c in endpoint.utilSslGetAvailableCiphers()),
                patches=found.patches,
                codecs=ep.codec_names(endpoint),
                srtp_suites=tuple(pj.srtpSuites()),
                devices=self.sound.devices,
                sound=self.sound.text,
                sound_ok=self.sound.ok,
                listening=port,
                memory_problem=hardening.problem(),
            )
        )

    def transport_for(self, setup: say.AccountSetup) -> int:
        """PJSIP's transport for an account; one for each kind of trust.

        Raises:
            Refused: this worker must not speak the account's transport.
        """
        demands = DEMANDS[setup.transport]
        if demands.tls_only != self.role.tls_only:
            raise Refused(f"a {self.role} worker has no {setup.transport.value.upper()} transport")
        key = (setup.transport, setup.trust if demands.verified_server else None)
        if key not in self._transports:
            self._transports[key] = ep.create_transport(self.endpoint, *key)
        return self._transports[key]

    @property
    def endpoint(self) -> ep.Endpoint:
        if self._endpoint is None:
            raise Refused("the worker is not configured yet")
        return self._endpoint

    def use_audio(self, audio: say.AudioSettings) -> None:
        self.tones.enable(audio.ring)
        self.sound.use(audio, open_now=bool(self.calls))

    def watch_levels(self, interval_ms: int) -> None:
        self._levels_every_s = interval_ms / 1000

    def watch_messages(self, on: bool) -> None:
        self.endpoint.utilTraceSip(on)

    # What PJSIP reports

    def on_message(self, prm: pj.OnSipMessageParam) -> None:
        self.send(
            say.SipMessage(
                sent=prm.sent,
                connection=self.connections.id_of(prm.hnd),
                remote=prm.remoteAddress,
                lines=sip_masking.readable(prm.wholeMsg),
            )
        )

    def on_connection(self, prm: pj.OnTransportStateParam) -> None:
        event = self.connections.on_state(prm, self.endpoint)
        if event is not None:
            self.send(event)
            if not event.up:
                self.attribution.closed(event.id)

    def on_incoming(self, account: Account, prm: pj.OnIncomingCallParam) -> None:
        number = self._next_incoming
        self._next_incoming -= 1
        call = Call(self, account, number, prm.callId)
        info = call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            # The media layer has refused the offer already; PJSIP reports
            # that as a rejected call of its own.
            return
        self.calls[number] = call
        call.connection = self.connections.id_of(prm.rdata.transport)
        if account.setup.trial:
            call.end(pj.PJSIP_SC_TEMPORARILY_UNAVAILABLE)
            return
        self.send(
            say.IncomingCall(
                call=number,
                account=account.name,
                # PJSIP has no address for who has a long one.
                remote=(message.sender(prm.rdata.wholeMsg) or info.remoteUri)[:4096],
                connection=call.connection,
                offers_srtp=message.encrypts(prm.rdata.wholeMsg),
            )
        )
        # Everybody else waits for `Ring`: the engine knows who is blocked.
        if self.role is say.Role.ECHO:
            with _gone_callers_given_up(call):
                call.media.echo()
                call.take()

    def ring(self, call: Call) -> None:
        """Ring for a call that came in."""
        with _gone_callers_given_up(call):
            call.ring()

    def on_refused_call(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        name = self.arrivals.refused_account(prm)
        reason = self._why_refused(name, prm)
        known = next((c for c in self._ended if c.pjsip_id == prm.callId and c.incoming), None)
        if known is not None:
            # Its end was reported a moment ago, as that of a call like any.
            self._outbox = [e for e in self._outbox if not _is_end_of(e, known.number)]
        self.send(
            say.RefusedCall(
                call=known.number if known else None,
                account=name,
                remote=(message.sender(prm.rdata.wholeMsg) or prm.remoteInfo)[:4096],
                code=prm.statusCode,
                reason=reason[:1024],
            )
        )

    def call_ended(self, call: Call, recording: Path | None) -> None:
        """Forget a call, but keep the object until its callback has returned.

        Its end is reported when its `recording` is complete.
        """
        if recording is not None:
            self._completing[call.number] = (recording, time.monotonic() + _COMPLETE_S)
        self.calls.pop(call.number, None)
        self._ended.append(call)

    def bury(self, players: list[pj.AudioMedia]) -> None:
        """Keep players of a call that has ended for a second or two more."""
        self._buried += players

    # Inside

    def _why_refused(self, account: str | None, prm: pj.OnRejectedIncomingCallParam) -> str:
        if self.role.tls_only and account in self.accounts:
            setup = self.accounts[account].setup
            seen = srtp_flaws.seen(prm.rdata.wholeMsg, setup)
            if seen is not None:
                return f"refused: {srtp_flaws.words(seen, 'caller', setup)}"
        return f"refused: {prm.reason}"

    def _send_digits(self) -> None:
        for call in self.calls.values():
            call.digits.advance()

    def _follow_calls(self) -> None:
        for call in list(self.calls.values()):
            # A call may end while PJSIP is asked about it.
            with contextlib.suppress(pj.Error):
                call.hold.follow()
                call.follow_early_media()

    def _look_at_players(self) -> None:
        for call in self.calls.values():
            if call.media.has_played():
                self.send(say.PlayEnded(call=call.number))

    def _send_levels(self) -> None:
        for call in self.calls.values():
            levels = call.media.levels()
            if levels is not None:
                self.send(say.LevelsReport(call=call.number, rx=levels[0], tx=levels[1]))


@contextlib.contextmanager
def _gone_callers_given_up(call: Call) -> Iterator[None]:
    try:
        yield
    except pj.Error as error:
        # Whoever calls and is gone at once can be answered no more.
        call.give_up(f"the caller was gone before the phone could ring ({error.reason})")


def _is_end_of(event: say.WorkerEvent, call: int) -> bool:
    return (
        isinstance(event, say.CallStateEvent)
        and event.call == call
        and event.state is CallState.ENDED
    )


def _pjsip_words(error: pj.Error) -> str:
    if error.status == _INSECURE:
        return "not sent: the phone's own session would have had voice without encryption"
    return str(error.reason)[:512]
