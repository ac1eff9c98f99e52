"""Keys of the actions, changed by pressing a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events
from textual.widget import Widget
from textual.widgets import Static

from tui.keys import keymap
from tui.keys.actions import BY_ID, by_group
from tui.state import State
from tui.terminal.text import Line, Part, line
from tui.terminal.wrapping import paragraph
from tui.widgets.choices import Choices, Row
from tui.widgets.list_box import ListBox
from tui.widgets.screens import PhoneModal, bindings_of
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.settings import ChangeSettings

_KEYS_WIDTH = 12


class Keys(ListBox[Choices[str]]):
    """Lists the keys; refuses a key in use before saving anything."""

    name_of_screen = "keys"
    BINDINGS = bindings_of("keys")
    title_of_box = "Keys"

    def __init__(self) -> None:
        super().__init__(Choices[str]())
        self._refused: tuple[str, str] | None = None

    def show(self, state: State) -> None:
        super().show(state)
        self._draw()

    async def choose(self) -> None:
        action = self.rows.selected
        if action is None:
            return

        def pressed(key: str | None) -> None:
            if key is not None:
                self.phone.later(self._give(action, key))

        self.phone.push_screen(NewKey(BY_ID[action].title), pressed)

    async def restore(self) -> None:
        action = self.rows.selected
        if action is not None:
            await self._change(action, None)

    async def _give(self, action: str, key: str) -> None:
        """Replace the first key; keep the others, which work while typing."""
        others = [k for k in self.phone.keymap.keys[action].split(",")[1:] if k != key]
        keys = ",".join([key, *others])
        await self._change(action, None if keys == BY_ID[action].keys else keys)

    async def _change(self, action: str, keys: str | None) -> None:
        own_keys = {k: v for k, v in self.phone.state.settings.keys.items() if k != action}
        if keys is not None:
            own_keys[action] = keys
        former = keymap.resolve(self.phone.state.settings.keys).problems
        new = [text for text in keymap.resolve(own_keys).problems if text not in former]
        if new:
            self._refuse(action, new[0])
            return
        try:
            await self.phone.bridge.ask(ChangeSettings(changes={f"keys.{action}": keys}))
        except (CommandFailed, NoEngine) as error:
            self._refuse(action, str(error))
            return
        self._refused = None
        self._draw()

    def _refuse(self, action: str, why: str) -> None:
        self._refused = (action, why)
        self._draw()

    def _draw(self) -> None:
        self.rows.show(row for group in self._groups() for row in group)

    def _groups(self) -> Iterator[list[Row[str]]]:
        for title, actions in by_group().items():
            yield [
                Row(line(Part(title, "accent"))),
                *(self._row(action.id) for action in actions),
                Row(Line()),
            ]

    def _row(self, action: str) -> Row[str]:
        keys = ", ".join(map(keymap.show, self.phone.keymap.keys[action].split(",")))
        own = action in self.phone.keymap.changed
        drawn = line(
            f"  {keys:<{_KEYS_WIDTH}}",
            BY_ID[action].title,
            right=(Part("your own", "success"),) if own else (),
        )
        if self._refused is None or self._refused[0] != action:
            return Row(drawn, action)
        sign = self.phone.glyphs.failed
        why = Part(f"{sign} not saved: {self._refused[1]}", "error")
        return Row(drawn, action, paragraph("    ", why, hang=4))


class NewKey(PhoneModal[str | None]):
    """Asks for a key; the result is the next key pressed, or None."""

    name_of_screen = "newkey"
    BINDINGS = bindings_of("newkey")
    AUTO_FOCUS = ""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title_of_box = "Press the new key"
        self._title = title

    def contents(self) -> Sequence[Widget]:
        return (Static(self._title, markup=False), Static("It is saved at once.", markup=False))

    def on_key(self, event: events.Key) -> None:
        bound = self.active_bindings.get(event.key)
        if bound is not None and bound.enabled:
            return  # closes this box, or answers a ringing call
        event.stop()
        self.dismiss(event.key)
