"""Form to add or change an account, checked while the user types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
from textual import events
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.accounts import draft as drafts
from tui.accounts.draft import Typed
from tui.accounts.field_rows import AccountRows
from tui.accounts.trial import AccountTest
from tui.accounts.trust import DraftTrust
from tui.keys.context import Context
from tui.state import State
from tui.widgets.ask import Confirm
from tui.widgets.button import BoxButton
from tui.widgets.form import Mark, Row
from tui.widgets.screens import PhoneModal, bindings_of
from voip.choices import Means
from voip.client.errors import CommandFailed, NoEngine
from voip.protection import Transport
from voip.protocol.accounts import (
    AccountChanged,
    AccountFields,
    AccountList,
    AddAccount,
    CheckFields,
    EditAccount,
    FieldProblems,
    GetAccounts,
)
from voip.protocol.client import AnyCommand
from voip.protocol.trust import InspectServer

_CHANGED = "changed"
_ONE_AT_A_TIME = "account"


class AccountForm(PhoneModal[None]):
    """The form of account `name`, or of a new one; `test` tries it at once."""

    name_of_screen = "account"
    BINDINGS = bindings_of("account")
    AUTO_FOCUS = ""
    CSS_PATH = "form.tcss"

    def __init__(self, name: str | None, test: bool = False) -> None:
        super().__init__()
        self.title_of_box = "New account" if name is None else f"Account {name}"
        self.rows = AccountRows(new=name is None)
        self._editing = name
        self._tests_at_once = test
        self._account: AccountFields | None = None
        self._opened_with: Typed = drafts.typed({})
        self._password_goes_to: str | None = None
        self._changed_meanwhile = False
        self._was_connected = True
        self._check_failed = False
        self._message = Static("", id="message", markup=False)
        self._help = Static("", id="help", markup=False)
        self._reload = BoxButton("Use what the file has", id="reload")

    def contents(self) -> Sequence[Widget]:
        return (
            self.rows,
            self._message,
            self._help,
            Horizontal(
                BoxButton("Save", id="save"),
                BoxButton("Test", id="test"),
                self._reload,
                id="buttons",
            ),
        )

    def on_mount(self) -> None:
        self._show_changed(False)
        self._show_message("")
        self.rows.take_keyboard()
        self._work(self._open)

    async def _open(self) -> None:
        if self._editing is not None:
            await self._read()
        await self._check()
        if self._tests_at_once:
            await self._try()

    # Display

    def context(self) -> Context:
        row = _row_of(self.focused)
        return msgspec.structs.replace(
            super().context(),
            field=row.field if row else "",
            changed_meanwhile=self._changed_meanwhile,
            inspectable=drafts.next_hop(self.rows.draft) is not None,
        )

    def show(self, state: State) -> None:
        super().show(state)
        connected = self.phone.connected
        if connected and not self._was_connected:
            self._check_soon()
        self._was_connected = connected

    @property
    def account_name(self) -> str:
        """The account's name: as it is, as typed, or as proposed."""
        return self._editing or self.rows.typed_name or self._proposed_name

    @property
    def _proposed_name(self) -> str:
        taken = [account.name for account in self.phone.state.accounts]
        return drafts.propose_name(str(self.rows.draft["domain"]), taken)

    def _show_message(self, text: str) -> None:
        self._message.update(text)
        self._message.display = bool(text)

    def _show_changed(self, changed: bool) -> None:
        self._changed_meanwhile = self._reload.display = changed
        self.show_keys()

    def _show_problems(self, problems: dict[str, str]) -> None:
        self.rows.show(problems, self._proposed_name, self._password_words)
        self.show_keys()

    @property
    def _password_words(self) -> str:
        draft, account = self.rows.draft, self._account
        if draft["password_command"]:
            return "Printed by the password command (under More)."
        if draft["password_file"]:
            return "Read from the password file (under More)."
        named = account is not None and account.fields.keys() & set(drafts.PASSWORD_PLACES)
        if account is not None and not named and not self.rows.password:
            place = account.password_place
            return f"Taken from {place}. Type to replace it." if place else "None is stored."
        return f"Will be kept in {self._password_goes_to}." if self._password_goes_to else ""

    # Keys and clicks

    def pick(self) -> None:
        """Choose the focused mark."""
        if isinstance(self.focused, Mark):
            self.focused.pick()

    def save(self) -> None:
        """Write the account to the file if no field has a problem."""
        self._work(self._save)

    def test(self) -> None:
        """Try the account with the values in the form."""
        self._work(self._try)

    def look_at_server(self) -> None:
        """Show the certificates of the server named in the form."""
        server = drafts.next_hop(self.rows.draft)
        if server is None:
            return
        # Only an account the engine can use has a record of when its server was pinned.
        saved = self.phone.state.account(self._editing)
        usable = saved is not None and not saved.problem and saved.transport is Transport.TLS
        question = InspectServer(
            server=server,
            account=self._editing if usable else None,
            fields=drafts.fields(self.rows.draft),
        )
        self.phone.push_screen(DraftTrust(question, drafts.pin(self.rows.draft), self._take_pin))

    def _take_pin(self, pin: str) -> None:
        self.rows.put({"pin": pin})
        words = "the account accepts only this key" if pin else "no key is pinned now"
        self._show_message(f"Once this is saved, {words}.")
        self._check_soon()

    def reload(self) -> None:
        """Reload the file; a remark beside each field shows what was typed."""
        self._work(self._take_from_file)

    def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        # Pressing a key twice must not save twice.
        under_way = [w for w in self.workers if w.node is self and w.group == _ONE_AT_A_TIME]
        if all(w.is_finished for w in under_way):
            self.run_worker(work, group=_ONE_AT_A_TIME)

    def _check_soon(self) -> None:
        # Passed uncalled: a coroutine that the next key replaces would never be awaited.
        check: Callable[[], Awaitable[bool]] = self._check
        self.run_worker(check, group="check", exclusive=True)

    def close(self, result: None = None) -> None:
        """Close the form, asking first if changes would be lost."""
        if not self._holds_changes:
            self.dismiss()
            return

        def answered(close: bool | None) -> None:
            if close:
                self.dismiss()

        question = Confirm(
            "Close without saving?",
            "What you changed in this form is lost.",
            yes="Close without saving",
            no="Go on editing",
        )
        self.phone.push_screen(question, answered)

    @property
    def _holds_changes(self) -> bool:
        rows = self.rows
        return rows.draft != self._opened_with or bool(rows.password or rows.typed_name)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        work = {"save": self.save, "test": self.test, "reload": self.reload}
        work[str(event.button.id)]()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_row_changed(self, event: Row.Changed) -> None:
        self._check_soon()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        row = _row_of(event.widget)
        # Its room is fixed: another text moves no other widget.
        self._help.update(self.rows.help_of(row) if row else "", layout=False)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        row = _row_of(event.widget)
        if row is not None:
            self.rows.left(row)

    # Commands to the engine

    async def _read(self) -> None:
        try:
            listed = await self.phone.bridge.get(GetAccounts(), AccountList)
        except (CommandFailed, NoEngine) as error:
            self._show_message(f"The account cannot be read: {error}")
            return
        account = next((one for one in listed.accounts if one.name == self._editing), None)
        if account is None:
            self._show_message(f"There is no account {self._editing} in the file any more.")
            return
        before, self._opened_with = self._opened_with, drafts.typed(account.fields)
        if self._account is None:
            self.rows.put(self._opened_with)
        else:
            self.rows.replace(self._opened_with, before)
        self._account = account
        self.rows.complain_of_all |= account.problem is not None
        self._show_message(_notes_on(account))

    async def _check(self) -> bool:
        """Show problems beside their fields; True if there are none."""
        draft = self.rows.draft
        command = CheckFields(
            name=self.account_name, fields=drafts.fields(draft), new=self._editing is None
        )
        try:
            answer = await self.phone.bridge.get(command, FieldProblems)
        except (CommandFailed, NoEngine) as error:
            self._show_message(f"The form cannot be checked: {error}")
            self._check_failed = True
            return False
        if self._check_failed:
            self._check_failed = False
            self._show_message("")
        problems = {**drafts.own_problems(draft, self.rows.password), **answer.problems}
        self._password_goes_to = answer.password_place
        self._show_problems(problems)
        return not problems

    async def _check_all(self) -> bool:
        self.rows.complain_of_all = True
        if await self._check():
            return True
        await self.rows.go_to_first_problem()
        return False

    async def _save(self) -> None:
        if not await self._check_all():
            return
        try:
            saved = await self.phone.bridge.get(self._saving, AccountChanged)
        except CommandFailed as error:
            if error.kind == _CHANGED:
                self._show_changed(True)
            self._show_message(f"Nothing was saved: {error}")
            return
        except NoEngine as error:
            self._show_message(f"This may not have been saved: {error}")
            return
        words = f"Account {saved.name} saved"
        if saved.password_place:
            words += f"; password in {_short(saved.password_place)}"
        self.phone.tell(words)
        self.dismiss()

    @property
    def _saving(self) -> AnyCommand:
        draft, password = self.rows.draft, self.rows.password or None
        if self._account is None:
            fields = drafts.fields(draft)
            return AddAccount(
                name=self.account_name, fields=fields, password=password, means=Means.SCREEN
            )
        return EditAccount(
            name=self._account.name,
            fields=drafts.changes(self._account, draft),
            password=password,
            version=self._account.version,
            means=Means.SCREEN,
        )

    async def _take_from_file(self) -> None:
        self._show_changed(False)
        await self._read()
        await self._check()

    async def _try(self) -> None:
        if await self._check_all():
            fields = drafts.fields(self.rows.draft)
            self.phone.push_screen(
                AccountTest(
                    self.account_name, fields, self.rows.password or None, self.look_at_server
                )
            )


def _row_of(widget: Widget | None) -> Row | None:
    return next((r for r in widget.ancestors if isinstance(r, Row)), None) if widget else None


def _notes_on(account: AccountFields) -> str:
    notes = []
    if account.problem:
        notes.append(f"It cannot be used as it is in the file: {account.problem}")
    if account.unknown:
        notes.append(f"Kept in the file, unknown to this version: {', '.join(account.unknown)}.")
    return "\n".join(notes)


def _short(place: str) -> str:
    return place.replace(str(Path.home()), "~", 1)
