"""Phone of a configured worker."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable

import pjsua2 as pj

from voip.native import mark
from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure, Ready, SipMessage
from voip.security import hardening, masking
from voip.worker import endpoint as ep
from voip.worker.accounts import echo_line
from voip.worker.accounts.account import Account
from voip.worker.accounts.arrivals import Arrivals
from voip.worker.accounts.book import Accounts
from voip.worker.calls.book import Calls
from voip.worker.context import Context
from voip.worker.errors import Refused
from voip.worker.media import realtime
from voip.worker.media.trial import MicrophoneTrial
from voip.worker.outbox import Outbox
from voip.worker.people.publications import Publications
from voip.worker.people.subscriptions import Subscriptions

_GOODBYE_S = 2.0
_SILENCE_S = 0.2


class Phone:
    """PJSIP's endpoint with its accounts and calls.

    Raises:
        mark.UnsuitableLibrary: the installed pjsua2 is not ours.
        Refused: an echo line lacks its certificate.
        pj.Error: PJSIP could not start.
    """

    def __init__(self, outbox: Outbox, command: Configure) -> None:
        self._mark = mark.read(pj.offhookMark(), pj.tlsLibrary())
        mark.check(self._mark)
        self.context = Context(outbox, command.network)
        self.endpoint = ep.Endpoint(self.context, self)
        ep.start(self.endpoint, command)
        self.context.open_sound(self.endpoint, command.audio, command.silent)
        self.trial = MicrophoneTrial(self.context.sound, self.context.send, self.context.bury)
        self.calls = Calls(self.context, command.role)
        self.accounts = Accounts(self.context, self.endpoint, command.role, self.calls.receive)
        self.subscriptions = Subscriptions(self.context)
        self.publications = Publications(self.context)
        self._arrivals = Arrivals(self.context, self.accounts, command.role)
        self._next_tick = time.monotonic() + 1
        self._levels_every_s = 0.0
        self._next_levels = time.monotonic()
        port = self._open_echo_line(command) if command.role is Role.ECHO else None
        self.context.send(self._ready(port))

    # The loop's turns

    def turn(self, orders: int, flush: Callable[[], None]) -> None:
        """Let PJSIP work, then do what is due; `flush` writes events.

        Waits until there is work, or something to read from the file `orders`.
        """
        self.context.ask_for_names()
        ep.let_work(self.endpoint, orders, self._longest_wait_ms())
        self.context.ask_for_names()
        flush()
        self.calls.follow()
        self.trial.follow()
        self.accounts.follow()
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + 1
            self.calls.begin_tick()
            self.accounts.tick()
            self.context.sound.recover(open_now=bool(self.calls))
            self.context.free_buried()
            gc.collect()
        self.calls.tick()
        if self._levels_every_s and now >= self._next_levels:
            self._next_levels = now + self._levels_every_s
            self.calls.report_levels()

    def _longest_wait_ms(self) -> int:
        if self.calls.is_due:
            return 0
        if self.context.outbox or self.trial or not self.calls.are_calm:
            return ep.POLL_MS
        is_alone = not self.calls and self.accounts.are_calm
        due = self._next_tick
        if self._levels_every_s and self.calls:
            due = min(due, self._next_levels)
        left_ms = math.ceil(1000 * (due - time.monotonic()))
        return min(max(left_ms, 0), ep.IDLE_MS if is_alone else ep.CALM_MS)

    def close(self, flush: Callable[[], None]) -> None:
        """End calls, unregister, free PJSIP's objects and end the library."""
        was_registered = self.accounts.registered
        self.endpoint.hangupAllCalls()
        self.subscriptions.end_all()
        self.accounts.unregister()
        deadline = time.monotonic() + _GOODBYE_S
        while time.monotonic() < deadline and self._is_busy():
            self.endpoint.libHandleEvents(ep.POLL_MS)
            flush()
        self.calls.free_all()
        self.trial.close()
        self.context.free_all()
        self.accounts.close()
        if was_registered:
            self._end_subscriptions()
        self.publications.close()
        self.context.tones.close()
        self.context.sound.close()
        gc.collect()
        # Without the flag PJSIP would wait for another second.
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def _end_subscriptions(self) -> None:
        """Let servers answer the ends of subscriptions, until they are silent."""
        deadline = time.monotonic() + _SILENCE_S
        last = time.monotonic() + _GOODBYE_S
        while time.monotonic() < min(deadline, last):
            if self.endpoint.libHandleEvents(ep.POLL_MS):
                deadline = time.monotonic() + _SILENCE_S

    def _is_busy(self) -> bool:
        waits = self.calls or self.context.outbox or self.publications
        return bool(waits) or self.accounts.registered

    # Orders

    def use_audio(self, audio: Audio) -> None:
        self.context.tones.use(audio)
        self.context.sound.use(audio, open_now=bool(self.calls))
        self.calls.use_settings()

    def ring_here(self) -> None:
        self.context.tones.ring_here()

    def look_up_devices(self) -> None:
        self.context.sound.look_up(open_now=bool(self.calls))

    def watch_levels(self, interval_ms: int) -> None:
        self._levels_every_s = interval_ms / 1000

    def watch_sip(self, on: bool) -> None:
        self.endpoint.utilTraceSip(on)

    def remove_account(self, account: Account) -> None:
        """End an account's calls, unregister and forget it."""
        self.calls.end_those_of(account)
        self.subscriptions.end_those_of(account.name)
        self.accounts.remove(account)

    # What PJSIP reports

    def on_message(self, prm: pj.OnSipMessageParam) -> None:
        self.context.send(
            SipMessage(
                sent=prm.sent,
                connection=self.context.connections.id_of(prm.hnd),
                remote=prm.remoteAddress,
                lines=masking.readable(prm.wholeMsg),
            )
        )

    def on_connection(self, prm: pj.OnTransportStateParam) -> None:
        event = self.context.connections.on_state(prm, self.endpoint)
        if event is not None:
            self.context.send(event)

    def account_for(self, prm: pj.OnSelectAccountParam) -> int:
        return self._arrivals.account_for(prm)

    def on_unread(self, prm: pj.OnUnreadMessageParam) -> None:
        self._arrivals.on_unread(prm)

    def on_refused_call(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        self.calls.report_refused(self._arrivals.refused_account(prm), prm)

    # Inside

    def _open_echo_line(self, command: Configure) -> int:
        if command.certificate is None or command.key is None:
            raise Refused("an echo line needs a certificate and a key")
        return echo_line.open_line(self.endpoint, self.accounts, command.certificate, command.key)

    def _ready(self, port: int | None) -> Ready:
        sound = self.context.sound
        return Ready(
            pjsip=self.endpoint.libVersion().full,
            tls_library=self._mark.tls_library,
            tls13=any(c >> 8 == 0x13 for c in self.endpoint.utilSslGetAvailableCiphers()),
            patches=self._mark.patches,
            codecs=ep.codec_names(self.endpoint),
            srtp_suites=tuple(pj.srtpSuites()),
            devices=sound.devices,
            sound=sound.text,
            sound_ok=sound.ok,
            listening=port,
            memory_problem=hardening.problem(),
            voice_threads=realtime.watch(),
        )
