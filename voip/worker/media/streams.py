"""Media streams of a call in force, and their measurements."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import pjsua2 as pj

from voip.protection import Keying, MediaKind, Stream
from voip.protocol.worker.calls import StatisticsEvent

_KINDS = {
    pj.PJMEDIA_TYPE_AUDIO: MediaKind.AUDIO,
    pj.PJMEDIA_TYPE_VIDEO: MediaKind.VIDEO,
    pj.PJMEDIA_TYPE_TEXT: MediaKind.TEXT,
}


class Sample(NamedTuple):
    """RTCP's counters (RFC 3550 section 6.4), times in milliseconds.

    `other_codec` counts packets of another payload type than the stream's.
    """

    rx_packets: int
    rx_lost: int
    tx_packets: int
    tx_lost: int | None
    jitter_ms: float | None
    rtt_ms: float | None
    other_codec: int


class MeasuredCall(Protocol):
    """Call whose measurements are reported."""

    number: int
    connection: int | None


def read(call: pj.Call, info: pj.CallInfo) -> tuple[Stream, ...]:
    """Streams of the call, as PJMEDIA has them now.

    `info` must outlive the reading: pjsua2 returns references into it.
    """
    return tuple(_stream(call, media) for media in info.media)


def measure(call: pj.Call, info: pj.CallInfo) -> Sample | None:
    """Measurements of the first active audio stream, None without one."""
    for media in info.media:
        if not _is_active_audio(media):
            continue
        try:
            stat = call.getStreamStat(media.index)
        except pj.Error:
            # A session that is inactive or without an address has no stream.
            continue
        rtcp = stat.rtcp
        received, sent = rtcp.rxStat, rtcp.txStat
        # Without a receiver report the far end's loss is unknown, not zero.
        reported = sent.updateCount > 0
        return Sample(
            rx_packets=received.pkt,
            rx_lost=received.loss,
            tx_packets=sent.pkt,
            tx_lost=sent.loss if reported else None,
            jitter_ms=received.jitterUsec.last / 1000 if received.pkt else None,
            rtt_ms=rtcp.rttUsec.last / 1000 if rtcp.rttUsec.n else None,
            other_codec=stat.otherPtPkt,
        )
    return None


def statistics(
    call: MeasuredCall,
    streams: tuple[Stream, ...],
    sample: Sample,
    seconds: float,
    unplayable: int,
    silent_s: float | None,
    underruns: int,
) -> StatisticsEvent:
    """Report of the last `seconds`; the rest is as in `StatisticsEvent`."""
    return StatisticsEvent(
        call=call.number,
        streams=streams,
        connection=call.connection,
        rx_packets=sample.rx_packets,
        rx_lost=sample.rx_lost,
        tx_packets=sample.tx_packets,
        tx_lost=sample.tx_lost,
        jitter_ms=sample.jitter_ms,
        rtt_ms=sample.rtt_ms,
        seconds=seconds,
        rx_unplayable=unplayable,
        rx_silent_s=silent_s,
        underruns=underruns,
    )


def _is_active_audio(media: pj.CallMediaInfo) -> bool:
    return media.type == pj.PJMEDIA_TYPE_AUDIO and _is_active(media)


def _is_active(media: pj.CallMediaInfo) -> bool:
    return media.status in (
        pj.PJSUA_CALL_MEDIA_ACTIVE,
        pj.PJSUA_CALL_MEDIA_LOCAL_HOLD,
        pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
    )


def _stream(call: pj.Call, media: pj.CallMediaInfo) -> Stream:
    kind = _KINDS.get(media.type, MediaKind.OTHER)
    if not _is_active(media):
        return Stream(kind=kind, active=False, srtp=False)
    try:
        transport = call.getMedTransportInfo(media.index)
    except pj.Error:
        # PJSIP has no transport for some streams that have a status.
        return Stream(kind=kind, active=False, srtp=False)
    srtp = transport.srtp
    same_suite = srtp.rxSuite == srtp.txSuite
    return Stream(
        kind=kind,
        active=True,
        srtp=srtp.active,
        suite=srtp.rxSuite if srtp.active and same_suite else None,
        keying=Keying(srtp.keying) if srtp.keying else None,
        codec=_codec(call, media),
        accepted=srtp.rxAccepted,
        rejected=srtp.rxRejected,
        local_fingerprint=srtp.localFingerprint or None,
        remote_fingerprint=srtp.remoteFingerprint or None,
        relayed=transport.ice.localRelay or transport.ice.remoteRelay,
    )


def _codec(call: pj.Call, media: pj.CallMediaInfo) -> str | None:
    if media.type != pj.PJMEDIA_TYPE_AUDIO:
        return None
    try:
        info = call.getStreamInfo(media.index)
    except pj.Error:
        return None
    if not info.codecName:
        return None
    channels = info.audCodecParam.info.channelCnt
    # RFC 7587: Opus is always written with two channels in SDP.
    written = 2 if info.codecName.lower() == "opus" else channels
    return f"{info.codecName.lower()}/{info.codecClockRate}/{written}"
