"""Transfer of a call: to whom, or to another call that is up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from textual import events
from textual.widget import Widget
from textual.widgets import Input, Label

from tui.calls.dial import Suggestions
from tui.host import Host
from tui.keys.context import Context
from tui.state import ShownCall, State
from tui.terminal.text import Part
from tui.widgets.ask import Confirm
from tui.widgets.header import Note
from tui.widgets.screens import PhoneModal, bindings_of
from tui.words import phrases
from tui.words.phrases import who
from voip.client.errors import CommandFailed, NoEngine
from voip.model import Direction
from voip.protocol.calls import ConnectCalls, TransferCall
from voip.protocol.people import LookedUp, LookUp

_MOST = 6
_STEPS = {"up": -1, "down": 1}


class TransferTo(PhoneModal[None]):
    """Box that transfers a call to a target; it closes when the call ends."""

    name_of_screen = "ask"
    BINDINGS = bindings_of("ask")
    AUTO_FOCUS = "Input"

    def __init__(self, shown: ShownCall) -> None:
        super().__init__()
        self._call = shown.call
        self.title_of_box = f"Transfer {who(shown.call.remote)}"
        self._suggestions = Suggestions()
        self._note = Note()
        self._line = Input(
            placeholder="number, name or SIP address", id="answer", compact=True, max_length=255
        )
        self._line.cursor_blink = False

    def contents(self) -> Sequence[Widget]:
        hint = "To whom? They are on hold meanwhile, and come back if nobody answers."
        return (
            Label(hint, markup=False, classes="hint"),
            self._suggestions,
            self._note,
            self._line,
        )

    def show(self, state: State) -> None:
        super().show(state)
        shown = state.find(self._call.id)
        if (shown is None or not shown.call.state.answered) and self.phone.screen is self:
            self.dismiss(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        # An earlier look-up must not answer after a later one.
        look_up: Callable[[], Awaitable[None]] = partial(self._look_up, event.value)
        self.run_worker(look_up, group="look-up", exclusive=True, exit_on_error=False)

    async def _look_up(self, text: str) -> None:
        asked = LookUp(text=text, account=self._call.account, limit=_MOST)
        try:
            answer = await self.phone.bridge.get(asked, LookedUp)
        except (CommandFailed, NoEngine) as error:
            answer = LookedUp(None, None, problem=str(error))
        self._suggestions.show(answer.suggestions if text else ())
        if answer.problem:
            self._note.preview(Part(answer.problem, "warning"))
        elif answer.uri and text:
            self._note.preview(Part(f"transfers to {phrases.called(answer.uri)}", "muted"))
        else:
            self._note.preview(None)

    def on_key(self, event: events.Key) -> None:
        if event.key in _STEPS:
            event.stop()
            self._suggestions.move(_STEPS[event.key])

    def on_lines_opened(self) -> None:
        self._suggestions.chosen = True
        self._choose()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    def _choose(self) -> None:
        chosen = self._suggestions.selected
        target = chosen.target if chosen else self._line.value.strip()
        if target:
            # Asked for after the box has closed, it waits until the screen is drawn.
            self.phone.later(self.phone.ask(TransferCall(call=self._call.id, target=target)))
            self.dismiss(None)


def consulted(shown: ShownCall, calls: Sequence[ShownCall]) -> ShownCall | None:
    """The newest other call that a call can be connected with.

    It is one of the same account, and this phone placed it or the call.
    """
    call = shown.call
    for other in reversed(calls):
        placed = other.call.direction is Direction.OUT
        if other.call.id == call.id or other.call.account != call.account:
            continue
        if placed or (other.call.state.answered and call.direction is Direction.OUT):
            return other
    return None


async def _transfer(phone: Host, context: Context) -> None:
    shown = context.call
    if shown is None:
        return
    other = consulted(shown, phone.state.live)
    if other is None:
        phone.push_screen(TransferTo(shown))
        return
    first, second = _in_order(shown, other)

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(phone.ask(ConnectCalls(call=first.call.id, other=second.call.id)))
        elif yes is False:
            phone.push_screen(TransferTo(shown))

    phone.push_screen(_joining(first, second, shown), done)


def _in_order(one: ShownCall, other: ShownCall) -> tuple[ShownCall, ShownCall]:
    """The two calls: who is passed on, and to whom; an unanswered one is second."""
    if not one.call.state.answered or (
        other.call.state.answered and int(one.call.id) > int(other.call.id)
    ):
        return other, one
    return one, other


def _joining(first: ShownCall, second: ShownCall, shown: ShownCall) -> Confirm:
    if second.call.state.answered:
        meaning = "They talk to each other, and you leave both calls."
    else:
        name = who(second.call.remote)
        meaning = f"{name} has not answered you: your call is ended, and theirs is made anew."
    return Confirm(
        f"Connect {who(first.call.remote)} with {who(second.call.remote)}?",
        meaning,
        "Connect them",
        f"Transfer {who(shown.call.remote)} to somebody else",
    )


COMMANDS = {"call.transfer": _transfer}
