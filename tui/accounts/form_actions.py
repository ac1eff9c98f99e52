"""Actions in the account form and in its test."""

from __future__ import annotations

from tui.accounts.form import AccountForm
from tui.accounts.trial import AccountTest
from tui.host import Host
from tui.keys.context import Context
from tui.widgets.screens import on_screen


async def _trust(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, AccountForm | AccountTest):
        phone.screen.look_at_server()


COMMANDS = {
    "form.save": on_screen(AccountForm, lambda form: form.save()),
    "form.test": on_screen(AccountForm, lambda form: form.test()),
    "form.reload": on_screen(AccountForm, lambda form: form.reload()),
    "form.more": on_screen(AccountForm, lambda form: form.rows.toggle_more()),
    "form.reveal": on_screen(AccountForm, lambda form: form.rows.reveal()),
    "form.choose": on_screen(AccountForm, lambda form: form.pick()),
    "form.again": on_screen(AccountTest, lambda test: test.again()),
    "form.trust": _trust,
}
