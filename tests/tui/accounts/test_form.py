"""Account form: problems of bad input, and changes of the file."""

from __future__ import annotations

import stat
from collections.abc import Coroutine
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.support.standin.script import TRIAL, Registrar
from tui.accounts import draft as drafts
from tui.accounts.form import AccountForm
from tui.widgets.ask import Confirm
from voip.causes import Cause, CauseKind
from voip.model import CallState
from voip.protocol.accounts import AddAccount
from voip.protocol.client import AnyCommand
from voip.protocol.settings import ChangeSettings
from voip.protocol.trust import InspectServer, ServerReport
from voip.protocol.worker.accounts import OpenAccount
from voip.sip.network.locating import Service

SECRET = "correct horse"


async def open_new(phone: Screen) -> None:
    await phone.to_main()
    await phone.press("n")
    assert isinstance(phone.app.screen, AccountForm)


async def open_account(phone: Screen, standin: StandIn, text: str) -> None:
    """Open the form of the account “work”, written to the file as `text`."""
    standin.paths.accounts.write_text(text)
    await standin.engine.followed.reload()
    await phone.to_main()
    await phone.sees("work")
    phone.app.main.accounts.focus()
    await phone.press("enter")
    assert isinstance(phone.app.screen, AccountForm)


async def go(phone: Screen, field: str) -> Input:
    """Focus a line of the form, as a click on it does."""
    if not any(row.display for row in phone.app.screen.query(f"#row-{field}")):
        await phone.press("ctrl+o")
    line = phone.app.screen.query_one(f"#input-{field}", Input)
    line.focus()
    return line


async def put(phone: Screen, field: str, text: str) -> None:
    """Replace the value of a form's line by a paste."""
    line = await go(phone, field)
    line.clear()
    line.post_message(events.Paste(text))
    await phone.settle()


async def seen(phone: Screen, selector: str) -> str:
    """Return the text of a form's part after focusing it, as one line."""
    phone.app.screen.query_one(selector).scroll_visible(animate=False, immediate=True)
    await phone.settle()
    region = phone.app.screen.query_one(selector).region
    lines = phone.lines[region.y : region.bottom]
    return " ".join(" ".join(line[region.x : region.right] for line in lines).split())


def accounts_file(standin: StandIn) -> str:
    return standin.paths.accounts.read_text() if standin.paths.accounts.exists() else ""


def tried_with(standin: StandIn) -> list[str | None]:
    """Return the passwords of the accounts that were tried."""
    added = [order.account for order in standin.script.orders if isinstance(order, OpenAccount)]
    credentials = [account.credentials for account in added if account.trial]
    return [given.password if given else None for given in credentials]


BAD = {
    "user": ("sip:alice", "without “sip:”: only the part of your address in front of the @"),
    "domain": ("pbx:5061", "no port here: put pbx:5061 into “server”"),
    "name": ("taken", "there is an account of that name already"),
    "server": ("pbx.example.com:0", "0 is not a port: ports go from 1 to 65535"),
    "proxy": ("https://proxy", "without “https://”: only the name of the server"),
    "auth_user": ("x" * 129, "longer than 128 characters"),
    "display_name": ("x" * 129, "longer than 128 characters"),
    "ca_file": ("/nowhere/ca.pem", "there is no file /nowhere/ca.pem"),
    "password_command": ("pass 'show", "a quote in it is not closed"),
    "password_file": ("/nowhere/secret", "there is no file /nowhere/secret"),
    "expires_s": ("an hour", "a whole number of seconds is needed, not text"),
}
"""Bad input by field; the engine's tests check the other fields."""


async def test_bad_input_is_told_beside_its_field(phone: Screen, standin: StandIn) -> None:
    await standin.add_account("taken")
    await phone.resize(100, 60)
    await open_new(phone)
    good = {"user": "alice", "domain": "pbx.example.com", "expires_s": "300"}
    for field in ("user", "domain"):
        await put(phone, field, good[field])
    before = accounts_file(standin)
    for field, (text, words) in BAD.items():
        await put(phone, field, text)
        assert words in await seen(phone, f"#row-{field}")

        await phone.press("ctrl+s")
        assert isinstance(phone.app.screen, AccountForm)
        assert words in await seen(phone, f"#row-{field}")
        assert phone.focus == f"input-{field}"
        assert accounts_file(standin) == before

        await put(phone, field, good.get(field, ""))
        assert words not in await seen(phone, f"#row-{field}")


async def test_fields_that_do_not_go_together(phone: Screen) -> None:
    await phone.resize(100, 60)
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await put(phone, "ca_file", "/etc/hostname")
    await phone.press("shift+tab", "shift+tab")
    await phone.click("UDP,")
    assert "for transport “tls” only" in await seen(phone, "#row-ca_file")
    await seen(phone, "#row-media_keying")
    await phone.click("DTLS,")
    assert "“dtls” is for transport “tls” only" in await seen(phone, "#row-media_keying")
    await put(phone, "password_command", "true")
    await put(phone, "password", SECRET)
    assert "not used while a password command is set" in await seen(phone, "#row-password")


async def test_a_field_is_left_in_peace_until_somebody_was_in_it(phone: Screen) -> None:
    await open_new(phone)
    await phone.type("a")
    assert "needed" not in phone.text, "of the domain nothing is said yet"
    await phone.press("tab")
    assert "needed" not in phone.text, "nor when the keyboard comes to it"
    await phone.press("tab")
    assert "needed" in await seen(phone, "#row-domain")


async def test_a_save_tells_everything_and_goes_to_the_first(
    phone: Screen, standin: StandIn
) -> None:
    await open_new(phone)
    await phone.press("ctrl+s")
    assert "in front of the @" in await seen(phone, "#row-user")
    assert "after the @" in await seen(phone, "#row-domain")
    assert phone.app.focused is phone.app.screen.query_one("#input-user")
    assert accounts_file(standin) == ""


async def test_a_problem_under_more_is_told_outside_and_opened_by_a_save(phone: Screen) -> None:
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await put(phone, "expires_s", "1")
    await phone.press("ctrl+o")
    assert "More (1 to fix inside)" in phone.text
    await phone.press("ctrl+s")
    assert phone.app.focused is phone.app.screen.query_one("#input-expires_s")


async def test_a_new_account_takes_few_words_and_makes_a_small_table(
    phone: Screen, standin: StandIn
) -> None:
    await phone.to_main()
    await phone.press("n")
    await phone.type("alice@pbx.example.com")
    await phone.press("tab")
    assert "pbx.example.com" in await seen(phone, "#row-domain")
    assert "example" in await seen(phone, "#row-name"), "a name is proposed"
    await go(phone, "password")
    assert "Will be kept in" in await seen(phone, "#row-password")
    await phone.type(SECRET)
    await phone.press("ctrl+s")
    await phone.sees("Account example saved; password in")
    assert phone.app.screen is phone.app.main
    assert accounts_file(standin).split() == (
        ["[accounts.example]", "user", "=", '"alice"', "domain", "=", '"pbx.example.com"']
    )
    kept = standin.paths.passwords / "example"
    assert kept.read_text() == SECRET
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert str(kept.parent) in phone.text
    await phone.sees("registered")


async def test_a_password_is_seen_only_while_it_is_asked_for(
    phone: Screen, standin: StandIn
) -> None:
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await put(phone, "password", SECRET)
    assert SECRET not in phone.text
    await phone.press("f7")
    assert SECRET in phone.text
    await phone.press("tab", "shift+tab")
    assert SECRET not in phone.text
    await phone.press("ctrl+s")
    await phone.sees("saved")
    assert SECRET not in accounts_file(standin)
    assert SECRET not in standin.log
    assert SECRET not in repr(standin.events)
    assert SECRET not in repr(phone.app.events)


EDITED = """\
# My accounts, by hand.
[accounts.work]
user = "alice"   # that is me
domain = "pbx.example.com"
transport = "tls"
display_name = "Alice"
colour = "green"
register = false
# The end.
"""


async def test_an_edit_changes_what_was_changed_and_keeps_the_rest(
    phone: Screen, standin: StandIn
) -> None:
    await open_account(phone, standin, EDITED)
    assert "Kept in the file, unknown to this version: colour." in await seen(phone, "#message")
    await put(phone, "display_name", "Alice B.")
    assert "[ ] Register" in await seen(phone, "#row-register")
    await phone.click("[ ] Register")
    assert "[✓] Register" in await seen(phone, "#row-register")
    await phone.press("ctrl+s")
    await phone.sees("Account work saved")
    assert accounts_file(standin) == EDITED.replace('"Alice"', '"Alice B."').replace(
        "register = false\n", ""
    )


async def test_a_field_that_is_emptied_is_taken_out(phone: Screen, standin: StandIn) -> None:
    await open_account(phone, standin, EDITED)
    await put(phone, "display_name", "")
    await phone.press("ctrl+s")
    await phone.sees("Account work saved")
    assert accounts_file(standin) == EDITED.replace('display_name = "Alice"\n', "")


async def test_a_file_that_was_edited_meanwhile_is_not_overwritten(
    phone: Screen, standin: StandIn
) -> None:
    await phone.resize(100, 50)
    await open_account(phone, standin, EDITED)
    await put(phone, "display_name", "From the form")
    await put(phone, "server", "form.example.com")
    by_hand = EDITED.replace('"Alice"', '"From the editor"')
    standin.paths.accounts.write_text(by_hand)
    for _ in range(2):  # a repeated save changes nothing
        await phone.press("ctrl+s")
        assert isinstance(phone.app.screen, AccountForm)
        assert "was changed in" in await seen(phone, "#message")
        assert accounts_file(standin) == by_hand
        assert "From the form" in await seen(phone, "#row-display_name")

    await phone.press("ctrl+l")
    assert "From the editor" in await seen(phone, "#row-display_name")
    assert "You had “From the form” here." in await seen(phone, "#row-display_name")
    assert "You had “form.example.com” here." in await seen(phone, "#row-server")
    assert "changed in" not in await seen(phone, "#message")
    assert accounts_file(standin) == by_hand

    await put(phone, "server", "form.example.com")
    assert "You had" not in await seen(phone, "#row-server")
    await phone.press("ctrl+s")
    await phone.sees("Account work saved")
    assert accounts_file(standin) == by_hand.replace(
        "register = false\n", 'register = false\nserver = "form.example.com"\n'
    )


async def test_an_account_that_is_gone_is_not_saved_again(phone: Screen, standin: StandIn) -> None:
    await open_account(phone, standin, EDITED)
    await put(phone, "display_name", "Somebody")
    standin.paths.accounts.write_text("")
    await phone.press("ctrl+s")
    assert "there is no account work" in await seen(phone, "#message")
    assert accounts_file(standin) == ""


async def test_a_file_that_cannot_be_read_is_left_alone(phone: Screen, standin: StandIn) -> None:
    await open_account(phone, standin, EDITED)
    await put(phone, "display_name", "Somebody")
    standin.paths.accounts.write_text("[accounts.work\n")
    await phone.press("ctrl+s")
    assert "is not valid TOML" in await seen(phone, "#message")
    assert "Somebody" in await seen(phone, "#row-display_name")
    assert accounts_file(standin) == "[accounts.work\n"


async def test_an_account_with_a_problem_is_opened_and_mended(
    phone: Screen, standin: StandIn
) -> None:
    broken = EDITED.replace("register = false", 'register = "no"\nserver = []\nexpires_s = 5')
    await open_account(phone, standin, broken)
    assert "cannot be used as it is in the file" in await seen(phone, "#message")
    await phone.press("ctrl+o")
    assert "60 to 3600 seconds, not 5" in await seen(phone, "#row-expires_s")
    await put(phone, "expires_s", "60")
    await phone.press("ctrl+s")
    await phone.sees("Account work saved")
    assert accounts_file(standin) == EDITED.replace("register = false", "expires_s = 60")


async def test_unsaved_changes_are_asked_about(phone: Screen, standin: StandIn) -> None:
    await open_account(phone, standin, EDITED)
    await phone.press("tab", "escape")
    assert phone.app.screen is phone.app.main, "nothing was changed, nothing is asked"

    await open_account(phone, standin, EDITED)
    await put(phone, "user", "bob")
    await phone.press("escape")
    assert isinstance(phone.app.screen, Confirm)
    await phone.press("enter")
    assert isinstance(phone.app.screen, AccountForm), "going on is what enter does"
    assert "bob" in await seen(phone, "#row-user")
    await phone.press("escape", "down", "enter")
    assert phone.app.screen is phone.app.main
    assert accounts_file(standin) == EDITED


async def test_a_call_comes_in_while_one_types(phone: Screen, standin: StandIn) -> None:
    await standin.add_account("work")
    await open_new(phone)
    call = await standin.incoming("work")
    await phone.sees("Bob")
    await phone.type("axb")
    assert "axb" in await seen(phone, "#row-user"), "letters are a name here, not an answer"
    await phone.press("f2")
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    assert isinstance(phone.app.screen, AccountForm)
    assert "axb" in await seen(phone, "#row-user")


async def test_what_is_typed_outlives_the_engine(phone: Screen, standin: StandIn) -> None:
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await standin.stop()
    await phone.until(lambda: not phone.app.connected)
    await phone.type("x")
    assert "cannot be checked" in await seen(phone, "#message")
    await standin.start()
    await phone.press("ctrl+r")
    await phone.until(lambda: phone.app.connected)
    assert await seen(phone, "#message") == ""
    await phone.press("ctrl+s")
    await phone.sees("Account example saved")
    assert 'user = "alice"' in accounts_file(standin)
    assert 'domain = "pbx.example.comx"' in accounts_file(standin)


async def test_the_steps_of_a_test_of_what_is_not_saved(phone: Screen, standin: StandIn) -> None:
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await put(phone, "password", SECRET)
    await phone.press("ctrl+t")
    await phone.sees("Everything works.")
    for step in ("Name lookup", "TLS", "Certificate", "Registration"):
        assert f"{step}: passed" in phone.text
    assert "pbx.example.com is at 192.0.2.1" in phone.text
    assert "TLSv1.3" in phone.text
    assert tried_with(standin) == [SECRET]
    assert accounts_file(standin) == ""
    assert SECRET not in phone.text + standin.log + repr(standin.events)

    await phone.press("escape")
    assert "alice" in await seen(phone, "#row-user"), "the form is as it was"
    await phone.press("escape")
    assert isinstance(phone.app.screen, Confirm)


async def test_what_is_wrong_is_told_before_anything_is_tried(phone: Screen) -> None:
    await open_new(phone)
    await phone.press("ctrl+t")
    assert isinstance(phone.app.screen, AccountForm)
    assert "needed" in await seen(phone, "#row-user")


async def test_a_step_that_fails_stands_out_with_its_cause(phone: Screen, standin: StandIn) -> None:
    standin.refuse_account(TRIAL, 403, "Not from here")
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await phone.press("ctrl+t")
    await phone.sees("It fails at the registration.")
    assert "the server does not allow it (403)" in phone.text
    assert "Certificate: passed" in phone.text
    assert "Registration: FAILED" in phone.text

    standin.accept_account(TRIAL)
    await phone.press("t")
    await phone.sees("Everything works.")
    assert "FAILED" not in phone.text

    names = ("pbx.example.com", "another.example.com")
    standin.refuse_connection(TRIAL, CauseKind.CERTIFICATE_OTHER_NAME, *names)
    await phone.press("t")
    await phone.sees("Certificate: FAILED")
    assert "TLS: passed" in phone.text
    assert "for another.example.com" in phone.text

    # A handshake without a common cipher shows no certificate.
    standin.refuse_connection(TRIAL, CauseKind.NO_COMMON_CIPHER)
    await phone.press("t")
    await phone.sees("It fails at the TLS.")
    assert "TLS: FAILED" in phone.text
    assert "Certificate: not reached" in phone.text

    standin.lose_name("pbx.example.com")
    await phone.press("t")
    await phone.sees("Name lookup: FAILED")
    assert "is not found" in phone.text
    assert "Registration: not reached" in phone.text


async def test_the_search_stands_below_the_name(phone: Screen, standin: StandIn) -> None:
    names = standin.names
    names.services_of["_sips._tcp.example.com"] = (Service(1, 1, 5061, "a.example.com"),)
    names.addresses_of["a.example.com"] = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
    refused = Cause(CauseKind.CONNECTION_FAILED, ("Connection refused",))
    standin.script.registrars_at = {"192.0.2.1": Registrar(cause=refused)}
    await open_new(phone)
    await put(phone, "user", "alice@example.com")
    await phone.press("ctrl+t")
    await phone.sees("Everything works.")
    left, top = phone.find("Name lookup: passed")
    rows = [line[left:].partition("│")[0].strip() for line in phone.lines]
    assert rows[top + 1 : top + 7] == [
        "example.com has no NAPTR records",
        "SRV _sips._tcp.example.com: a.example.com:5061",
        "a.example.com is at 192.0.2.1, 192.0.2.2, 192.0.2.3",
        "192.0.2.1:5061: the connection failed: Connection refused",
        "192.0.2.2:5061 answered in 12 ms, IPv4",
        "192.0.2.3:5061 was not tried",
    ]


async def test_the_search_is_shown_while_a_server_is_silent(
    phone: Screen, standin: StandIn
) -> None:
    standin.names.addresses_of["pbx.example.com"] = ("192.0.2.1", "192.0.2.2")
    standin.script.registrars_at = {
        "192.0.2.1": Registrar(503, "Later"),
        "192.0.2.2": Registrar(silent=True),
    }
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await phone.pilot.press("ctrl+t")
    await phone.sees("192.0.2.1:5061: the server cannot be reached")
    await phone.sees("Certificate: waiting")
    assert "was not tried" not in phone.text
    assert "FAILED" not in phone.text


async def test_the_end_of_a_test_is_in_sight_at_60_by_20(phone: Screen, standin: StandIn) -> None:
    many = tuple(f"192.0.2.{number}" for number in range(1, 9))
    standin.names.addresses_of["pbx.example.com"] = many
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await phone.resize(60, 20)
    await phone.press("ctrl+t")
    await phone.sees("Everything works.")
    assert "Test again" in phone.text
    expired = Registrar(cause=Cause(CauseKind.CERTIFICATE_EXPIRED))
    standin.script.registrars_at = dict.fromkeys(many, expired)
    await phone.press("ctrl+t")
    await phone.sees("It fails at the certificate.")
    await phone.sees("Certificate: FAILED")
    assert "Test again" in phone.text


async def test_steps_are_shown_as_they_are_done(phone: Screen, standin: StandIn) -> None:
    standin.ignore_account(TRIAL)
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    await phone.pilot.press("ctrl+t")
    await phone.sees("Name lookup: passed")
    assert "Registration: waiting" in phone.text
    await phone.pilot.press("escape")
    await phone.until(lambda: isinstance(phone.app.screen, AccountForm))


async def test_an_account_of_the_file_is_tried_at_once(phone: Screen, standin: StandIn) -> None:
    await standin.add_account("work", password=SECRET, transport="udp")
    await phone.to_main()
    phone.app.main.accounts.focus()
    await phone.press("t")
    await phone.sees("Everything works.")
    assert "over UDP" in phone.text
    assert "Certificate" not in phone.text
    assert tried_with(standin) == [SECRET], "the stored one"


async def test_fields_under_more_are_made_when_they_are_wanted(phone: Screen) -> None:
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    assert not phone.app.screen.query("#row-proxy")
    await phone.click("More:")
    assert phone.focus == "input-display_name"
    await put(phone, "proxy", "edge.example.com")
    await phone.press("ctrl+o", "ctrl+o")
    assert "edge.example.com" in await seen(phone, "#row-proxy")


async def test_every_field_can_be_reached_at_60_by_20(phone: Screen, standin: StandIn) -> None:
    await standin.client.ask(ChangeSettings({"screen.glyphs": "ascii"}))
    await open_new(phone)
    await phone.resize(60, 20)
    screen = phone.app.screen
    assert isinstance(screen, AccountForm)
    await phone.press("tab", "tab", "ctrl+o")
    assert phone.focus == "input-display_name"
    rows = screen.rows
    fields = {*(field.name for field in drafts.FIELDS), "password", "name"}
    for _ in range(3 * len(fields)):
        where = screen.focused
        assert where is not None
        around = rows if rows in where.ancestors else screen
        assert around.region.contains_region(where.region), f"{where} is out of sight"
        assert phone.text.isascii(), phone.text
        fields.discard(screen.context().field)
        await phone.press("tab")
    assert not fields


async def test_a_save_that_is_asked_for_twice_is_made_once(
    phone: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AnyCommand] = []
    get = phone.app.bridge.get

    def note(command: AnyCommand, kind: type[Any]) -> Coroutine[Any, Any, Any]:
        asked.append(command)
        return get(command, kind)

    monkeypatch.setattr(phone.app.bridge, "get", note)
    await open_new(phone)
    await put(phone, "user", "alice@pbx.example.com")
    form = phone.app.screen
    assert isinstance(form, AccountForm)
    form.save()
    form.save()
    await phone.sees("Account example saved")
    assert sum(isinstance(command, AddAccount) for command in asked) == 1


async def test_a_look_at_the_server_is_judged_by_what_stands_in_the_form(
    phone: Screen, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[accounts.work]\nuser = "alice"\ndomain = "pbx.example.com"\n'
    await open_account(phone, standin, text)
    asked: list[InspectServer] = []
    look = standin.engine.inspection.inspect

    async def listening(command: InspectServer) -> ServerReport:
        asked.append(command)
        return await look(command)

    monkeypatch.setattr(standin.engine.inspection, "inspect", listening)
    await put(phone, "ca_file", "/no/ca.pem")
    await phone.press("ctrl+g")
    await phone.sees("cannot be seen: “ca_file”: there is no file")
    (command,) = asked
    assert command.fields is not None
    assert command.fields["ca_file"] == "/no/ca.pem"
