"""Accounts in the engine: answers to a form, and their order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.protocol.accounts import (
    AccountChanged,
    AccountFields,
    AccountList,
    AccountRemoved,
    AccountsOrdered,
    AddAccount,
    CheckFields,
    EditAccount,
    FieldProblems,
    GetAccounts,
    MoveAccount,
    ReloadAccounts,
    RemoveAccount,
)
from voip.protocol.phone import NoticeEvent

FIELDS: dict[str, str | int | bool] = {"user": "alice", "domain": "pbx.example.com"}


async def listed(phone: StandIn) -> dict[str, AccountFields]:
    accounts = (await phone.client.get(GetAccounts(), AccountList)).accounts
    return {row.name: row for row in accounts}


async def order(phone: StandIn) -> list[str]:
    names = [account.name for account in (await phone.status()).accounts]
    assert names == list(await listed(phone))
    return names


async def three(phone: StandIn) -> None:
    for name in ("work", "home", "spare"):
        await phone.add_account(name)


async def test_moved_accounts_stand_so_everywhere(standin: StandIn) -> None:
    await three(standin)
    since = len(standin.events)
    await standin.client.ask(MoveAccount(name="spare", place=0))
    event = await standin.until(AccountsOrdered, lambda e: True, since)
    assert event.names == ("spare", "work", "home")
    assert await order(standin) == ["spare", "work", "home"]
    # Calls use the first account that is ready.
    call = await standin.call("100")
    (status,) = [c for c in (await standin.status()).calls if c.id == call]
    assert status.account == "spare"


async def test_order_survives_the_engine(standin: StandIn) -> None:
    await three(standin)
    await standin.client.ask(MoveAccount(name="spare", place=1))
    await standin.stop()
    await standin.start()
    assert await order(standin) == ["work", "spare", "home"]


async def test_order_changed_by_hand_is_told(standin: StandIn) -> None:
    await three(standin)
    path = standin.paths.accounts
    since = len(standin.events)
    path.write_text('order = ["home"]\n' + path.read_text())
    await standin.client.ask(ReloadAccounts())
    event = await standin.until(AccountsOrdered, lambda e: True, since)
    assert event.names == ("home", "work", "spare")


async def test_what_follows_from_other_events_is_no_new_order(standin: StandIn) -> None:
    await three(standin)
    await standin.client.ask(RemoveAccount(name="work"))
    await standin.client.ask(EditAccount(name="home", fields={"expires_s": 600}))
    await standin.client.ask(MoveAccount(name="home", place=0))
    assert await order(standin) == ["home", "spare"]
    assert not [e for e in standin.events if isinstance(e.event, AccountsOrdered)]


async def test_bad_account_keeps_its_place(standin: StandIn) -> None:
    await three(standin)
    path = standin.paths.accounts
    path.write_text(path.read_text().replace("[accounts.home]", "[accounts.home]\nproxy = 3"))
    await standin.client.ask(ReloadAccounts())
    assert await order(standin) == ["work", "home", "spare"]


async def test_edit_of_what_was_changed_by_hand_is_refused(standin: StandIn) -> None:
    await standin.add_account("work")
    version = (await listed(standin))["work"].version
    path = standin.paths.accounts
    text = path.read_text().replace("[accounts.work]", "[accounts.work]\nexpires_s = 600")
    path.write_text(text)
    with pytest.raises(CommandFailed) as caught:
        await standin.client.ask(
            EditAccount(name="work", fields={"display_name": "A"}, version=version)
        )
    assert caught.value.kind == "changed"
    assert str(caught.value) == (
        f"account work was changed in {path} meanwhile: look at it again before you save"
    )
    assert path.read_text() == text
    version = (await listed(standin))["work"].version
    await standin.client.ask(
        EditAccount(name="work", fields={"display_name": "A"}, version=version)
    )
    assert (await listed(standin))["work"].fields["expires_s"] == 600


async def test_unknown_keys_are_told_once_and_stay_in_the_status(standin: StandIn) -> None:
    await standin.add_account("work")
    path = standin.paths.accounts
    path.write_text(path.read_text() + 'password = "hunter2"\ndisplay_nmae = "A"\n')
    await standin.client.ask(ReloadAccounts())
    await standin.client.ask(ReloadAccounts())
    where = f"{path}: account work:"
    words = (
        f"{where} “password”: a password does not belong in this file and is not used: take it "
        "out, and give it to “offhook account edit” with --password-stdin, or name a "
        "password_command or a password_file",
        f"{where} “display_nmae” is not known and was kept, did you mean “display_name”?",
    )
    assert (await standin.status()).engine.problems == words
    notices = [e.event for e in standin.events if isinstance(e.event, NoticeEvent)]
    assert notices == [NoticeEvent(level="warning", text=text) for text in words]
    row = (await listed(standin))["work"]
    assert row.unknown == ("password", "display_nmae")
    assert row.problem is None
    await standin.client.ask(EditAccount(name="work", fields={"enabled": False}))
    assert "hunter2" in path.read_text()
    assert "hunter2" not in standin.paths.log.read_text()


@pytest.mark.parametrize("field", ["domian", "password"])
async def test_unknown_field_of_a_client_is_refused(standin: StandIn, field: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        await standin.client.ask(AddAccount(name="work", fields={**FIELDS, field: "x"}))
    assert caught.value.kind == "bad_account"
    assert f"“{field}”: " in str(caught.value)
    assert not standin.paths.accounts.exists()


async def test_a_form_is_told_everything_at_once(standin: StandIn) -> None:
    await standin.add_account("work")
    reply = await standin.client.get(
        CheckFields(name="work", fields={"user": "", "expires_s": True}, new=True),
        FieldProblems,
    )
    assert reply == FieldProblems(
        problems={
            "name": "there is an account of that name already",
            "user": "needed: it is the part of your address in front of the @",
            "domain": "needed: it is the part of your address after the @",
            "expires_s": "a whole number of seconds is needed, not true or false",
        },
        password_place=(f"a file of its own in {standin.paths.passwords} (there is no keyring)"),
    )
    good = await standin.client.get(CheckFields(name="work", fields=FIELDS), FieldProblems)
    assert good.problems == {}


async def test_place_of_the_password(standin: StandIn) -> None:
    kept = standin.paths.passwords / "work"
    saved = await standin.client.get(
        AddAccount(name="work", fields=FIELDS, password="x"), AccountChanged
    )
    assert saved.password_place == f"{kept} (there is no keyring)"
    await standin.client.ask(AddAccount(name="home", fields=FIELDS))
    rows = await listed(standin)
    assert rows["work"].password_place == f"the file {kept}"
    assert rows["home"].password_place is None


async def test_file_is_watched(standin: StandIn) -> None:
    await standin.add_account("work")
    path: Path = standin.paths.accounts
    since = len(standin.events)
    await asyncio.to_thread(path.write_text, "")
    gone = await standin.until(AccountRemoved, lambda e: True, since)
    assert gone.name == "work"
