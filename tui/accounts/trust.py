"""Certificates of an account's server, and pinning of its key."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tui.keys.context import Context
from tui.terminal.text import Part
from tui.terminal.wrapping import paragraph
from tui.widgets.ask import Confirm, TypeWord
from tui.widgets.list_box import ListBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import trust as trust_words
from tui.words.trust import Standing, Viewer
from voip.choices import Means
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.accounts import EditAccount
from voip.protocol.trust import InspectServer, ServerReport


class Trust(ListBox[Prose]):
    """Inspects a server; `whose` names the account in sentences.

    Subclasses decide where a pin is kept.
    """

    name_of_screen = "trust"
    BINDINGS = bindings_of("trust")

    def __init__(self, title: str, whose: str, question: InspectServer) -> None:
        super().__init__(Prose())
        self.title_of_box = title
        self._whose = whose
        self._question = question
        self._report: ServerReport | None = None
        self._looking = False

    def on_mount(self) -> None:
        self._look_soon()

    def context(self) -> Context:
        report = None if self._looking else self._report
        return msgspec.structs.replace(
            super().context(),
            pinnable=report is not None and trust_words.can_be_pinned(report),
            pinned=report is not None and report.pin is not None,
            other_key=report is not None and trust_words.standing(report) is Standing.CHANGED,
        )

    async def reload(self) -> None:
        """Inspect the server again, without holding up later keys."""
        self._look_soon()

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            self.phone.later(self._look())

    async def _look(self) -> None:
        self.show_notice("Looking at the server's certificates. No SIP is sent.")
        self.show_keys()
        try:
            report = await self.phone.bridge.get(self._question, ServerReport)
        except (CommandFailed, NoEngine) as error:
            self._report = None
            self.show_notice(f"The server's certificates cannot be seen: {error}")
        else:
            self._report = self.as_pinned(report)
            self.show_notice("")
        finally:
            self._looking = False
        self._draw()

    def _draw(self) -> None:
        phone = self.phone
        text = [paragraph(Part(f"{phone.shown_key('list.reload')} looks again.", "muted"))]
        if self._report is not None:
            text = trust_words.describe(self._report, self._viewer, phone.glyphs)
        self.rows.show(text)
        self.show_keys()

    @property
    def _viewer(self) -> Viewer:
        phone = self.phone
        return Viewer(
            self._whose,
            phone.now(),
            self.calls,
            phone.shown_key("trust.leave"),
            phone.shown_key("trust.replace"),
        )

    @property
    def calls(self) -> int | None:
        """Number of live calls with the account; None for one in a form."""
        return None

    async def choose(self) -> None:
        """Pin the key shown, where none was pinned before."""
        report = self._report
        if report is not None:
            question = Confirm(
                "Accept this key?",
                trust_words.accepting(report, self._viewer),
                yes="Accept this key from now on",
                no="Do not accept it",
            )
            self._ask(question, trust_words.key_of(report))

    async def replace(self) -> None:
        """Pin the key shown in place of the former one."""
        report = self._report
        if report is not None:
            question = TypeWord(
                "Accept the other key?",
                trust_words.replacing(report, self._viewer),
                trust_words.WORD_TO_ACCEPT,
            )
            self._ask(question, trust_words.key_of(report))

    async def restore(self) -> None:
        """Remove the pin."""
        report = self._report
        if report is not None:
            question = TypeWord(
                "Remove the pin?",
                trust_words.taking_away(report, self._viewer),
                trust_words.WORD_TO_REMOVE,
            )
            self._ask(question, None)

    async def leave(self) -> None:
        """Close the box and leave the pin as it was."""
        self.dismiss()
        self.phone.tell(f"Nothing was changed: {self._whose} does not accept the other key.")

    def _ask(self, question: Confirm | TypeWord, key: str | None) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.phone.later(self._keep(key))
            else:
                self.show_notice("Nothing was changed.")

        self.phone.push_screen(question, answered)

    async def _keep(self, key: str | None) -> None:
        try:
            await self.keep(key)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"Nothing was changed: {error}")
            return
        if self.is_current:
            self.dismiss()

    def as_pinned(self, report: ServerReport) -> ServerReport:
        """The report with the pin to compare the key with."""
        return report

    async def keep(self, key: str | None) -> None:
        """Pin the key with this SHA-256; None removes the pin.

        Raises:
            CommandFailed, NoEngine: the pin could not be saved.
        """
        raise NotImplementedError


class AccountTrust(Trust):
    """The server of a saved account, whose pin is in the file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The server of {name}", f"account {name}", InspectServer(account=name))
        self._account = name

    @property
    def calls(self) -> int:
        return sum(shown.call.account == self._account for shown in self.phone.state.live)

    async def keep(self, key: str | None) -> None:
        await self.phone.bridge.ask(
            EditAccount(name=self._account, fields={"pin": key}, means=Means.SCREEN)
        )
        does = "accepts only this key of its server" if key else "is no longer pinned to a key"
        self.phone.tell(f"account {self._account} {does}")


class DraftTrust(Trust):
    """The server named in a form; `put` writes the pin into the form."""

    def __init__(
        self, question: InspectServer, pin: str | None, put: Callable[[str], None]
    ) -> None:
        super().__init__(f"The server {question.server}", "the account", question)
        self._pin = pin
        self._put = put

    def as_pinned(self, report: ServerReport) -> ServerReport:
        if report.pin == self._pin:
            return report
        return msgspec.structs.replace(
            report, pin=self._pin, pinned_on=None, pinned_by=None, pinned_with=None
        )

    async def keep(self, key: str | None) -> None:
        self._put(key or "")
