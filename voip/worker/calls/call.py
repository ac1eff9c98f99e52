"""SIP call inside a worker: PJSIP's reports and the engine's commands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeAlias

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.model import CallState
from voip.protocol.worker.calls import CallStateEvent, DigitReceived, MediaEvent
from voip.security.policy import DEMANDS
from voip.sip.codecs import chosen
from voip.sip.text_formats import types_of, with_types
from voip.worker import headers
from voip.worker.accounts import privacy
from voip.worker.accounts.account import Account
from voip.worker.callbacks import guarded
from voip.worker.calls import asked
from voip.worker.calls.asked import AskedTransfer
from voip.worker.calls.digits import CallDigits
from voip.worker.calls.endings import key_failure, reach
from voip.worker.calls.endings.confirmation import ConfirmationWait
from voip.worker.calls.endings.key_failure import KeyWait
from voip.worker.calls.endings.patience import Patience
from voip.worker.calls.endings.reach import Reach
from voip.worker.calls.endings.verdict import Verdict
from voip.worker.calls.hold import CallHold
from voip.worker.calls.identity import FarEndIdentity
from voip.worker.calls.ringing import CallRinging
from voip.worker.calls.text import CallText
from voip.worker.calls.transfer import CallTransfer
from voip.worker.context import Context
from voip.worker.media import paths, streams
from voip.worker.media.beep import Beep
from voip.worker.media.bridge import CallMedia
from voip.worker.media.codecs import CodecFollower
from voip.worker.media.recordings import Recording

OnEnd: TypeAlias = "Callable[[Call, list[Recording]], None]"
"""Listener to the end of a call and its recordings that are being completed."""

_DIGITS = frozenset("0123456789*#ABCD")


class Call(pj.Call):
    def __init__(
        self,
        context: Context,
        account: Account,
        on_end: OnEnd,
        number: int,
        pjsip_id: int = pj.PJSUA_INVALID_ID,
    ) -> None:
        super().__init__(account if number < 0 else account.caller, pjsip_id)
        self.context = context
        self._on_end = on_end
        self.account = account
        self.number = number
        self.pjsip_id = pjsip_id
        self.incoming = number < 0
        self.media = CallMedia(self, context.sound, context.bury)
        self.beep = Beep(self.media, context.sound)
        self.codecs = CodecFollower(self)
        self.digits = CallDigits(self)
        self.hold = CallHold(self)
        self.verdict = Verdict(self)
        self.patience = Patience(self)
        self.asked = AskedTransfer(self)
        self.ringing = CallRinging(self)
        self._identity = FarEndIdentity(self)
        self.transfer = CallTransfer(self)
        self.text = CallText(self)
        self._reach = Reach()
        self.ended = False
        self.connection: int | None = None
        self.cause: Cause | None = None
        self.media_up = False
        self._confirmation = ConfirmationWait()
        self._key_wait = KeyWait()
        self._measured_at = time.monotonic()
        self._underruns_before = context.sound.underruns
        self.was_up = False
        self._lost_media = False
        self.ended_here = False
        self._reported: CallState | None = None
        self._text_types: dict[str, str] = {}

    # What PJSIP reports

    @guarded
    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        self.context.note_names(self.account.name)
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.ended = True
            self.patience.end()
            recordings = self.media.close()
            self.digits.end(Cause(CauseKind.DIGITS_CALL_ENDED))
            self.beep.end()
            self.verdict.end(info, prm.e)
            self._on_end(self, recordings)
        self._report(info)

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        self.context.note_names(self.account.name)
        event = prm.e.body.tsxState
        transaction = event.tsx
        arrived = event.type == pj.PJSIP_EVENT_RX_MSG
        text = event.src.rdata.wholeMsg if arrived else ""
        if arrived:
            if transaction.role == pj.PJSIP_ROLE_UAC:
                self.account.heard_from(event.src.rdata)
            self._note_message(event.src.rdata.transport, text)
            self._identity.note(event.src.rdata)
        elif event.type == pj.PJSIP_EVENT_TX_MSG:
            self._note_message(event.src.tdata.transport, "")
        if transaction.role != pj.PJSIP_ROLE_UAC:
            if transaction.method == "NOTIFY" and text:
                self.transfer.on_notify(text)
            return
        code = transaction.statusCode
        if transaction.method == "REFER":
            # A server that ignores it has the call nevertheless.
            self.transfer.on_answer(code, transaction.statusText, text)
            return
        if transaction.method == "INFO":
            # A far end that leaves a tone unanswered may still talk.
            self.digits.on_info(event)
        elif code == pj.PJSIP_SC_REQUEST_TIMEOUT and self.was_up and not self.hold.moves:
            # A connection that is still up has taken the request to the server.
            connected = self.context.connections.is_up(self.connection)
            self._reach.missed(arrived=connected or arrived)
        if transaction.method == "INVITE":
            if code >= pj.PJSIP_SC_OK:
                self.hold.on_answer(code, transaction.statusText)
            else:
                self.ringing.on_progress(code)

    @guarded
    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:
        session, offer = prm.sdp.wholeSdp, prm.remSdp.wholeSdp
        # PJSIP gives bytes that are not UTF-8, as of an offer's line, but does not take them.
        if offer:
            self._text_types = types_of(offer)
        else:
            session = with_types(session, self._text_types)
        written = chosen(session, self.account.codecs, offer).encode(errors="replace")
        prm.sdp.wholeSdp = written.decode()

    @guarded
    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        info = self.getInfo()
        statuses = [media.status for media in info.media]
        self.hold.note(info)
        self.media.connect(info)
        self.media_up = self.media.active
        self.was_up = self.was_up or self.media_up
        if self.was_up and not self.media_up and pj.PJSUA_CALL_MEDIA_ERROR in statuses:
            # PJSIP has stopped the media and keeps the call. Until the next tick
            # either side may end it with a cause of its own.
            self._lost_media = True
        self.report_media()

    @guarded
    def onCallMediaTransportState(self, prm: pj.OnCallMediaTransportStateParam) -> None:
        if prm.state == pj.PJSUA_MED_TP_NULL and not self.cause:
            self.cause = paths.refusal_of(prm.status, self.account.setup)

    @guarded
    def onCallMediaEvent(self, prm: pj.OnCallMediaEventParam) -> None:
        if prm.ev.type == pj.PJMEDIA_EVENT_RX_OTHER_PT and not self.ended:
            self.codecs.follow(prm.medIdx)

    @guarded
    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        # An INFO request may hold any character.
        if prm.digit in _DIGITS:
            self.context.send(DigitReceived(call=self.number, digit=prm.digit))

    @guarded
    def onCallRxText(self, prm: pj.OnCallRxTextParam) -> None:
        self.text.on_received(prm.text)

    @guarded
    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        prm.statusCode = self.asked.status_for(prm.dstUri)

    @guarded
    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:
        self.cause = Cause(CauseKind.REDIRECTED)
        return pj.PJSIP_REDIRECT_STOP

    # What the engine asks for

    def start(self, uri: str, patience_s: float | None, replaces: str | None) -> None:
        self.patience.begin(patience_s, self.account.setup)
        options = self.options()
        asked.take_over(options, replaces)
        try:
            self.makeCall(uri, self.account.calling(options))
        except pj.Error:
            # Where it is not sent at all, PJSIP has reported the end first. Told once
            # more, it would end the call that goes on to the next target.
            if not self.ended:
                raise

    def ring(self, waiting: bool) -> None:
        """Ring, by the tone of a second call if it is `waiting`."""
        self.ringing.begin(waiting)
        answer = self.options()
        answer.statusCode = pj.PJSIP_SC_RINGING
        self.answer(answer)

    def take(self) -> None:
        answer = self.options()
        answer.statusCode = pj.PJSIP_SC_OK
        self.answer(answer)

    def give_voice(self, on: bool) -> None:
        """Connect the microphone or cut it off, whatever a beep would do."""
        self.beep.end()
        self.media.give_voice(on)

    def give_up(self, cause: Cause, code: int = 0) -> None:
        """End a call that cannot go on."""
        self.cause = cause
        options = self.options()
        options.statusCode = code
        self._hang_up(options)

    def end(self, code: int, contact: str | None = None) -> None:
        """End the call; a refusal with a `contact` sends it on (302)."""
        if self.ended:
            return
        self.ended_here = True
        options = self.options()
        if contact is not None:
            headers.add(options, "Contact", f"<{contact}>")
        info = self.getInfo()
        if self.incoming and info.state < pj.PJSIP_INV_STATE_CONNECTING:
            options.statusCode = code
        self._hang_up(options)

    def options(self) -> pj.CallOpParam:
        """Parameters of this call's requests and responses: voice, and text if it may be."""
        options = pj.CallOpParam(True)
        options.opt.audioCount = 1
        options.opt.videoCount = 0
        options.opt.textCount = int(self.account.setup.realtime_text)
        if self.account.setup.hidden:
            privacy.ask_for_privacy(options)
        return options

    def codec(self) -> str:
        """Codec of the voice that is sent, empty without one."""
        return next((s.codec for s in streams.read(self, self.getInfo()) if s.codec), "")

    def report_media(self) -> None:
        """Report the session in force: its streams first, then the state."""
        if why := self.digits.obstacle:
            self.digits.drop(why)
        info = self.getInfo()
        self.context.send(
            MediaEvent(
                call=self.number,
                streams=streams.read(self, info),
                held_by=self.hold.held_by,
                connection=self.connection,
            )
        )
        self._report(info)

    # Once a second, from the loop

    @property
    def is_calm(self) -> bool:
        """True if a message or an order comes before anything that each turn looks for."""
        settled = (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)
        return self._reported in settled and not (
            self.digits.is_busy
            or self.hold.is_changing
            or self.beep.is_due
            or self.patience.is_waiting
            or self.text.is_waiting
            or self.media.plays
        )

    def tick(self) -> None:
        """Report measurements, and end a call that cannot go on."""
        if self._lost_media:
            self._lost_media = False
            info = self.getInfo()
            failure = paths.failure(self, info) or key_failure.cause(self, info)
            self.give_up(self.cause or failure or self.verdict.on_change())
            return
        if self._reach.is_unanswered:
            self.give_up(
                self.cause or Cause(CauseKind.BROKEN_OFF, (pj.PJSIP_SC_REQUEST_TIMEOUT, ""))
            )
            return
        if self._confirmation.is_over():
            kind = CauseKind.UNCONFIRMED if self.incoming else CauseKind.UNREACHABLE
            self.give_up(self.cause or Cause(kind))
            return
        if not self.media_up:
            return
        self.media.keep_time()
        info = self.getInfo()
        if self._reported is CallState.CONNECTING:
            self._report(info)
        if failure := paths.failure(self, info) or key_failure.cause(self, info):
            self.give_up(self.cause or failure)
            return
        self.account.relay_failed(paths.refusal(self, info, self.account.setup))
        call_streams = streams.read(self, info)
        if self.demands_srtp and self._key_wait.is_over(call_streams):
            self.give_up(Cause(CauseKind.KEYS_LATE))
            return
        sample = streams.measure(self, info)
        # A call over UDP has no connection and must not count as cut off.
        connected = self.connection is None or self.context.connections.is_up(self.connection)
        over = self._reach.see(
            connected=connected,
            ack_failed=info.ackFailed,
            packets=sample.rx_packets if sample and self._expects_voice else None,
        )
        if over is CauseKind.SILENCE and (connected or self.account.is_connected):
            reach.ask(self)
        elif over is CauseKind.SILENCE and not self._reach.is_over:
            pass  # the network may be away for a minute
        elif over is not None:
            self.give_up(Cause(over))
            return
        if sample is None:
            return
        now = time.monotonic()
        seconds, self._measured_at = now - self._measured_at, now
        unplayable = self.codecs.unplayable(sample.other_codec)
        underruns = self.context.sound.underruns - self._underruns_before
        silent_s = self._reach.silent_s
        self.context.send(
            streams.statistics(self, call_streams, sample, seconds, unplayable, silent_s, underruns)
        )

    # Inside

    @property
    def _expects_voice(self) -> bool:
        # Silence is no fault of a far end that is on hold or only listens.
        return self._reported is CallState.ACTIVE and self.hold.hears

    def _hang_up(self, options: pj.CallOpParam) -> None:
        try:
            self.hangup(options)
        except pj.Error as error:
            # It has ended by itself, which its state reports: that must not end
            # the worker.
            words = f"worker: call {self.number} cannot be hung up: {error.reason}"
            print(words, file=sys.stderr)

    @property
    def demands_srtp(self) -> bool:
        return DEMANDS[self.account.setup.transport].srtp_mandatory

    def _note_message(self, transport: int, message: str) -> None:
        connection = self.context.connections.id_of(transport)
        if connection is not None:
            self.connection = connection
        if message:
            self.patience.end()
            self.verdict.note(message)

    def _report(self, info: pj.CallInfo) -> None:
        state = self._state(info)
        self._confirmation.follow(state)
        if state is self._reported and state is not CallState.ENDED:
            return
        self._reported = state
        self.ringing.follow(state)
        self.context.send(
            CallStateEvent(
                call=self.number,
                state=state,
                code=info.lastStatusCode,
                reason=info.lastReason[:1024],
                remote=info.remoteUri[:4096],
                connection=self.connection,
                cause=self.cause,
                refused=self.verdict.refused and not self.was_up,
            )
        )

    def _state(self, info: pj.CallInfo) -> CallState:
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            return CallState.ENDED
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            # Without media an answered call may still be refused, and until the
            # ACK is sent the far end does not know that its answer came.
            if not self.media_up or not self._confirmation.is_acknowledged(info):
                return CallState.CONNECTING
            return self.hold.state
        if info.state == pj.PJSIP_INV_STATE_CONNECTING:
            return CallState.CONNECTING
        if self.incoming:
            return CallState.INCOMING
        return CallState.RINGING if info.state == pj.PJSIP_INV_STATE_EARLY else CallState.DIALING
