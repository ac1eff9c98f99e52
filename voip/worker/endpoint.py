"""The one PJSIP endpoint of a worker, configured for its role."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.worker.process import AudioSettings, Configure, Role, Trust
from voip.worker.media.sound import may_have_sound

if TYPE_CHECKING:
    from voip.worker.loop import Worker

_ECHO_CODECS = ("G722/16000", "PCMA/8000", "PCMU/8000")
"""Codecs of the echo line: Opus keeps the sense of speech but not its
waveform, and what comes back from a test line is to be compared with what was
sent."""

_CODECS = ("opus/48000", "G722/16000", "PCMA/8000", "PCMU/8000", "G729/8000", "GSM/8000")
"""In the order they are offered; every other codec is switched off."""

# PJSIP's own choice is 16 kHz; this is what a good line sounds like.
_OPUS_BIT_RATE = 64_000
_OPUS_COMPLEXITY = 5

_HIGHEST_PRIORITY = 250
_TLS_TIMEOUT_MS = 10_000

_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    # Linux, milliseconds: data that is not acknowledged ends a connection.
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 10_000),
    # And so does silence, after this: seconds until a probe, between probes, and how many.
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
)
"""Notice within 20 s that the other end is gone; not every system has all of them."""

_UNHEARD_PREFETCH_MS = 40

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


def guarded(callback: _Callback) -> _Callback:
    """A PJSIP callback in which nothing fails silently.

    SWIG prints an exception and goes on, so a check in a callback would fail
    open. Here it ends the worker.
    """

    def wrapper(self: Any, *args: Any) -> Any:
        try:
            return callback(self, *args)
        except Exception as error:
            self.worker.fail(error)
            return None

    return wrapper  # type: ignore[return-value]


class Endpoint(pj.Endpoint):
    """PJSIP's endpoint, with what it reports passed on to the worker."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker

    @guarded
    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:
        self.worker.on_connection(prm)

    @guarded
    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:
        # Nobody's, until it is known to be somebody's: PJSIP would take its best guess.
        prm.accountIndex = pj.PJSUA_INVALID_ID
        prm.accountIndex = self.worker.arrivals.account_for(prm)

    @guarded
    def onUnreadMessage(self, prm: pj.OnUnreadMessageParam) -> None:
        self.worker.arrivals.on_unread(prm)

    @guarded
    def onRejectedIncomingCall(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        self.worker.on_refused_call(prm)

    @guarded
    def onSipMessage(self, prm: pj.OnSipMessageParam) -> None:
        self.worker.on_message(prm)

    @guarded
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR:
            self.worker.sound.failed()


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
    config.uaConfig.maxCalls = 64
    # A notice is taken from the account's own connection alone: see `Arrivals.account_for`.
    config.uaConfig.mwiUnsolicitedEnabled = True
    # It is of transfers (RFC 4488), which nobody can ask for.
    config.uaConfig.noRefersub = False
    # A line of PJSIP's own in every session, which nobody else reads.
    config.uaConfig.natTypeInSdp = 0
    # 4 would write whole SIP messages.
    config.logConfig.level = 3
    config.logConfig.consoleLevel = 3
    config.logConfig.msgLogging = 0
    _configure_media(config.medConfig, configure.audio)
    endpoint.libInit(config)
    if not configure.role.tls_only:
        # An INVITE over UDP has to fit a datagram, with a password too. The maps of
        # static payload types are optional (RFC 3264 section 5.1).
        pj.shortenSessions()
    _choose_codecs(endpoint, _ECHO_CODECS if configure.role is Role.ECHO else _CODECS)
    endpoint.libStart()


def create_transport(endpoint: pj.Endpoint, transport: Transport, trust: Trust | None) -> int:
    """A transport for outgoing connections; returns PJSIP's id of it."""
    config = pj.TransportConfig()
    config.port = 0
    if transport is Transport.TLS:
        if trust is None:
            raise ValueError("a TLS transport needs an authority to trust")
        config.tlsConfig = _trusting(trust)
        return endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
    if transport is Transport.TCP:
        config.sockOptParams.sockOpts = _socket_options()
        return endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, config)
    return endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)


def create_listener(endpoint: pj.Endpoint, certificate: str, key: str) -> tuple[int, int]:
    """The echo line's TLS listener on loopback: PJSIP's id and the port."""
    config = pj.TransportConfig()
    config.port = 0
    config.boundAddress = "127.0.0.1"
    config.tlsConfig = _tls_config(certificate)
    config.tlsConfig.certFile = certificate
    config.tlsConfig.privKeyFile = key
    config.tlsConfig.listen = True
    number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
    address = endpoint.transportGetInfo(number).localName
    return number, int(address.rpartition(":")[2])


def codec_names(endpoint: pj.Endpoint) -> tuple[str, ...]:
    """The codecs that are offered, best first."""
    codecs = [(c.priority, c.codecId) for c in endpoint.codecEnum2() if c.priority]
    return tuple(name for _, name in sorted(codecs, key=lambda pair: -pair[0]))


def _trusting(trust: Trust) -> pj.TlsConfig:
    config = _tls_config(trust.ca_file)
    config.allowWildcard = trust.allow_wildcard
    if trust.pin is not None:
        # An empty one must accept nothing: to PJSIP it would be none at all.
        config.pinnedKey = trust.pin or "none"
    if trust.client is not None:
        config.certFile = trust.client.certificate
        config.privKeyFile = trust.client.key
        config.password = trust.client.passphrase or ""
    return config


def _tls_config(ca_file: str) -> pj.TlsConfig:
    config = pj.TlsConfig()
    config.CaListFile = ca_file
    config.verifyServer = True
    config.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    config.enableRenegotiation = False
    config.msecTimeout = _TLS_TIMEOUT_MS
    config.sockOptParams.sockOpts = _socket_options()
    return config


def _socket_options() -> pj.SockOptVector:
    options = pj.SockOptVector()
    for level, name, value in _SOCKET_OPTIONS:
        number: int | None = getattr(socket, name, None)
        if number is not None:
            options.push_back(pj.SockOpt(level, number, value))
    return options


def _configure_media(config: pj.MediaConfig, audio: AudioSettings) -> None:
    config.clockRate = audio.clock_rate_hz
    config.audioFramePtime = audio.frame_ms
    config.sndRecLatency = audio.capture_latency_ms
    config.sndPlayLatency = audio.playback_latency_ms
    config.ecTailLen = 200 if audio.echo_cancel and not audio.null else 0
    config.ecOptions = pj.PJMEDIA_ECHO_WEBRTC_AEC3
    # Silence is sent too: a gap looks like a lost connection to the far end.
    config.noVad = True
    config.quality = 8
    # Frames are dropped only to catch up, and then steadily: the adaptive way
    # of PJSIP drops and inserts whenever a thread is late by a moment.
    config.jbDiscardAlgo = pj.PJMEDIA_JB_DISCARD_STATIC
    prefetch = audio.jitter_prefetch_ms
    if audio.null or not may_have_sound():
        # Nobody waits for the sound; a script compares what it recorded.
        prefetch = max(prefetch, _UNHEARD_PREFETCH_MS)
    config.jbInit = config.jbMinPre = prefetch
    config.jbMaxPre = max(200, prefetch)


def _choose_codecs(endpoint: pj.Endpoint, wanted: tuple[str, ...]) -> None:
    opus = endpoint.getCodecOpusConfig()
    opus.sample_rate = 48000
    opus.bit_rate = _OPUS_BIT_RATE
    opus.complexity = _OPUS_COMPLEXITY
    endpoint.setCodecOpusConfig(opus)
    for codec in endpoint.codecEnum2():
        rank = next((i for i, name in enumerate(wanted) if codec.codecId.startswith(name)), None)
        priority = 0 if rank is None else _HIGHEST_PRIORITY - rank
        endpoint.codecSetPriority(codec.codecId, priority)
