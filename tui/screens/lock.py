"""The lock of a call or an account, and what it is made of."""

from __future__ import annotations

from tui import lockwords
from tui.drawing import Part
from tui.screens.base import bindings_of
from tui.screens.listbox import ListBox
from tui.state import State
from tui.widgets.prose import Prose
from tui.words import address, who
from tui.wrapping import Paragraph, paragraph
from voip.model import AccountStatus, Call, LockReport
from voip.protocol import client as told
from voip.starting import CommandFailed, NoEngine

_AT_MOST_EVERY_S = 1.0
_CLAIMED = "The name in quotes was chosen by the caller. Nobody has checked it."


class LockDetails(ListBox[Prose]):
    """Follows its call or account; what was last known stays when that is over."""

    name_of_screen = "lock"
    BINDINGS = bindings_of("lock")
    title_of_box = "What the lock is made of"

    def __init__(self, call: str | None = None, account: str | None = None) -> None:
        super().__init__(Prose())
        self._call, self._account = call, account
        self._name: str = account or ""
        self._claimed = False
        self._report: LockReport | None = None
        self._problem = ""
        self._known: Call | AccountStatus | None = None
        self._asked = float("-inf")
        self._asking = False

    def show(self, state: State) -> None:
        super().show(state)
        subject = self._subject(state)
        if not self.phone.connected:
            self._known = None  # another engine may see it differently
        elif subject is not None and subject != self._known and self._may_ask():
            self._known = subject
            self.phone.later(self._ask())
        self._draw(gone=subject is None)

    def _subject(self, state: State) -> Call | AccountStatus | None:
        """The call or account of the lock, None once that is over."""
        if self._call is None:
            found = state.account(self._account)
            if found is not None:
                self._name = f"{found.name}, {address(found.aor)}"
            return found
        shown = state.find(self._call)
        if shown is None:
            return None
        self._name = f"{who(shown.call.remote)}, account: {shown.call.account}"
        self._claimed = shown.call.remote.claimed
        return shown.call if shown.ended is None else None

    def _may_ask(self) -> bool:
        return not self._asking and self.phone.clock() - self._asked >= _AT_MOST_EVERY_S

    async def _ask(self) -> None:
        self._asking = True
        self._asked = self.phone.clock()
        try:
            self._report = await self.phone.bridge.get(
                told.GetLock(call=self._call, account=self._account), LockReport
            )
            self._problem = ""
        except (CommandFailed, NoEngine) as error:
            self._problem = str(error)
        finally:
            self._asking = False
        self._draw(gone=self._subject(self.phone.state) is None)

    def _draw(self, gone: bool) -> None:
        self.rows.show(self._text(gone))

    def _text(self, gone: bool) -> list[Paragraph]:
        text = [paragraph(Part(self._name, "strong"), hang=2)]
        last = ", and this is how its lock was last." if self._report else "."
        if self._claimed:
            text.append(paragraph(Part(_CLAIMED, "muted")))
        if gone:
            over = "The call has ended" if self._call else "The account is no longer there"
            text.append(paragraph(Part(over + last, "warning")))
        elif not self.phone.connected:
            text.append(paragraph(Part("The phone's engine cannot be reached" + last, "warning")))
        elif self._problem:
            text.append(paragraph(Part(f"The lock is not known: {self._problem}", "error")))
        if self._report is not None:
            described = lockwords.describe(self._report, self.phone.now(), self.phone.glyphs)
            text += [paragraph(), *described]
        return text
