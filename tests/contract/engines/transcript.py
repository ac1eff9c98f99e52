"""Reduces an engine's events to short words that both engines share."""

from __future__ import annotations

from voip.model import Call
from voip.protocol.accounts import AccountEvent, AccountRemoved
from voip.protocol.calls import CallEvent, LogEvent
from voip.protocol.client import NumberedEvent

ANSWERED = ["row: ongoing", "dialing open", "connecting open", "row: ongoing", "active closed"]
"""A call to the echo line until its lock is closed."""

ENDED = ["row: answered", "ended open"]


def of_call(events: list[NumberedEvent], call: str) -> list[str]:
    """List how a call and its row went, each change once.

    Differences between engines are left out: repeated states, codecs, suites,
    times, measurements.
    """
    words: list[str] = []
    last = ""
    for numbered in events:
        event = numbered.event
        if isinstance(event, CallEvent) and event.call.id == call:
            if (now := _state(event.call)) != last:
                words.append(now)
                last = now
        elif isinstance(event, LogEvent) and event.entry.id == call:
            words.append(f"row: {event.entry.outcome}")
    return words


def of_account(events: list[NumberedEvent], name: str) -> list[str]:
    """List how an account went, each change once."""
    words: list[str] = []
    for numbered in events:
        event = numbered.event
        if isinstance(event, AccountRemoved) and event.name == name:
            words.append("removed")
        elif isinstance(event, AccountEvent) and event.account.name == name:
            state = event.account.registration.state.value
            if not words or words[-1] != state:
                words.append(state)
    return words


def _state(call: Call) -> str:
    marks = [
        word
        for word, on in (
            ("muted", call.muted),
            ("recording", call.recording),
            ("playing", call.playing),
        )
        if on
    ]
    return " ".join([call.state.value, call.lock.state.value, *marks])
