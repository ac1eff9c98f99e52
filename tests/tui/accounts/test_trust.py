"""Box of a server's key: inspect, compare, accept, remove."""

from __future__ import annotations

import asyncio
import tomllib
from typing import Any

import pytest
from textual.widgets import Input

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.support.standin.script import lock_keyring
from tests.tui.scenes import SCENES, Stage, server_of_work
from tui.accounts.trust import Trust
from tui.widgets.ask import TypeWord
from tui.words import certificates as certificate_words
from tui.words import trust as trust_words
from voip.causes import CauseKind
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.accounts import RemoveAccount
from voip.protocol.trust import InspectServer, ServerReport

KEY = facts.tls_to("pbx.work.example.com").chain[0].key_sha256
OTHER = "ab" * 32


def pinned(standin: StandIn, name: str = "work") -> Any:
    """Return the account's pin in the file."""
    return tomllib.loads(standin.paths.accounts.read_text())["accounts"][name].get("pin")


def shown(phone: Screen) -> str:
    return " ".join(phone.text.replace("│", " ").split())


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


async def test_the_key_of_the_hint_works_wherever_the_list_is(
    phone: Screen, standin: StandIn
) -> None:
    await standin.add_account("home")
    await phone.to_main()
    assert "shows its certificate" not in phone.text
    standin.refuse_connection("work", CauseKind.CERTIFICATE_EXPIRED)
    await standin.add_account("work")
    await phone.until(lambda: "P shows its certificate" in phone.text)
    for rows in (phone.app.main.log_pane.rows, phone.app.main.calls):
        rows.focus()
        await phone.settle()
        await phone.press("P")
        await phone.until(lambda: isinstance(phone.app.screen, Trust))
        assert "work" in phone.text
        await phone.press("escape")


async def test_a_keyring_that_does_not_answer_is_no_matter_of_certificates(
    phone: Screen, standin: StandIn
) -> None:
    standin.refuse_connection("work", CauseKind.CERTIFICATE_EXPIRED)
    await standin.add_account("work")
    await phone.to_main()
    await phone.until(lambda: "server NOT trusted" in phone.text)
    lock_keyring()
    standin.worker_dies()
    await phone.until(lambda: "the keyring did not" in phone.text)
    assert "server NOT trusted" not in phone.text
    assert "shows its certificate" not in phone.text


async def test_the_key_that_is_shown_is_the_one_that_is_pinned(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust"](stage)
    assert certificate_words.fingerprint(KEY) in shown(phone)
    await phone.press("enter")
    assert "From now on account work accepts only this key" in shown(phone)
    # Enter pressed without reading has changed nothing.
    await phone.press("enter")
    assert pinned(standin) is None
    await phone.press("enter", "down", "enter")
    await phone.until(lambda: phone.app.screen is phone.app.main)
    assert pinned(standin) == KEY
    assert "Account work accepts only this key of its server" in phone.text


async def test_what_is_shown_later_is_not_what_was_agreed_to(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust"](stage)
    await phone.press("enter")
    standin.shows_certificates("pbx.work.example.com", facts.server("other.example.com"))
    box = next(screen for screen in phone.app.screen_stack if isinstance(screen, Trust))
    await box.reload()
    await phone.settle()
    await phone.press("down", "enter")
    assert pinned(standin) == KEY


async def test_a_changed_key_is_told_with_both_and_can_be_accepted(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust-changed"](stage)
    said = shown(phone)
    assert "This may be an attack" in said
    assert "Or the server was given a new key." in said
    # The safe choice comes before the keys to compare.
    await phone.resize(120, 60)
    said = shown(phone)
    assert "Accepted here by alice on 14 Mar 2026, 14:32 UTC, 40 days ago." in said
    order = ("enter leaves everything as it is.", certificate_words.fingerprint(OTHER),
             certificate_words.fingerprint(KEY))  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    await phone.press("A")
    assert "This is not the key that was accepted until now." in shown(phone)
    await phone.type(trust_words.WORD_TO_ACCEPT)
    await phone.press("enter")
    await phone.until(lambda: phone.app.screen is phone.app.main)
    assert pinned(standin) == KEY


async def test_enter_leaves_a_changed_key_alone(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust-changed"](stage)
    await phone.press("enter")
    assert phone.app.screen is phone.app.main
    assert "Nothing was changed: account work does not accept the other key." in phone.text
    # Nor does Enter pressed again accept anything.
    await phone.press("P", "enter", "enter", "enter")
    assert pinned(standin) == OTHER


@pytest.mark.parametrize("answer", ["", "y", "yes", "accep", "remove"])
@pytest.mark.parametrize("key", ["A", "delete"])
async def test_nothing_but_its_word_changes_a_pin(
    phone: Screen, standin: StandIn, stage: Stage, key: str, answer: str
) -> None:
    await SCENES["trust-changed"](stage)
    await phone.press(key)
    assert isinstance(phone.app.screen, TypeWord)
    word = trust_words.WORD_TO_ACCEPT if key == "A" else trust_words.WORD_TO_REMOVE
    if answer == word:
        answer = f"{word}d"
    await phone.type(answer)
    await phone.press("enter")
    assert isinstance(phone.app.screen, Trust)
    assert "Nothing was changed." in phone.text
    assert pinned(standin) == OTHER


async def test_calls_that_end_with_the_pin_are_counted_and_end(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust-pinned"](stage)
    await phone.press("escape")
    call = await stage.active()
    assert phone.app.main.accounts.has_focus
    server_of_work(stage, chain=facts.server("other.example.com").chain)
    await phone.press("P")
    assert "The call with account work that is up goes on as it is." in shown(phone)
    await phone.press("A")
    assert "The call with account work that is up now ends." in shown(phone)
    await phone.type(trust_words.WORD_TO_ACCEPT)
    await phone.press("enter")
    await phone.until(lambda: stage.state_of(call) is CallState.ENDED)


@pytest.mark.parametrize("scene", ["trust-replace", "trust-take-away", "trust-accept"])
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_a_question_and_its_answer_fit(
    stage: Stage, scene: str, size: tuple[int, int]
) -> None:
    await stage.phone.resize(*size)
    await SCENES[scene](stage)
    screen = stage.phone.app.screen
    box = screen.query_one("#box")
    for widget in screen.query("Label, Input, Button").results():
        assert box.content_region.contains_region(widget.region), widget
    assert screen.region.contains_region(box.region)


async def test_what_a_pin_does_not_mend_cannot_be_pinned(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust-refused"](stage)
    assert "the server's key is too short: RSA 1024" in phone.text
    assert "accept this key" not in phone.text
    await phone.press("enter")
    assert isinstance(phone.app.screen, Trust)
    assert pinned(standin) is None


async def test_a_pin_can_be_taken_away(phone: Screen, standin: StandIn, stage: Stage) -> None:
    await SCENES["trust-pinned"](stage)
    assert pinned(standin) == KEY
    await phone.press("delete")
    assert "A change of the key is no longer noticed." in shown(phone)
    await phone.type(trust_words.WORD_TO_REMOVE)
    await phone.press("enter")
    await phone.until(lambda: phone.app.screen is phone.app.main)
    assert pinned(standin) is None
    assert "Account work is no longer pinned to a key" in phone.text


async def test_it_says_that_it_looks_and_why_it_sees_nothing(
    phone: Screen, standin: StandIn, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await SCENES["trust-unreachable"](stage)
    assert "cannot be seen: the server does not speak TLS on this port" in shown(phone)
    assert "r looks again." in phone.text
    server_of_work(stage)
    look = standin.engine.inspection.inspect
    answers = asyncio.Event()

    async def slowly(command: InspectServer) -> ServerReport:
        await answers.wait()
        return await look(command)

    monkeypatch.setattr(standin.engine.inspection, "inspect", slowly)
    try:
        await phone.pilot.press("r")
        await phone.sees("Looking at the server's certificates")
        assert "cannot be seen" not in phone.text
        # Calls can be answered during the inspection.
        call = await standin.incoming("home")
        await phone.until(lambda: phone.app.state.incoming)
        await phone.pilot.press("f2")
        await standin.reaches_call(call, lambda c: c.state.answered)
    finally:
        answers.set()
    await phone.sees("Not trusted by account work")
    assert "Looking at" not in phone.text


async def test_a_pin_that_cannot_be_kept_is_told_in_the_box(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust"](stage)
    await standin.client.ask(RemoveAccount(name="work"))
    await phone.press("enter", "down", "enter")
    await phone.sees("Nothing was changed: ")
    assert isinstance(phone.app.screen, Trust)


async def test_there_is_nothing_to_look_at_without_tls(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await phone.to_main()
    await standin.add_account("old", transport=Transport.UDP.value)
    phone.app.main.accounts.focus()
    await phone.press("P")
    assert phone.app.screen is phone.app.main


async def test_from_a_failed_test_the_key_gets_into_the_form_and_is_saved_with_it(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust"](stage)
    await phone.press("escape", "t")
    await phone.sees("It fails at the certificate")
    await phone.press("ctrl+g")
    assert certificate_words.fingerprint(KEY) in shown(phone)
    await phone.press("enter", "down", "enter", "escape")
    assert pinned(standin) is None
    assert "Once this is saved, the account accepts only this key." in phone.text
    await phone.press("ctrl+s")
    await phone.until(lambda: phone.app.screen is phone.app.main)
    assert pinned(standin) == KEY


async def test_a_pin_that_was_typed_into_a_form_has_the_note_of_no_other(
    phone: Screen, standin: StandIn, stage: Stage
) -> None:
    await SCENES["trust-changed"](stage)
    await phone.press("escape", "enter", "ctrl+o")
    await phone.resize(120, 60)
    phone.app.screen.query_one("#input-pin", Input).value = "cd" * 32
    await phone.press("ctrl+g")
    assert certificate_words.fingerprint("cd" * 32) in shown(phone)
    assert "The form has it." in shown(phone)
    assert "Accepted here" not in shown(phone)


async def test_it_can_be_closed_while_it_looks(
    phone: Screen, standin: StandIn, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.accounts()
    phone.app.main.accounts.focus()
    looks, answers = asyncio.Event(), asyncio.Event()

    async def slowly(command: InspectServer) -> ServerReport:
        looks.set()
        await answers.wait()
        return facts.server("pbx.work.example.com")

    monkeypatch.setattr(standin.engine.inspection, "inspect", slowly)
    try:
        await phone.pilot.press("P")
        await looks.wait()
        await phone.pilot.press("escape")
        await phone.until(lambda: phone.app.screen is phone.app.main)
    finally:
        answers.set()
    await phone.settle()
    assert phone.app.screen is phone.app.main
