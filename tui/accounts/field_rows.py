"""Fields of an account as rows of a form, with problems beside them."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.widgets import Button

from tui.accounts import draft as drafts
from tui.accounts.draft import FIELDS, NAME, PASSWORD, Typed
from tui.widgets.button import BoxButton
from tui.widgets.form import LONGEST, ChoiceRow, Row, Rows, SwitchRow, TextRow
from voip.protocol.field import Field, Kind

_LONGEST_NUMBER = 18
_MORE = "More: server, proxy, certificates, registering"
_LESS = "Less"
_HELP = {
    **{field.name: f"{field.help} {field.form_help}".rstrip() for field in FIELDS},
    PASSWORD: "Never shown, and never in accounts.toml. An account without one leaves this empty.",
    NAME: "What you call this account on this machine. Left empty, it gets the name that is shown.",
}


class AccountRows(Rows):
    """Rows for every field, the password, and the name of a new account.

    Shows a field's problem once it was visited, or after `complain_of_all`.
    """

    def __init__(self, new: bool) -> None:
        super().__init__(id="rows")
        self._fields = {field.name: _row(field) for field in FIELDS}
        self._password_row = TextRow(PASSWORD, "Password", secret=True)
        self._name_row = TextRow(NAME, "Name here")
        self._new = new
        self._more = BoxButton(_MORE, id="more")
        self._been_in: set[str] = set()
        self._problems: Mapping[str, str] = {}
        self.complain_of_all = False

    async def on_mount(self) -> None:
        self._name_row.display = self._new
        self.put(drafts.typed({}))
        await self._open_more(False)

    def compose(self) -> ComposeResult:
        yield from (self._fields[field.name] for field in drafts.USUAL)
        yield self._password_row
        yield self._name_row
        yield self._more

    # Values

    @property
    def draft(self) -> Typed:
        draft = {field: row.value for field, row in self._fields.items()}
        address = drafts.split_address(str(draft["user"]), str(draft["domain"]))
        if address:
            draft["user"], draft["domain"] = address
        return draft

    @property
    def password(self) -> str:
        return self._password_row.input.value

    @property
    def typed_name(self) -> str:
        return self._name_row.input.value.strip()

    def put(self, draft: Typed) -> None:
        """Show `draft` in place of the current values."""
        for field, value in draft.items():
            self._fields[field].put(value)

    def replace(self, draft: Typed, typed_over: Typed) -> None:
        """Show `draft`, and a remark where the user had changed `typed_over`."""
        mine = self.draft
        self.put(draft)
        for field in FIELDS:
            had = mine[field.name]
            differs = had not in (draft[field.name], typed_over[field.name])
            self._fields[field.name].remark(f"You had {_in_words(had)} here." if differs else "")

    # Help and problems

    @staticmethod
    def help_of(row: Row) -> str:
        return _HELP[row.field]

    def show(self, problems: Mapping[str, str], proposed_name: str, password_words: str) -> None:
        self._problems = problems
        self._name_row.input.placeholder = proposed_name
        self._password_row.remark(password_words)
        self._show_problems()

    def _show_problems(self) -> None:
        for field, row in self._all.items():
            visible = self.complain_of_all or field in self._been_in
            row.complain(self._problems.get(field) if visible else None)
        inside = sum(field.name in self._problems for field in drafts.MORE)
        if self._is_more_open:
            self._more.label = _LESS
        else:
            self._more.label = f"More ({inside} to fix inside)" if inside else _MORE

    async def go_to_first_problem(self) -> None:
        """Focus the first field that has a problem."""
        order = [field.name for field in drafts.USUAL]
        order += [PASSWORD, NAME, *(field.name for field in drafts.MORE)]
        first = next((field for field in order if field in self._problems), None)
        if first is None:
            return
        if first in (field.name for field in drafts.MORE):
            await self._open_more(True)
        self._all[first].take_keyboard()

    @property
    def _all(self) -> dict[str, Row]:
        return {**self._fields, PASSWORD: self._password_row, NAME: self._name_row}

    # Keys and clicks

    def take_keyboard(self) -> None:
        self._fields["user"].take_keyboard()

    @property
    def _is_more_open(self) -> bool:
        return self.screen.has_class("-more")

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        await self.toggle_more()

    async def toggle_more(self) -> None:
        """Show or hide the fields under More."""
        await self._open_more(not self._is_more_open)
        if self._is_more_open:
            self._fields[drafts.MORE[0].name].take_keyboard()
        else:
            self._more.focus()

    async def _open_more(self, on: bool) -> None:
        self.screen.set_class(on, "-more")
        rows = [self._fields[field.name] for field in drafts.MORE]
        # Most accounts need none of them, and they take two thirds of the form's start.
        if on and not rows[0].is_attached:
            await self.mount(*rows)
        for row in rows:
            row.display = on
        self._show_problems()

    def reveal(self) -> None:
        """Show the password, or hide it again; leaving its field hides it."""
        self._password_row.input.password = not self._password_row.input.password

    def left(self, row: Row) -> None:
        """Note that a row lost the focus: hide the password, show problems."""
        if row is self._password_row:
            self._password_row.input.password = True
        self._been_in.add(row.field)
        if row.field == "user":
            self.put(self.draft)
        self._show_problems()

    def on_row_changed(self, event: Row.Changed) -> None:
        event.row.remark("")
        self._been_in.add(event.row.field)


def _row(field: Field) -> Row:
    match field.kind:
        case Kind.SWITCH:
            return SwitchRow(field.name, field.label)
        case Kind.CHOICE:
            return ChoiceRow(field.name, field.label, field.choices)
        case Kind.NUMBER:
            return TextRow(field.name, field.label, _LONGEST_NUMBER)
        case _:
            return TextRow(field.name, field.label, LONGEST)


def _in_words(value: str | bool) -> str:
    if isinstance(value, bool):
        return "this on" if value else "this off"
    return f"“{value}”" if value else "nothing"
