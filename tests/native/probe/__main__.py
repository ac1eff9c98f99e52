"""A bare phone on pjsua2 for one test, in a process that PJSIP may end.

It reads its configuration as JSON in its only argument and commands as JSON
lines on standard input, and prints events as JSON lines. It imports nothing of
Offhook's product.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import pjsua2 as pj

from tests.native.probe.config import account_config, options, transport_config, transport_type

_Callback = TypeVar("_Callback", bound=Callable[..., Any])

_STATES = {
    pj.PJSIP_TP_STATE_CONNECTED: "connected",
    pj.PJSIP_TP_STATE_DISCONNECTED: "disconnected",
    pj.PJSIP_TP_STATE_SHUTDOWN: "shutdown",
    pj.PJSIP_TP_STATE_DESTROY: "destroyed",
}
_FAILURES = {
    pj.PJMEDIA_DTLS_FAILURE_CERTIFICATE: "certificate",
    pj.PJMEDIA_DTLS_FAILURE_KEY: "key",
    pj.PJMEDIA_DTLS_FAILURE_VERSION: "version",
    pj.PJMEDIA_DTLS_FAILURE_SUITE: "suite",
    pj.PJMEDIA_DTLS_FAILURE_REFUSED: "refused",
    pj.PJMEDIA_DTLS_FAILURE_OTHER: "other",
}
_POLL_MS = 10

# Data that Python read ahead is hidden from select.
_IN = os.fdopen(0, "rb", buffering=0)
# Until it is configured, PJSIP writes its log to standard output.
_OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def report(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), file=_OUT, flush=True)


def guarded(callback: _Callback) -> _Callback:
    """A callback whose exceptions end the process: SWIG would swallow them."""

    def wrapper(*args: Any) -> Any:
        try:
            return callback(*args)
        except Exception:
            traceback.print_exc()
            os._exit(70)

    return wrapper  # type: ignore[return-value]


class Call(pj.Call):
    def __init__(self, probe: Probe, pjsip_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(probe.account, pjsip_id)
        self.probe = probe
        self.ended = False
        self.has_media = False
        self.was_up = False
        self.failed = False
        self.reported: dict[str, object] = {}
        self.reported_ice: dict[str, object] = {}
        self.recorder: pj.AudioMediaRecorder | None = None
        self.both: tuple[pj.CallRecorder, pj.ToneGenerator] | None = None

    @guarded
    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        self.ended = info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        report("call", state=info.stateText, code=info.lastStatusCode)

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:  # noqa: N802
        event = prm.e.body.tsxState
        if event.type == pj.PJSIP_EVENT_RX_MSG:
            report("message", direction="in", transport=_transport(event.src.rdata))
        elif event.type == pj.PJSIP_EVENT_TX_MSG:
            report("message", direction="out", transport=_transport(event.src.tdata))

    @guarded
    def onCallRxText(self, prm: pj.OnCallRxTextParam) -> None:  # noqa: N802
        # SWIG keeps bytes that are not UTF-8 as lone surrogates.
        report("text", text=prm.text.encode("utf-8", "surrogateescape").hex())

    @guarded
    def onStreamCreated(self, prm: pj.OnStreamCreatedParam) -> None:  # noqa: N802
        report("stream", index=prm.streamIdx)

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        report("media", statuses=[media.status for media in info.media])
        self.has_media = any(
            media.status == pj.PJSUA_CALL_MEDIA_ACTIVE and media.type == pj.PJMEDIA_TYPE_AUDIO
            for media in info.media
        )
        if self.has_media:
            self.was_up = True
            audio = self.getAudioMedia(-1)
            devices = self.probe.endpoint.audDevManager()
            devices.getCaptureDevMedia().startTransmit(audio)
            audio.startTransmit(devices.getPlaybackDevMedia())
            if self.probe.settings.get("echo"):
                audio.startTransmit(audio)
            if "record" in self.probe.settings:
                self.recorder = self.recorder or _recorder(self.probe.settings["record"])
                audio.startTransmit(self.recorder)
            if "record_both" in self.probe.settings and self.both is None:
                self.both = _record_both(audio, self.probe.settings["record_both"])

    def report_failure(self) -> None:
        """Report once the reason of a DTLS failure."""
        if self.ended or self.failed or not self.was_up:
            return
        info = self.getMedTransportInfo(0)
        if info.srtp.dtlsFailure != pj.PJMEDIA_DTLS_FAILURE_NONE:
            self.failed = True
            report("dtls failure", what=_FAILURES[info.srtp.dtlsFailure])

    def report_srtp(self) -> None:
        """Report the state of SRTP, if it changed."""
        if self.ended or not self.has_media:
            return
        # These own the memory behind `srtp` and `rtcp`, which is freed without them.
        info = self.getMedTransportInfo(0)
        stat = self.getStreamStat(0)
        fields: dict[str, object] = {
            "port": info.localRtpName,
            "rtcp_port": info.localRtcpName,
            "lost": stat.rtcp.txStat.loss,
            "concealed": stat.jbuf.lost,
            "active": info.srtp.active,
            "rx_suite": info.srtp.rxSuite,
            "tx_suite": info.srtp.txSuite,
            "keying": info.srtp.keying,
            "accepted": info.srtp.rxAccepted,
            "rejected": info.srtp.rxRejected,
            "local": info.srtp.localFingerprint,
            "remote": info.srtp.remoteFingerprint,
        }
        if fields != self.reported:
            self.reported = fields
            report("srtp", **fields)

    def report_ice(self) -> None:
        """Report the state of ICE, if it changed."""
        if self.ended or not self.probe.settings.get("ice"):
            return
        try:
            info = self.getMedTransportInfo(0)
        except pj.Error:
            return
        fields: dict[str, object] = {
            "active": info.ice.active,
            "failed": info.ice.failed,
            "local_relay": info.ice.localRelay,
            "remote_relay": info.ice.remoteRelay,
            "relay_status": info.ice.relayStatus,
        }
        if fields != self.reported_ice:
            self.reported_ice = fields
            report("ice", **fields)


class Account(pj.Account):
    def __init__(self, probe: Probe, user: str = "alice") -> None:
        super().__init__()
        self.probe = probe
        self.user = user

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        report(
            "registration",
            user=self.user,
            code=prm.code,
            reason=prm.reason,
            transport=_transport(prm.rdata),
            algorithm=self.getInfo().regAlgorithm,
        )

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        call = Call(self.probe, prm.callId)
        report("incoming", transport=_transport(prm.rdata), remote=call.getInfo().remoteUri)
        self.probe.calls.append(call)
        settings = self.probe.settings
        answer = options(settings.get("answer", pj.PJSIP_SC_RINGING), settings.get("texts", 0))
        try:
            call.answer(answer)
        except pj.Error as error:
            # The call may have ended before this.
            report("unanswered", reason=error.reason)


class Endpoint(pj.Endpoint):
    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = probe

    @guarded
    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:  # noqa: N802
        state = _STATES.get(prm.state, str(prm.state))
        certificate = prm.tlsInfo.remoteCertInfo
        report(
            "transport",
            state=state,
            handle=prm.hnd,
            verify_status=prm.tlsInfo.verifyStatus,
            remote_name=prm.remoteName,
            remote_address=prm.remoteAddress,
            remote_port=prm.remotePort,
            outgoing=prm.outgoing,
            chain=list(certificate.rawChain),
            common_name=certificate.subjectCn,
            names=[name.name for name in certificate.subjectAltName],
        )
        if state == "connected" and self.probe.settings.get("shut_down"):
            self.transportShutdown(prm.hnd)
            report("shut_down")


class Probe:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.calls: list[Call] = []
        self.endpoint = Endpoint(self)
        self.account = Account(self)
        self.others: list[Account] = []
        self.buddies: list[pj.Buddy] = []

    def run(self) -> None:
        self._start()
        transports, refusal = self._create_transports()
        if transports:
            self.account.create(account_config(self.settings, self.account.user, transports[0]))
        for changed in self.settings.get("others", []):
            self._add_account({**self.settings, **changed})
        report(
            "ready",
            transports=len(transports),
            refusal=refusal,
            address=self.endpoint.transportGetInfo(transports[0]).localName if transports else "",
            suites=list(self.endpoint.srtpCryptoEnum()),
            codecs=[codec.codecId for codec in self.endpoint.codecEnum2()],
        )
        while self._obey():
            self.endpoint.libHandleEvents(self.settings.get("poll_ms", _POLL_MS))
            if names := pj.takeLookups():
                report("lookup", names=list(names))
            for call in self.calls:
                call.report_srtp()
                call.report_failure()
                call.report_ice()
        self._finish()

    def _start(self) -> None:
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.maxCalls = self.settings.get("max_calls", config.uaConfig.maxCalls)
        config.logConfig.level = self.settings.get("log_level", 4)
        config.logConfig.consoleLevel = 0
        config.logConfig.msgLogging = 0
        config.logConfig.decor |= pj.PJ_LOG_HAS_LEVEL_TEXT
        config.logConfig.filename = self.settings["log"]
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        if "prefetch_ms" in self.settings:
            config.medConfig.jbInit = config.medConfig.jbMinPre = self.settings["prefetch_ms"]
            # A frame that is left out to catch up is concealed as well.
            config.medConfig.jbDiscardAlgo = pj.PJMEDIA_JB_DISCARD_NONE
        config.medConfig.clockRate = self.settings.get("clock_rate", config.medConfig.clockRate)
        config.medConfig.sndPlayLatency = self.settings.get("latency_ms", 40)
        pj.allowSoundServer(self.settings.get("sound_server", False))
        self.endpoint.libInit(config)
        if self.settings.get("keep_names"):
            pj.keepNames()
        for name, addresses in self.settings.get("addresses", {}).items():
            pj.setAddresses(name, pj.StringVector(addresses))
        if "translator" in self.settings:
            prefix, _, length = self.settings["translator"].partition("/")
            pj.setTranslator(prefix, int(length))
        self.endpoint.audDevManager().setNullDev()
        self.endpoint.libStart()

    def _create_transports(self) -> tuple[list[int], str | None]:
        created: list[int] = []
        for _ in range(self.settings.get("transports", 1)):
            try:
                created.append(self._create_transport(self.settings))
            except pj.Error as error:
                return created, error.reason
        return created, None

    def _create_transport(self, settings: dict[str, Any]) -> int:
        return self.endpoint.transportCreate(transport_type(settings), transport_config(settings))

    def _add_account(self, settings: dict[str, Any]) -> None:
        """Add one more account, with a transport of its own."""
        account = Account(self, settings["user"])
        transport = self._create_transport(settings)
        try:
            account.create(account_config(settings, account.user, transport))
        except pj.Error as error:
            report("no account", user=account.user, reason=error.reason)
            return
        self.others.append(account)

    def _obey(self) -> bool:
        """Carry out the commands that have come; false when it is time to end."""
        while select.select([_IN], [], [], 0)[0]:
            line = _IN.readline()
            command = json.loads(line) if line else {"do": "quit"}
            if command["do"] == "quit":
                return False
            if command["do"] == "mark":
                # Reports of earlier commands are out by now.
                report("mark")
            if command["do"] == "hang up":
                self.calls[-1].hangup(options())
            if command["do"] == "forget":
                self.calls = [call for call in self.calls if not call.ended]
            if command["do"] == "answer":
                self.calls[-1].answer(options(pj.PJSIP_SC_OK))
            if command["do"] == "write":
                self._write(command["text"])
            if command["do"] == "hold":
                self.calls[-1].setHold(options())
            if command["do"] == "register":
                self.account.setRegistration(True)
            if command["do"] == "set addresses":
                pj.setAddresses(
                    command["name"],
                    pj.StringVector(command["addresses"]),
                    int(command.get("port", 0)),
                )
            if command["do"] == "forget name":
                pj.forgetName(command["name"])
            if command["do"] == "refuse name":
                pj.refuseName(command["name"])
            if command["do"] == "watch":
                self._watch(command["uri"])
            if command["do"] == "rest sound":
                pj.restSound()
            if command["do"] == "open sound":
                self._open_sound(command["device"], command.get("speaker", command["device"]))
            if command["do"] == "tell of sound":
                self._tell_of_sound(int(command["ident"]))
            if command["do"] == "tell of memory":
                report("memory", ident=command["ident"], bytes=_allocated())
            if command["do"] == "call":
                self._call(command["uri"], int(command.get("streams", 1)))
        return True

    def _write(self, text: str) -> None:
        """Send real-time text in the last call."""
        parameter = pj.CallSendTextParam()
        parameter.medIdx, parameter.text = -1, text
        try:
            self.calls[-1].sendText(parameter)
        except pj.Error as error:
            report("not written", status=error.status)

    def _watch(self, uri: str) -> None:
        """Subscribe to the presence of `uri`."""
        config = pj.BuddyConfig()
        config.uri = uri
        config.subscribe = True
        buddy = pj.Buddy()
        buddy.create(self.account, config)
        self.buddies.append(buddy)

    def _open_sound(self, *names: str) -> None:
        """Use a microphone and a speaker in place of the silent device."""
        devices = [device.name for device in self.endpoint.audDevManager().enumDev2()]
        report("opening")
        try:
            pj.openSoundDevices(*map(devices.index, names))
        except pj.Error as error:
            report("not opened", status=error.status, reason=error.reason)
        else:
            report("opened")

    def _tell_of_sound(self, ident: int) -> None:
        state = pj.soundServerState()
        devices = self.endpoint.audDevManager().enumDev2()
        report(
            "sound",
            ident=ident,
            connected=state.isConnected,
            underruns=state.underruns,
            buffer_ms=state.bufferMs,
            playback_us=state.playbackUs,
            devices=[(d.driver, d.name, d.inputCount, d.outputCount) for d in devices],
        )

    def _call(self, uri: str, streams: int) -> None:
        call = Call(self)
        parameters = options()
        parameters.opt.audioCount = streams
        try:
            call.makeCall(uri, parameters)
        except pj.Error as error:
            report("no call", status=error.status, reason=error.reason)
            return
        self.calls.append(call)

    def _finish(self) -> None:
        self.calls.clear()
        self.buddies.clear()
        for account in self.others:
            account.shutdown()
        gc.collect()
        self.endpoint.libDestroy()
        report("ended")


class _Allocations(ctypes.Structure):
    """`mallinfo2` of mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd",
            "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


def _allocated() -> int:
    """Bytes that C has allocated and not freed; Python's small objects are not among them."""
    gc.collect()
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = _Allocations
    found = library.mallinfo2()
    return int(found.uordblks + found.hblkhd)


def _recorder(path: str) -> pj.AudioMediaRecorder:
    recorder = pj.AudioMediaRecorder()
    recorder.createRecorder(path)
    return recorder


def _record_both(audio: pj.AudioMedia, path: str) -> tuple[pj.CallRecorder, pj.ToneGenerator]:
    """Record a call in which a tone is sent every ten seconds."""
    recorder, tones = pj.CallRecorder(path, 0xFFFF_FFFF), pj.ToneGenerator()
    tones.createToneGenerator()
    description = pj.ToneDesc()
    description.freq1, description.volume = 1000, 12_000
    description.on_msec, description.off_msec = 100, 9_900
    tones.play(pj.ToneDescVector([description]), True)
    audio.startTransmit(recorder.farSide())
    tones.startTransmit(recorder.nearSide())
    tones.startTransmit(audio)
    return recorder, tones


def _transport(message: pj.SipRxData | pj.SipTxData) -> int | None:
    # SWIG types a void pointer as an object.
    handle: int | None = message.transport
    return handle


if __name__ == "__main__":
    gc.disable()
    Probe(json.loads(sys.argv[1])).run()
