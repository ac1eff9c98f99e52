"""Guide."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Guide(PhoneModal[None]):
    """To be built."""

    name_of_screen = "guide"
    BINDINGS = bindings_of("guide")
    title_of_box = "Guide"
