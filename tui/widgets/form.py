"""Rows of a form: a name, a value, and the problem with it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.host import host_of

LONGEST = 4096


class Rows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Rows of a form; keeps the focused row in view."""

    def watch_virtual_size(self) -> None:
        # A row or remark that appears can push the focused row out of view.
        self.call_after_refresh(self._keep_keyboard_in_view)

    def _keep_keyboard_in_view(self) -> None:
        focused = self.screen.focused if self.is_attached else None
        if focused is not None and self in focused.ancestors:
            self.scroll_to_widget(focused, animate=False)


class Mark(Static, can_focus=True):
    """On or off, shown by its sign.

    `one_of_many` draws it as one of a choice, of which one is on.
    """

    class Picked(Message):
        """The mark was chosen, by key or click."""

        def __init__(self, mark: Mark) -> None:
            super().__init__()
            self.mark = mark

    def __init__(self, words: str, one_of_many: bool) -> None:
        super().__init__(markup=False, classes="mark")
        self.words = words
        self.is_on = False
        self._one_of_many = one_of_many

    def show(self, on: bool) -> None:
        self.is_on = on
        _set_text(self, f"{self._sign} {self.words}")

    @property
    def _sign(self) -> str:
        glyphs = host_of(self).glyphs
        if self._one_of_many:
            return f"({glyphs.registered if self.is_on else ' '})"
        return glyphs.on if self.is_on else glyphs.off

    def pick(self) -> None:
        self.post_message(self.Picked(self))

    def on_click(self) -> None:
        self.pick()


class Row(Vertical):
    """One field of a form, labelled `words`."""

    class Changed(Message):
        """The user changed the field."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    def __init__(self, field: str, words: str) -> None:
        super().__init__(id=f"row-{field}", classes="row")
        self.field = field
        self.words = words
        self._problem = Static("", markup=False, classes="problem")
        self._remark = Static("", markup=False, classes="remark")
        self._problem.display = self._remark.display = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Static(self.words, markup=False, classes="words")
            with Vertical(classes="editors"):
                yield from self.editors
                yield self._problem
                yield self._remark

    @property
    def editors(self) -> Sequence[Widget]:
        """The widgets to edit the field with; the first one takes the focus."""
        raise NotImplementedError

    @property
    def value(self) -> str | bool:
        raise NotImplementedError

    def put(self, value: str | bool) -> None:
        """Show a value without posting `Changed`."""
        raise NotImplementedError

    def complain(self, words: str | None) -> None:
        """Show the field's problem; None clears it."""
        sign = host_of(self).glyphs.check_failed.strip()
        _show_text(self._problem, f"{sign} {words}" if words else "")

    def remark(self, words: str) -> None:
        """Show a remark on the field; empty text clears it."""
        _show_text(self._remark, words)

    def take_keyboard(self) -> None:
        self.editors[0].focus()


class TextRow(Row):
    """Line of text; a `secret` one is drawn as dots until revealed."""

    def __init__(
        self, field: str, words: str, longest: int = LONGEST, secret: bool = False
    ) -> None:
        super().__init__(field, words)
        self.input = Input(
            id=f"input-{field}", compact=True, select_on_focus=False, max_length=longest,
            password=secret,
        )  # fmt: skip
        self.input.cursor_blink = False

    @property
    def editors(self) -> Sequence[Widget]:
        return (self.input,)

    @property
    def value(self) -> str:
        return self.input.value

    def put(self, value: str | bool) -> None:
        with self.input.prevent(Input.Changed):
            self.input.value = str(value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self))


class ChoiceRow(Row):
    """One of a few values, each with its meaning on a line of its own."""

    def __init__(self, field: str, words: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(field, words)
        self._value = choices[0][0]
        self._marks = {
            value: Mark(f"{value.upper()}, {meaning}", one_of_many=True)
            for value, meaning in choices
        }

    @property
    def editors(self) -> Sequence[Widget]:
        return tuple(self._marks.values())

    @property
    def value(self) -> str:
        return self._value

    def put(self, value: str | bool) -> None:
        self._value = str(value)
        for name, mark in self._marks.items():
            mark.show(name == value)

    def take_keyboard(self) -> None:
        self._marks.get(self._value, next(iter(self._marks.values()))).focus()

    def on_mark_picked(self, event: Mark.Picked) -> None:
        event.stop()
        self.put(next(name for name, mark in self._marks.items() if mark is event.mark))
        self.post_message(self.Changed(self))


class SwitchRow(Row):
    """Switch, on or off."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field, "")
        self._mark = Mark(words, one_of_many=False)

    @property
    def editors(self) -> Sequence[Widget]:
        return (self._mark,)

    @property
    def value(self) -> bool:
        return self._mark.is_on

    def put(self, value: str | bool) -> None:
        self._mark.show(bool(value))

    def on_mark_picked(self, event: Mark.Picked) -> None:
        event.stop()
        self.put(not self._mark.is_on)
        self.post_message(self.Changed(self))


def _show_text(place: Static, text: str) -> None:
    _set_text(place, text)
    place.display = bool(text)


def _set_text(place: Static, text: str) -> None:
    # Textual lays the whole form out again after an update, even to the same text.
    if place.content != text:
        place.update(text)
