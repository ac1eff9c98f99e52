"""Protocols of the app for screens, actions and widgets.

None of them imports the app. The app passes itself to its commands, by which
mypy checks that it is a `Host`.
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
from voip.protocol.calls import AnyPlacing
from voip.protocol.client import AnyCommand, NumberedEvent
from voip.protocol.settings import Screen as ScreenSettings

_Data = TypeVar("_Data")
_Result = TypeVar("_Result")


class WidgetHost(Protocol):
    """Drawing's view of the app: state, time, symbols, colours and keys."""

    @property
    def state(self) -> State: ...

    @property
    def glyphs(self) -> Glyphs: ...

    @property
    def theme_variables(self) -> Mapping[str, str]:
        """Colours of the current theme, by the names that style sheets use."""

    @property
    def keymap(self) -> Keymap: ...

    @property
    def typing(self) -> bool:
        """True if letters go into a line of text."""

    def shown_key(self, action_id: str) -> str:
        """The key of an action that works with the current focus."""

    def clock(self) -> float:
        """Seconds of a monotonic clock."""

    def now(self) -> datetime:
        """The local time."""


class Host(WidgetHost, Protocol):
    """App for a screen or an action: the engine, the boxes, the themes."""

    @property
    def screen(self) -> Screen[object]:
        """The current screen."""

    @property
    def main(self) -> Screen[None]:
        """The screen beneath all boxes."""

    @property
    def bridge(self) -> Bridge: ...

    @property
    def connected(self) -> bool:
        """True while the engine is connected."""

    @property
    def events(self) -> Iterable[NumberedEvent]:
        """The engine's events that are kept, the oldest first."""

    @property
    def environ(self) -> Mapping[str, str]: ...

    @property
    def folder(self) -> Path | None:
        """Folder of the settings, or None until the engine has named it."""

    @property
    def themes(self) -> Themes: ...

    async def ask(self, command: AnyCommand) -> bool:
        """Send a command; True if accepted, else the reason is shown."""

    async def get(self, command: AnyCommand, kind: type[_Data]) -> _Data | None:
        """The engine's answer; None if it refused, after showing the reason."""

    async def place(self, command: AnyPlacing) -> bool:
        """Place a call; True if it has started."""

    async def do(self, action_id: str) -> None:
        """Run an action, if it makes sense now."""

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` in the background."""

    def tell(self, text: str, level: str = "info") -> None:
        """Show what came of an action, above the dial line and in the box over it."""

    def push_screen(
        self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None
    ) -> object:
        """Open a box; `callback` receives its result."""

    def copy_to_clipboard(self, text: str) -> None: ...

    def load_themes(self) -> None:
        """Read the themes again, including the user's."""

    def wear(self, screen: ScreenSettings) -> None:
        """Apply the theme and the symbols of these settings at once."""

    def redraw(self) -> None:
        """Send the whole screen again."""

    def exit(self) -> None:
        """Close the screen; calls go on."""


Command = Callable[[Host, Context], Awaitable[None]]
"""Runs an action, given the context in which its key was pressed."""


def host_of(node: DOMNode) -> Host:
    """The app of a screen or a widget."""
    return cast(Host, node.app)
