"""Step-by-step test of the account in the form; nothing is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.keys.context import Context
from tui.widgets.button import BoxButton
from tui.widgets.screens import PhoneModal, bindings_of
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.accounts import (
    CheckAccount,
    CheckedTarget,
    CheckEvent,
    CheckReport,
    CheckStep,
    Lookup,
)
from voip.protocol.client import NumberedEvent

_STEPS = {
    "name": "Name lookup",
    "tls": "TLS",
    "certificate": "Certificate",
    "registration": "Registration",
    "stun": "STUN server",
    "relay": "Relay",
}


class Step(Vertical):
    """One step: a sign, a word, and the engine's report."""

    def __init__(self, step: str) -> None:
        super().__init__(classes="step")
        self.step = step
        self._head = Static("", markup=False)
        self._report = Static("", markup=False, classes="seen")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._report

    def show(self, sign: str, word: str, text: str = "") -> None:
        self._head.update(f"{sign} {_STEPS[self.step]}: {word}")
        self._report.update(text)
        self._report.display = bool(text)


class AccountTest(PhoneModal[None]):
    """Tries `fields`; without `password`, with the one stored for `name`.

    `look` shows the server's certificates.
    """

    name_of_screen = "accounttest"
    BINDINGS = bindings_of("accounttest")
    AUTO_FOCUS = "#again"
    CSS_PATH = "trial.tcss"

    def __init__(
        self,
        name: str,
        fields: Mapping[str, str | int | bool],
        password: str | None,
        look: Callable[[], None],
    ) -> None:
        super().__init__()
        self.title_of_box = f"Test of {name}"
        self._account = name
        self._fields = dict(fields)
        self._password = password
        self._look = look
        self._distrusted = False
        self._has_lookups = False
        self._steps = {s: Step(s) for s in _STEPS if s not in _needless(fields)}
        self._search = Static("", id="servers", markup=False)
        self._verdict = Static("", id="verdict", markup=False)

    def contents(self) -> Sequence[Widget]:
        name, *others = self._steps.values()
        transport = str(self._fields.get("transport", "tls")).upper()
        return (
            Static(
                f"{self._fields['user']}@{self._fields['domain']} over {transport}. "
                "Nothing is saved, and no call is made.",
                markup=False,
                classes="hint",
            ),
            VerticalScroll(name, self._search, *others, id="steps"),
            self._verdict,
            Horizontal(
                BoxButton("Test again", id="again"),
                BoxButton("Close", id="done"),
                id="buttons",
            ),
        )

    def context(self) -> Context:
        return msgspec.structs.replace(super().context(), inspectable=self._distrusted)

    def look_at_server(self) -> None:
        """Show the certificates that were refused."""
        self._look()

    def on_mount(self) -> None:
        self.again()

    def again(self) -> None:
        """Test from the start, unless a test is running."""
        if not any(w.node is self and not w.is_finished for w in self.workers):
            self.run_worker(self._try())

    async def _try(self) -> None:
        self._show_search((), ())
        for name in self._steps:
            self._show(CheckStep(name, None, ""), waiting=True)
        self._conclude("Testing. This takes a minute at most.", "")
        command = CheckAccount(name=self._account, fields=self._fields, password=self._password)
        try:
            report = await self.phone.bridge.get(command, CheckReport)
        except (CommandFailed, NoEngine) as error:
            self._conclude(f"The test could not run: {error}", "failed")
            return
        self._show_search(report.lookups, report.targets)
        for step in report.steps:
            self._show(step)
        for name in self._steps.keys() - {step.step for step in report.steps}:
            self._steps[name].show(self.phone.glyphs.check_skipped, "not needed")
        failed = next((step for step in report.steps if step.ok is False), None)
        if report.ok:
            self._conclude("Everything works.", "passed")
        elif failed is not None:
            where = _STEPS.get(failed.step, failed.step)
            where = where if where[:2].isupper() else where.lower()
            self._conclude(f"It fails at the {where}.", "failed")
            if failed.step in self._steps:
                self.call_after_refresh(self._steps[failed.step].scroll_visible, animate=False)
        else:
            self._conclude("Not everything could be tried.", "failed")

    def happened(self, numbered: NumberedEvent) -> None:
        event = numbered.event
        if isinstance(event, CheckEvent) and event.name == self._account:
            tried = [target for target in event.targets if target.taken or target.cause]
            self._show_search(event.lookups, tried)
            self._show(event.step, waiting=True)

    def _show_search(self, lookups: Sequence[Lookup], targets: Sequence[CheckedTarget]) -> None:
        self._has_lookups = bool(lookups)
        rows = [lookup.text for lookup in lookups] + [target.text for target in targets]
        self._search.update("\n".join(rows))
        self._search.display = bool(rows)

    def _show(self, step: CheckStep, waiting: bool = False) -> None:
        row = self._steps.get(step.step)
        if row is None:
            return
        if step.step == "certificate":
            self._distrusted = step.ok is False
            self.show_keys()
        glyphs = self.phone.glyphs
        if step.ok is None:
            row.show(glyphs.check_skipped, "waiting" if waiting else "not reached")
        elif step.ok:
            # The search below the name's step has the same addresses.
            doubled = step.step == "name" and self._has_lookups
            row.show(glyphs.check_ok, "passed", "" if doubled else step.text)
        else:
            row.show(glyphs.check_failed, "FAILED", step.text)
        row.set_classes(["step", *([] if step.ok is None else ["-ok" if step.ok else "-failed"])])

    def _conclude(self, text: str, kind: str) -> None:
        self._verdict.update(text)
        self._verdict.set_classes([f"-{kind}"] if kind else [])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "again":
            self.again()
        else:
            self.dismiss()


def _needless(fields: Mapping[str, str | int | bool]) -> set[str]:
    """Steps that an account of these fields does not have."""
    needless = set() if fields.get("transport", "tls") == "tls" else {"tls", "certificate"}
    uses_ice = fields.get("ice") is True
    if not (uses_ice and fields.get("stun_server")) or fields.get("hide_identity") is True:
        needless.add("stun")
    if not (uses_ice and fields.get("turn_server")):
        needless.add("relay")
    return needless
