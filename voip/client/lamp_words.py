"""Words about the lamps of contacts, for the command line and the screen."""

from __future__ import annotations

from voip.lamps import Lamp, LampState

_STATES = {
    LampState.UNKNOWN: "unknown",
    LampState.OFFLINE: "offline",
    LampState.FREE: "free",
    LampState.RINGING: "ringing",
    LampState.BUSY: "busy",
    LampState.AWAY: "away",
    LampState.DND: "do not disturb",
}


def words(lamp: Lamp) -> str:
    """A lamp's state, and the person's own words in quotes."""
    state = _STATES[lamp.state]
    return f"{state}, “{lamp.note}”" if lamp.note else state
