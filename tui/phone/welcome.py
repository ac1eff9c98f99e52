"""Welcome, shown when the phone has no account yet."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Button, Label

from tui.accounts.form import AccountForm
from tui.widgets.button import BoxButton
from tui.widgets.screens import PhoneModal, bindings_of
from voip.protocol.calls import PlaceCall

_TEXT = (
    "Offhook makes and answers calls in your terminal, with an account of your provider or your "
    "office. When an account says TLS, nothing of a call leaves this machine in the clear, and a "
    "closed lock says what was seen, not what was hoped for."
)


class Welcome(PhoneModal[None]):
    """Offers a first account, or a test call that needs none."""

    name_of_screen = "welcome"
    BINDINGS = bindings_of("welcome")
    AUTO_FOCUS = "#add"
    title_of_box = "Welcome"

    def contents(self) -> Sequence[Widget]:
        return (
            Label(_TEXT, markup=False, classes="hint"),
            BoxButton("Add an account", id="add"),
            BoxButton("Make a secure test call on this machine", id="echo"),
            BoxButton("Look around", id="look"),
        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        phone = self.phone
        self.dismiss()
        if event.button.id == "add":
            phone.push_screen(AccountForm(None))
        elif event.button.id == "echo":
            phone.later(phone.place(PlaceCall(target="echo")))
