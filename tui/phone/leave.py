"""Closing the screen during a call: leave it running, or end it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Button, Label

from tui.widgets.button import BoxButton
from tui.widgets.screens import PhoneModal, bindings_of
from tui.words.phrases import count
from voip.protocol.calls import HangUp


class Leave(PhoneModal[None]):
    """Asks before closing; the default leaves the calls running."""

    name_of_screen = "leave"
    BINDINGS = bindings_of("leave")
    AUTO_FOCUS = "#leave-running"
    title_of_box = "Close this screen?"

    def contents(self) -> Sequence[Widget]:
        calls = len(self.phone.state.live)
        it = "it" if calls == 1 else "them"
        return (
            Label(
                f"{count(calls, 'call')} up. The phone's engine keeps {it} when this screen "
                "is closed; opening the phone again shows where you were.",
                markup=False,
                classes="hint",
            ),
            BoxButton(f"Leave {it} running", id="leave-running"),
            BoxButton(f"End {it}, and close", id="end-all"),
            BoxButton("Stay here", id="stay"),
        )

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "stay":
            self.dismiss()
            return
        if event.button.id == "end-all":
            for shown in self.phone.state.live:
                await self.phone.ask(HangUp(call=shown.call.id))
        self.phone.exit()
