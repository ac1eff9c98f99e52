"""A button of a box."""

from __future__ import annotations

from textual.widgets import Button


class BoxButton(Button, inherit_bindings=False):
    """Button without keys of its own; the action `box.press` presses it."""

    def __init__(self, label: str, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(label, id=id, compact=True)
