"""Estimates a call's quality from packet counters by a simplified E-model.

ITU-T G.107 with G.113's figures: R starts at 93.2 and is reduced by delay and packet
loss; MOS follows from R (G.107 annex B).
"""

from __future__ import annotations

from voip.protocol.worker.calls import StatisticsEvent
from voip.quality import Quality

_R_BEST = 93.2

# Equipment impairment and loss robustness (ITU-T G.113 appendix I; Opus is not there
# and uses G.722's).
_CODEC = {
    "pcmu": (0.0, 25.1),
    "pcma": (0.0, 25.1),
    "g722": (0.0, 25.1),
    "opus": (0.0, 25.1),
    "g729": (11.0, 19.0),
    "gsm": (20.0, 10.0),
}

_VOICE_PER_S = 15
"""Packets per second; fewer are comfort noise (RFC 3389) or a digit."""

_BUFFER_MS = 60.0
"""Delay in jitter buffer and devices, which the network's times omit."""


def assess(event: StatisticsEvent, codec: str | None) -> Quality:
    """Return the quality of a call from its counters."""
    rx_loss = _percent(event.rx_lost, event.rx_packets)
    tx_loss = None
    if event.tx_lost is not None:
        # Sent packets include those lost on the way (RFC 3550 section 6.4).
        tx_loss = _percent(event.tx_lost, event.tx_packets - event.tx_lost)
    return Quality(
        rx_loss_pct=_rounded(rx_loss),
        tx_loss_pct=_rounded(tx_loss),
        jitter_ms=_rounded(event.jitter_ms),
        rtt_ms=_rounded(event.rtt_ms),
        mos=None if rx_loss is None else mos(rx_loss, event.rtt_ms, codec),
        unplayable=event.rx_unplayable if _is_voice(event) else None,
        silent_s=_rounded(event.rx_silent_s),
        underruns=event.underruns or None,
    )


def mos(loss_pct: float, rtt_ms: float | None, codec: str | None) -> float:
    """Return the mean opinion score, 1.0 to 4.5, of the received sound."""
    name = codec.split("/")[0] if codec else "pcmu"
    impairment, robustness = _CODEC.get(name, (0.0, 25.1))
    delay = (rtt_ms or 0.0) / 2 + _BUFFER_MS
    delay_impairment = 0.024 * delay + (0.11 * (delay - 177.3) if delay > 177.3 else 0.0)
    loss_impairment = impairment + (95 - impairment) * loss_pct / (loss_pct + robustness)
    r = max(0.0, min(100.0, _R_BEST - delay_impairment - loss_impairment))
    score = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6
    return round(max(1.0, min(4.5, score)), 1)


def _is_voice(event: StatisticsEvent) -> bool:
    return event.rx_unplayable >= _VOICE_PER_S * max(event.seconds, 1.0)


def _percent(lost: int, received: int) -> float | None:
    total = lost + received
    return None if total <= 0 else max(0.0, 100.0 * lost / total)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
