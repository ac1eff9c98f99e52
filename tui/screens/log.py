"""EngineLog."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class EngineLog(PhoneModal[None]):
    """To be built."""

    name_of_screen = "log"
    BINDINGS = bindings_of("log")
    title_of_box = "EngineLog"
