"""The pane of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from tui.state import State
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.words import rows
from voip.model import AccountStatus


class Accounts(Lines):
    """Every account with its registration and its lock."""

    height = 3

    def __init__(self) -> None:
        super().__init__(id="accounts")
        self._accounts: tuple[AccountStatus, ...] = ()

    def show(self, state: State) -> None:
        self._accounts = state.accounts
        self.redraw()

    @property
    def selected(self) -> AccountStatus | None:
        return self._accounts[self.cursor] if self.cursor < len(self._accounts) else None

    def select(self, name: str) -> None:
        """Put the cursor on an account, if it is there."""
        for index, account in enumerate(self._accounts):
            if account.name == name:
                self.go(index)

    def count(self) -> int:
        return len(self._accounts)

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        trust_key = phone.keymap.shown("account.trust")
        return rows.account(self._accounts[index], phone.glyphs, trust_key)

    def empty(self) -> Sequence[Line]:
        keys = self.phone.keymap
        return (
            line(" ", Part("No account yet.", "muted")),
            _hint(keys.shown("account.add"), "account.add", "adds one"),
            _hint(keys.shown("dial.echo"), "dial.echo", "makes a test call"),
        )


def _hint(key: str, action: str, words: str) -> Line:
    return line(" ", Part(key, "accent", action), Part(f" {words}", "muted"))
