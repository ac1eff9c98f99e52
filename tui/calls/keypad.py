"""Keypad that sends typed keys as DTMF digits and shows them."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.widget import Widget
from textual.widgets import Static

from tui.state import State
from tui.widgets.screens import PhoneModal, bindings_of
from tui.words.phrases import who
from voip.protocol.calls import SendDigits

_KEYS = frozenset("0123456789*#ABCDabcd,")
_FACE = "1 2 3\n4 5 6\n7 8 9\n* 0 #"


class Keypad(PhoneModal[None]):
    """Keypad of a call; closes when the call ends."""

    name_of_screen = "keypad"
    BINDINGS = bindings_of("keypad")
    AUTO_FOCUS = ""

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call
        self._sent = ""
        self._sent_line = Static("", id="sent", markup=False)
        self._heard = Static("", id="heard", markup=False)

    def contents(self) -> Sequence[Widget]:
        shown = self.phone.state.find(self._call)
        self.title_of_box = f"Keypad: {who(shown.call.remote)}" if shown else "Keypad"
        return (Static(_FACE, id="face", markup=False), self._sent_line, self._heard)

    def show(self, state: State) -> None:
        super().show(state)
        shown = state.find(self._call)
        if shown is None or not shown.call.state.answered:
            if self.phone.screen is self:
                self.dismiss()
            return
        by = f"\n{shown.way.words}" if shown.way else ""
        self._sent_line.update(
            f"sent: {self._sent}{by}" if self._sent else "type 0-9 * # A-D, or , to wait"
        )
        self._heard.update(f"they pressed: {shown.heard}" if shown.heard else "")

    async def on_key(self, event: events.Key) -> None:
        if event.character is None or event.character not in _KEYS:
            return
        event.stop()
        digit = event.character.upper()
        if await self.phone.ask(SendDigits(call=self._call, digits=digit)):
            self._sent = (self._sent + digit)[-60:]
            self.show(self.phone.state)

    def on_click(self, event: events.Click) -> None:
        face = self.query_one("#face")
        offset = event.get_content_offset(face)
        rows = _FACE.split("\n")
        if event.widget is face and offset and offset.y < len(rows):
            key = rows[offset.y][min(offset.x, 4)]
            if key != " ":
                self.post_message(events.Key(key, key))
