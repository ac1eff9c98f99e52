"""A conference in words, on the rows of its calls."""

from __future__ import annotations

from tui.terminal.text import Role
from tui.words import phrases
from voip.model import Call, CallState, Conference


def is_apart(group: Conference, call: str) -> bool:
    """True if the user neither hears nor is heard by this party."""
    return not group.here or group.aside not in (None, call)


def standing(call: Call, group: Conference | None) -> tuple[str, Role]:
    """State of an answered call, and its role."""
    if group is None or call.state is not CallState.ACTIVE:
        return phrases.state(call), "success" if call.state is CallState.ACTIVE else "warning"
    if is_apart(group, call.id):
        return "without you", "warning"
    return ("aside", "success") if group.aside == call.id else ("active", "success")
