"""Events."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Events(PhoneModal[None]):
    """To be built."""

    name_of_screen = "events"
    BINDINGS = bindings_of("events")
    title_of_box = "Events"
