"""Keys in turn, even if a widget is removed with its queued messages."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from tui.keys.in_turn import KeysInTurn, Passed


class Vanishing(Static, can_focus=True):
    """Removed after the first key, with all messages queued to it."""

    def on_key(self, event: events.Key) -> None:
        event.stop()

    def on_passed(self, message: Passed) -> None:
        message.stop()
        self.remove()


class App(KeysInTurn):
    def __init__(self) -> None:
        super().__init__()
        self.came: list[str] = []

    def compose(self) -> ComposeResult:
        yield Vanishing()

    def on_key(self, event: events.Key) -> None:
        if event.is_forwarded:
            self.came.append(event.key)


async def test_keys_go_on_when_what_had_the_keyboard_is_gone() -> None:
    app = App()
    async with app.run_test() as pilot:
        app.query_one(Vanishing).focus()
        await pilot.pause()
        for key in "abc":
            app.post_message(events.Key(key, key))
        while app.came != ["b", "c"]:
            await pilot.pause()
