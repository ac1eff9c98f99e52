"""Themes."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Themes(PhoneModal[None]):
    """To be built."""

    name_of_screen = "themes"
    BINDINGS = bindings_of("themes")
    title_of_box = "Themes"
