"""AccountForm."""

from __future__ import annotations

from tui.screens.base import PhoneModal, bindings_of


class AccountForm(PhoneModal[None]):
    """To be built."""

    name_of_screen = "account"
    BINDINGS = bindings_of("account")
    title_of_box = "AccountForm"

    def __init__(self, name: str | None, test: bool = False) -> None:
        super().__init__()
        self._name, self._test = name, test
