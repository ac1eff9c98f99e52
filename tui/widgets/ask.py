"""Small questions: a line of text, yes or no, or a confirming word."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Button, Input, Label

from tui.widgets.button import BoxButton
from tui.widgets.screens import PhoneModal, bindings_of


class AskText(PhoneModal[str | None]):
    """Asks for one line; the result is the line, or None."""

    name_of_screen = "ask"
    BINDINGS = bindings_of("ask")
    AUTO_FOCUS = "Input"

    def __init__(self, title: str, hint: str, proposed: str = "") -> None:
        super().__init__()
        self.title_of_box = title
        self._hint = hint
        self._proposed = proposed

    def contents(self) -> Sequence[Widget]:
        line = Input(self._proposed, id="answer", compact=True, select_on_focus=False)
        line.cursor_blink = False
        return (Label(self._hint, markup=False, classes="hint"), line)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)


class Confirm(PhoneModal[bool]):
    """Asks before a grave action; focuses the safe answer."""

    name_of_screen = "confirm"
    BINDINGS = bindings_of("confirm")
    AUTO_FOCUS = "#no"

    def __init__(self, title: str, text: str, yes: str, no: str = "Leave it") -> None:
        super().__init__()
        self.title_of_box = title
        self._text = text
        self._yes = yes
        self._no = no

    def contents(self) -> Sequence[Widget]:
        return (
            Label(self._text, markup=False, classes="hint"),
            BoxButton(self._no, id="no"),
            BoxButton(self._yes, id="yes"),
        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")


class TypeWord(PhoneModal[bool]):
    """Asks the user to type `word`, so that Enter alone changes nothing."""

    name_of_screen = "ask"
    BINDINGS = bindings_of("ask")
    AUTO_FOCUS = "Input"

    def __init__(self, title: str, text: str, word: str) -> None:
        super().__init__()
        self.title_of_box = title
        self._text = text
        self._word = word

    def contents(self) -> Sequence[Widget]:
        line = Input("", id="answer", compact=True, select_on_focus=False)
        line.cursor_blink = False
        hint = f"Enter alone changes nothing. To do it, type the word {self._word} here:"
        return (
            Label(self._text, markup=False, classes="hint"),
            Label(hint, markup=False, classes="hint"),
            line,
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip().casefold() == self._word)
