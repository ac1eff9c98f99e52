"""Actions in the form of an account, and while it is tested."""

from __future__ import annotations

from collections.abc import Callable

from tui.accounts.form import AccountForm
from tui.accounts.trial import AccountTest
from tui.host import Command, Host
from tui.keys.context import Context


def _form(work: Callable[[AccountForm], object]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if isinstance(phone.screen, AccountForm):
            work(phone.screen)

    return run


async def _again(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, AccountTest):
        phone.screen.again()


async def _trust(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, AccountForm | AccountTest):
        phone.screen.look_at_server()


COMMANDS = {
    "form.save": _form(lambda form: form.save()),
    "form.test": _form(lambda form: form.test()),
    "form.reload": _form(lambda form: form.reload()),
    "form.more": _form(lambda form: form.rows.toggle_more()),
    "form.reveal": _form(lambda form: form.rows.reveal()),
    "form.choose": _form(lambda form: form.pick()),
    "form.next": _form(lambda form: form.focus_next()),
    "form.previous": _form(lambda form: form.focus_previous()),
    "form.again": _again,
    "form.trust": _trust,
}
