"""LockDetails."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class LockDetails(PhoneModal[None]):
    """To be built."""

    name_of_screen = "lock"
    BINDINGS = bindings_of("lock")
    title_of_box = "LockDetails"

    def __init__(self, call: str | None = None, account: str | None = None) -> None:
        super().__init__()
        self._call, self._account = call, account
