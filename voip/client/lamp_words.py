"""Words about what people do, for the command line and the screen."""

from __future__ import annotations

from voip.lamps import Lamp, LampState
from voip.model import Publication

_STATES = {
    LampState.UNKNOWN: "unknown",
    LampState.OFFLINE: "offline",
    LampState.FREE: "free",
    LampState.RINGING: "ringing",
    LampState.BUSY: "busy",
    LampState.AWAY: "away",
    LampState.DND: "do not disturb",
}


def published(publication: Publication) -> str:
    """State of the user as others see it, or the reason why they see none."""
    if publication.reason:
        return f"your state is not published: {publication.reason}"
    if publication.state is LampState.UNKNOWN:
        return "your state is not published yet"
    return f"others see you as {_STATES[publication.state]}"


def shown(publication: Publication) -> str:
    """State of the user as others see it, short enough for an account's row."""
    if publication.state is LampState.UNKNOWN:
        return "not shown"
    return f"shown {_STATES[publication.state]}"


def words(lamp: Lamp) -> str:
    """A lamp's state, and the person's own words in quotes."""
    state = _STATES[lamp.state]
    return f"{state}, “{lamp.note}”" if lamp.note else state
