"""Welcome."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class Welcome(PhoneModal[None]):
    """To be built."""

    name_of_screen = "welcome"
    BINDINGS = bindings_of("welcome")
    title_of_box = "Welcome"
