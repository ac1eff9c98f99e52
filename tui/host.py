"""The app as screens, actions and widgets use it, none of which import it.

The app hands itself to its commands, which proves to mypy that it is a `Host`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from textual.dom import DOMNode
from textual.screen import Screen

from tui.bridge import Bridge
from tui.keys.context import Context
from tui.keys.keymap import Keymap
from tui.state import State
from tui.terminal.glyphs import Glyphs
from tui.themes.choice import Themes
from voip.protocol.calls import PlaceCall
from voip.protocol.client import AnyCommand, NumberedEvent
from voip.protocol.settings import Screen as ScreenSettings

_Data = TypeVar("_Data")
_Result = TypeVar("_Result")


class WidgetHost(Protocol):
    """The phone, the time, the symbols and the keys: all that drawing needs."""

    @property
    def state(self) -> State: ...

    @property
    def glyphs(self) -> Glyphs: ...

    @property
    def keymap(self) -> Keymap: ...

    @property
    def typing(self) -> bool:
        """True if letters go into a line of text."""

    def shown_key(self, action_id: str) -> str:
        """The key of an action that works where the keyboard is."""

    def clock(self) -> float:
        """Seconds of a clock that never goes back."""

    def now(self) -> datetime:
        """The local time."""


class Host(WidgetHost, Protocol):
    """The app of a screen or an action: the engine, the boxes, the themes."""

    @property
    def screen(self) -> Screen[object]:
        """The screen that has the keys."""

    @property
    def main(self) -> Screen[None]:
        """The screen beneath all boxes."""

    @property
    def bridge(self) -> Bridge: ...

    @property
    def connected(self) -> bool:
        """True while the engine can be reached."""

    @property
    def events(self) -> Iterable[NumberedEvent]:
        """The engine's events as far as they are kept, the oldest first."""

    @property
    def environ(self) -> Mapping[str, str]: ...

    @property
    def folder(self) -> Path | None:
        """The folder of the settings, None until the engine has named it."""

    @property
    def themes(self) -> Themes: ...

    async def ask(self, command: AnyCommand) -> bool:
        """Send a command; True if it was accepted, else the reason is shown."""

    async def get(self, command: AnyCommand, kind: type[_Data]) -> _Data | None:
        """The engine's answer; None if it refused, once the reason is shown."""

    async def place(self, command: PlaceCall) -> bool:
        """Place a call; True if it is under way."""

    async def do(self, action_id: str) -> None:
        """Do an action, if it makes sense as things are."""

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something that may take a while, from where nothing can wait."""

    def tell(self, text: str, level: str = "info") -> None:
        """Show a message over the dial line for a while."""

    def push_screen(
        self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None
    ) -> object:
        """Open a box; `callback` is given its result."""

    def copy_to_clipboard(self, text: str) -> None: ...

    def load_themes(self) -> None:
        """Read the themes again, those of the user included."""

    def wear(self, screen: ScreenSettings) -> None:
        """Use the theme and the symbols of these settings, at once."""

    def redraw(self) -> None:
        """Send the whole screen again."""

    def exit(self) -> None:
        """Close the screen; calls go on."""


Command = Callable[[Host, Context], Awaitable[None]]
"""Does an action, given the facts that held when it was asked for."""


def host_of(node: DOMNode) -> Host:
    """The app of a screen or a widget."""
    return cast(Host, node.app)
