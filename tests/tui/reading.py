"""Reading of text that is broken into lines."""

from __future__ import annotations

from tests.support.screen.pilot import Screen

_EDGES = " │╭╮╰╯─▁▂▃▄▅▆▇█"


def running_text(phone: Screen) -> str:
    """Join the screen's text into one line, without the edges of its box."""
    return " ".join(line.strip(_EDGES) for line in phone.lines)
