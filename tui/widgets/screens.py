"""Base of the phone's screens: state, keys and incoming calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button

from tui.host import Command, Host, host_of
from tui.keys.actions import of_screen
from tui.keys.context import Context, Spot
from tui.state import State
from tui.widgets.footer import Footer
from tui.widgets.form import Mark
from tui.widgets.incoming import Incoming
from tui.widgets.lines import Lines
from voip.protocol.client import NumberedEvent

_Result = TypeVar("_Result")
_Kind = TypeVar("_Kind")


def bindings_of(screen: str) -> list[BindingType]:
    """The keys of a screen, from the list of actions.

    In boxes, where the user may type, actions of every screen keep only keys
    that are not letters: typing a name must not answer a call.
    """
    bindings: list[BindingType] = []
    for action in of_screen(screen):
        keys = action.keys.split(",")
        if screen != "main" and not action.screens:
            keys = [key for key in keys if len(key) > 1]
        bindings.append(
            Binding(",".join(keys), f"app.do('{action.id}')", action.words, show=False,
                    id=action.id)
        )  # fmt: skip
    return bindings


if TYPE_CHECKING:
    _AnyScreen = Screen[Any]
else:
    # Textual reads the style sheets of one base class only: the screen's.
    _AnyScreen = object


class Phoned(_AnyScreen):
    """Screen that receives the phone's state after each change."""

    name_of_screen = "main"

    @property
    def phone(self) -> Host:
        return host_of(self)

    def context(self) -> Context:
        """Facts that decide which actions make sense here."""
        state = self.phone.state
        return Context(
            screen=self.name_of_screen,
            connected=self.phone.connected,
            incoming=next(iter(state.incoming), None),
            live=sum(shown.call.state.answered for shown in state.live),
            accounts=len(state.accounts),
            spot=self._spot,
        )

    @property
    def _spot(self) -> Spot | None:
        if isinstance(self.focused, Mark):
            return Spot.MARK
        return Spot.BUTTON if isinstance(self.focused, Button) else None

    def show(self, state: State) -> None:
        """Show the state; called after each change of it and each second."""
        # A query would match a selector with every widget of the screen.
        for child in self.children:
            if isinstance(child, Incoming):
                child.show(state)
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that do something now."""
        for child in self.children:
            if isinstance(child, Footer):
                child.show(self.context())

    def list_under_cursor(self) -> Lines | None:
        """The list in which the arrow keys move the cursor."""
        return None

    def happened(self, numbered: NumberedEvent) -> None:
        """Handle an engine event, which the state already includes."""

    def on_mount(self) -> None:
        self.show(self.phone.state)


def on_screen(kind: type[_Kind], act: Callable[[_Kind], Awaitable[None] | None]) -> Command:
    """Command that runs `act` if the current screen is of this kind."""

    async def run(phone: Host, context: Context) -> None:
        if isinstance(phone.screen, kind):
            work = act(phone.screen)
            if work is not None:
                await work

    return run


class PhoneScreen(Phoned, Screen[None]):
    """A screen that fills the terminal."""

    AUTO_FOCUS = ""


class PhoneModal(Phoned, ModalScreen[_Result]):
    """A box over the main screen, with an incoming call above it."""

    title_of_box = ""

    def compose(self) -> ComposeResult:
        yield Incoming()
        box = Vertical(*self.contents(), id="box")
        # A name in the title must not be read as markup.
        box.border_title = Content(self.title_of_box)
        yield box
        yield Footer()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.show_keys()

    def contents(self) -> Sequence[Widget]:
        """The widgets in the box."""
        return ()

    def close(self, result: Any = None) -> None:
        """Close the box."""
        self.dismiss(result)
