"""The lock of a call or an account, and its parts."""

from __future__ import annotations

import msgspec

from tui.keys.context import Context
from tui.state import State
from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.ask import Confirm
from tui.widgets.list_box import ListBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import lock as lock_words
from tui.words.phrases import address, who
from voip.client import compared_words
from voip.client.errors import CommandFailed, NoEngine
from voip.model import AccountStatus, Call
from voip.protection import Compared, EndToEnd, LockReport, LockState
from voip.protocol.calls import HangUp
from voip.protocol.trust import CompareWords, ForgetCompared, GetLock, WordsCompared

_AT_MOST_EVERY_S = 1.0
_REMEMBERED = (Compared.EQUAL, Compared.REMEMBERED, Compared.CHANGED)
_CLAIMED = "The name in quotes was chosen by the caller. Nobody has checked it."


class LockDetails(ListBox[Prose]):
    """Follows its call or account; keeps the last report after its end."""

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
        self._last_subject: Call | AccountStatus | None = None
        self._asked = float("-inf")
        self._asking = False

    def context(self) -> Context:
        """The context of a box; its account can be edited if the lock is open."""
        code = self._code()
        compared = code.comparison if code is not None and code.address is not None else None
        return msgspec.structs.replace(
            super().context(),
            account=self._account_to_edit,
            comparable=code is not None,
            remembered=compared is not None and compared.state in _REMEMBERED,
        )

    @property
    def _account_to_edit(self) -> AccountStatus | None:
        is_open = self._report is not None and self._report.state is LockState.OPEN
        return self.phone.state.account(self._account) if is_open else None

    def show(self, state: State) -> None:
        super().show(state)
        subject = self._subject(state)
        if not self.phone.connected:
            self._last_subject = None  # another engine may report another lock
        elif subject is not None and subject != self._last_subject and self._may_ask():
            self._last_subject = subject
            self.phone.later(self._ask())
        self._draw(gone=subject is None)

    def _code(self) -> EndToEnd | None:
        """The words that can be compared; None once the call is over."""
        if self._report is None or self._subject(self.phone.state) is None:
            return None
        return self._report.end_to_end

    async def words_are_equal(self) -> None:
        """Remember the far end's key, if possible."""
        noted = await self._answer(equal=True)
        if noted is not None:
            self.show_notice(noted.notice or "")

    async def words_are_different(self) -> None:
        """Open the lock, say what that means, and offer to end the call."""
        if await self._answer(equal=False) is None:
            return
        question = Confirm(
            "The words are different",
            compared_words.DIFFERENT,
            yes="Stay in the call",
            no="End the call",
        )

        def answered(stay: bool | None) -> None:
            # Closing the box with its key must not end the call.
            if stay is False and self._call is not None:
                self.phone.later(self.phone.ask(HangUp(call=self._call)))

        self.phone.push_screen(question, answered)

    async def _answer(self, equal: bool) -> WordsCompared | None:
        code = self._code()
        if code is None or self._call is None:
            return None
        command = CompareWords(call=self._call, words=code.words, equal=equal)
        try:
            noted = await self.phone.bridge.get(command, WordsCompared)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"Your answer was not noted: {error}")
            return None
        await self._ask()
        return noted

    async def forget(self) -> None:
        """Forget the far end's keys, after asking."""
        code = self._code()
        shown = self.phone.state.find(self._call) if self._call is not None else None
        if code is None or code.address is None or shown is None:
            return
        command = ForgetCompared(account=shown.call.account, address=code.address)

        def answered(yes: bool | None) -> None:
            if yes:
                self.phone.later(self._forget(command))

        self.phone.push_screen(
            Confirm(
                "Forget this comparison?",
                f"{code.address}\naccount: {command.account}\n\n{compared_words.FORGETTING}",
                yes="Forget it",
                no="Keep it",
            ),
            answered,
        )

    async def _forget(self, command: ForgetCompared) -> None:
        try:
            await self.phone.bridge.ask(command)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"Nothing was forgotten: {error}")
            return
        self.show_notice("")
        await self._ask()

    def _subject(self, state: State) -> Call | AccountStatus | None:
        """The call or account of the lock; None once it is over."""
        if self._call is None:
            account = state.account(self._account)
            if account is not None:
                self._name = f"{account.name}, {address(account.aor)}"
            return account
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
                GetLock(call=self._call, account=self._account), LockReport
            )
            self._problem = ""
        except (CommandFailed, NoEngine) as error:
            self._problem = str(error)
        finally:
            self._asking = False
        self._draw(gone=self._subject(self.phone.state) is None)

    def _draw(self, gone: bool) -> None:
        self.rows.show(self._text(gone))
        self.show_keys()

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
            key = self.phone.shown_key("lock.edit") if self._account_to_edit else None
            phone = self.phone
            described = lock_words.describe(self._report, phone.now(), phone.glyphs, key)
            text += [paragraph(), *described]
        return text
