"""Quality of a call's voice, as clients show it."""

from __future__ import annotations

import msgspec


class Quality(msgspec.Struct, frozen=True):
    """Measurements of a call's last second.

    Loss in percent of the whole call's packets, times in milliseconds, `mos`
    from 1.0 to 4.5 (ITU-T G.107, estimated from loss and delay). `unplayable`
    counts packets in a codec that this phone cannot play. `silent_s` counts
    seconds without packets that should have come. `underruns` counts the times that the
    speaker has run out of sound in this call. All three are None while small.
    """

    rx_loss_pct: float | None = None
    tx_loss_pct: float | None = None
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    mos: float | None = None
    unplayable: int | None = None
    silent_s: float | None = None
    underruns: int | None = None

    @property
    def problem(self) -> str:
        """Reason in words why the far end cannot be heard."""
        if self.unplayable:
            return "voice arrives in a codec that this phone cannot play"
        return "nothing comes from the far end any more" if self.silent_s else ""

    @property
    def gaps(self) -> str:
        """Number of underruns in words, empty if there are none.

        They are this computer's, and no fault of the network.
        """
        if not self.underruns:
            return ""
        return f"{self.underruns:,} {'gap' if self.underruns == 1 else 'gaps'} in your speaker"
