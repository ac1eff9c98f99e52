"""Settings."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Settings(PhoneModal[None]):
    """To be built."""

    name_of_screen = "settings"
    BINDINGS = bindings_of("settings")
    title_of_box = "Settings"
