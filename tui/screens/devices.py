"""Devices."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Devices(PhoneModal[None]):
    """To be built."""

    name_of_screen = "devices"
    BINDINGS = bindings_of("devices")
    title_of_box = "Devices"
