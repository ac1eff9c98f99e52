"""Reading what is broken into lines."""

from __future__ import annotations

from tests.support.screen.pilot import Screen

_EDGES = " │╭╮╰╯─▁▂▃▄▅▆▇█"


def running_text(phone: Screen) -> str:
    """What the screen shows as one line, without the edges of its box."""
    return " ".join(line.strip(_EDGES) for line in phone.lines)
