"""PJSIP endpoint of a worker, configured for its role."""

from __future__ import annotations

import select
import time
from typing import Protocol

import pjsua2 as pj

from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure
from voip.worker.callbacks import guarded
from voip.worker.context import MOST_CALLS, Context
from voip.worker.media.devices.sound import may_have_sound

_ECHO_CODECS = ("G722/16000", "PCMA/8000", "PCMU/8000")
"""Codecs of the echo line, without Opus, which changes the waveform.

A test compares what comes back with what was sent.
"""

_CODECS = ("opus/48000", "G722/16000", "PCMA/8000", "PCMU/8000", "G729/8000", "GSM/8000")
"""Codecs in the order of the offer; every other codec is off."""

# PJSIP's default of 16 kHz would cut off the high tones.
_OPUS_BIT_RATE = 64_000
# Below 8 the voice coder searches less, and clean speech is coarser.
_OPUS_COMPLEXITY = 8

POLL_MS = 10
CALM_MS = 100
IDLE_MS = 1000
"""Longest waits: while calls change; with calls, whose threads may set a timer of PJSIP or
report what happens to their sound, both unheard; and for each second's work alone.
"""

_HIGHEST_PRIORITY = 250
_UNHEARD_PREFETCH_MS = 40


class Receiver(Protocol):
    """Receiver of PJSIP's reports outside any account and call."""

    def on_connection(self, prm: pj.OnTransportStateParam) -> None: ...

    def account_for(self, prm: pj.OnSelectAccountParam) -> int: ...

    def on_unread(self, prm: pj.OnUnreadMessageParam) -> None: ...

    def on_refused_call(self, prm: pj.OnRejectedIncomingCallParam) -> None: ...

    def on_message(self, prm: pj.OnSipMessageParam) -> None: ...


class Endpoint(pj.Endpoint):
    """PJSIP's endpoint, which passes its reports to `receiver`."""

    def __init__(self, context: Context, receiver: Receiver) -> None:
        super().__init__()
        self.context = context
        self._receiver = receiver

    @guarded
    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:
        self._receiver.on_connection(prm)

    @guarded
    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        # Without this PJSIP would guess an account if the choice below fails.
        prm.accountIndex = pj.PJSUA_INVALID_ID
        prm.accountIndex = self._receiver.account_for(prm)

    @guarded
    def onUnreadMessage(self, prm: pj.OnUnreadMessageParam) -> None:
        self._receiver.on_unread(prm)

    @guarded
    def onRejectedIncomingCall(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        self._receiver.on_refused_call(prm)

    @guarded
    def onSipMessage(self, prm: pj.OnSipMessageParam) -> None:
        self._receiver.on_message(prm)

    @guarded
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR:
            self.context.sound.failed()


def start(endpoint: pj.Endpoint, configure: Configure) -> None:
    """Create and start the library.

    Raises:
        pj.Error: PJSIP could not start.
    """
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.userAgent = configure.user_agent
    config.uaConfig.maxCalls = MOST_CALLS
    # `Arrivals.account_for` accepts a notice from the account's own connection alone.
    config.uaConfig.mwiUnsolicitedEnabled = True
    # RFC 4488: the progress of a transfer is always wanted.
    config.uaConfig.noRefersub = False
    # A line of PJSIP's own would make every session longer.
    config.uaConfig.natTypeInSdp = 0
    # 4 would write whole SIP messages.
    config.logConfig.level = 3
    config.logConfig.consoleLevel = 3
    config.logConfig.msgLogging = 0
    _configure_media(config.medConfig, configure.audio, configure.silent)
    # PJSIP looks up the devices when it starts.
    pj.allowSoundServer(not configure.silent)
    endpoint.libInit(config)
    pj.keepNames()
    if not configure.role.tls_only:
        # An INVITE with credentials would not fit a UDP datagram. The maps of
        # static payload types are optional (RFC 3264 section 5.1).
        pj.shortenSessions()
    _choose_codecs(endpoint, _ECHO_CODECS if configure.role is Role.ECHO else _CODECS)
    endpoint.libStart()


def let_work(endpoint: pj.Endpoint, orders: int, longest_ms: int) -> None:
    """Let PJSIP work, once it has to or something can be read from the file `orders`."""
    until = time.monotonic() + longest_ms / 1000
    waited = pj.waitForWork(orders, longest_ms)
    worked = endpoint.libHandleEvents(0 if waited else POLL_MS)
    if waited and not worked and time.monotonic() < until:
        # A dead connection that PJSIP keeps for a transaction wakes it again and again: for
        # half a minute the worker would take a whole processor.
        select.select([orders], [], [], POLL_MS / 1000)


def codec_names(endpoint: pj.Endpoint) -> tuple[str, ...]:
    """Names of the offered codecs, best first."""
    codecs = [(c.priority, c.codecId) for c in endpoint.codecEnum2() if c.priority]
    return tuple(name for _, name in sorted(codecs, key=lambda pair: -pair[0]))


def _configure_media(config: pj.MediaConfig, audio: Audio, silent: bool) -> None:
    config.clockRate = audio.clock_rate
    config.audioFramePtime = audio.frame_ms
    config.sndRecLatency = audio.capture_latency_ms
    config.sndPlayLatency = audio.playback_latency_ms
    config.ecTailLen = 200 if audio.echo_cancel and not silent else 0
    config.ecOptions = pj.PJMEDIA_ECHO_WEBRTC_AEC3
    if audio.noise_suppression:
        config.ecOptions |= pj.PJMEDIA_ECHO_USE_NOISE_SUPPRESSOR
    if audio.gain_control:
        config.ecOptions |= pj.PJMEDIA_ECHO_USE_GAIN_CONTROLLER
    # Silence is sent too: a gap looks like a lost connection to the far end.
    config.noVad = True
    # The shortest filters between the rates of bridge and codec: the longer ones keep
    # another 0.2 or 0.3 kHz above a telephone's 3.4, for 5 or 13 ms more each way.
    config.quality = 2
    prefetch = audio.jitter_ms
    if silent or not may_have_sound():
        # Nobody waits for the sound, and a late frame would spoil a recording.
        prefetch = max(prefetch, _UNHEARD_PREFETCH_MS)
    config.jbMinPre = prefetch
    config.jbMaxPre = max(200, prefetch)


def _choose_codecs(endpoint: pj.Endpoint, names: tuple[str, ...]) -> None:
    opus = endpoint.getCodecOpusConfig()
    opus.sample_rate = 48000
    opus.bit_rate = _OPUS_BIT_RATE
    opus.complexity = _OPUS_COMPLEXITY
    endpoint.setCodecOpusConfig(opus)
    for codec in endpoint.codecEnum2():
        rank = next((i for i, name in enumerate(names) if codec.codecId.startswith(name)), None)
        priority = 0 if rank is None else _HIGHEST_PRIORITY - rank
        endpoint.codecSetPriority(codec.codecId, priority)
