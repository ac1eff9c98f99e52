"""Both engines: accounts, their server, and the worker between them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.engines import transcript
from tests.contract.engines.sides import ACCOUNT, Side
from voip.client.errors import CommandFailed
from voip.model import CallState, Outcome, RegistrationState
from voip.protection import LockState
from voip.protocol.accounts import (
    AccountChanged,
    AccountEvent,
    AccountList,
    AccountRemoved,
    AccountsOrdered,
    AddAccount,
    CheckFields,
    EditAccount,
    FieldProblems,
    GetAccounts,
    MoveAccount,
    RegisterAccount,
    ReloadAccounts,
    RemoveAccount,
)
from voip.protocol.calls import CallEvent
from voip.protocol.phone import GetEngineLog, GetStatus, NoticeEvent, WorkerEvent
from voip.protocol.trust import InspectServer, ServerReport


async def test_an_account_registers_with_the_chain_that_its_server_showed(side: Side) -> None:
    await side.register()
    (account,) = (await side.engine.status()).accounts
    assert (account.name, account.aor) == (ACCOUNT, "sip:alice@pbx.example.com")
    registration = account.registration
    assert (registration.state, registration.code, registration.reason) == (
        RegistrationState.REGISTERED, 200, "OK",
    )  # fmt: skip
    assert registration.expires_s == 300
    assert account.tls is not None
    assert (account.tls.version, account.tls.verified) == ("TLSv1.3", True)
    assert account.tls.peer == account.tls.chain[0]
    assert account.tls.peer.names == (side.host,)
    assert transcript.of_account(side.engine.events, ACCOUNT) == [
        "offline",
        "registering",
        "registered",
    ]
    engine = (await side.engine.status()).engine
    assert engine.pjsip == "2.17"
    assert (engine.tls_library or "").startswith("OpenSSL 3.")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (403, "the server does not allow it"),
        (404, "there is nobody of that name"),
        (599, "the server says “Said”"),
    ],
)
async def test_a_server_that_says_no(side: Side, code: int, words: str) -> None:
    side.server_says(code)
    await side.register()
    (account,) = (await side.engine.status()).accounts
    registration = account.registration
    assert (registration.state, registration.code) == (RegistrationState.FAILED, code)
    assert registration.reason == words
    assert account.tls is not None
    side.server_says(200)
    await side.engine.client.ask(RegisterAccount(account=ACCOUNT))
    await side.engine.until_registered(ACCOUNT)


async def test_a_server_that_is_not_there(side: Side) -> None:
    side.server_is_gone()
    await side.register()
    (account,) = (await side.engine.status()).accounts
    registration = account.registration
    assert (registration.state, registration.code) == (RegistrationState.FAILED, 503)
    assert registration.reason.startswith("the connection failed: ")
    assert account.tls is None
    call = await side.engine.call("100")
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code, row.reason) == (Outcome.FAILED, 503, registration.reason)


async def test_accounts_are_added_changed_moved_and_removed(side: Side) -> None:
    client = side.engine.client
    for name in ("a", "b"):
        await side.register(name, user=name)
    assert [a.name for a in (await side.engine.status()).accounts] == ["a", "b"]

    await client.ask(MoveAccount(name="b", place=0))
    await side.engine.until(AccountsOrdered, lambda e: e.names == ("b", "a"))
    assert [a.name for a in (await side.engine.status()).accounts] == ["b", "a"]

    listing = await client.get(GetAccounts(), AccountList)
    fields = next(a for a in listing.accounts if a.name == "a")
    assert fields.fields == side.fields(user="a")
    position = len(side.engine.events)
    await client.ask(EditAccount(name="a", fields={"display_name": "Al"}, version=fields.version))
    await side.engine.until_registered("a", position)
    again = await client.get(GetAccounts(), AccountList)
    changed = next(a for a in again.accounts if a.name == "a")
    assert changed.fields["display_name"] == "Al"
    assert changed.version != fields.version

    position = len(side.engine.events)
    await client.ask(EditAccount(name="a", fields={"enabled": False}))
    off = await side.engine.until(AccountEvent, lambda e: e.account.name == "a", position)
    assert (off.account.enabled, off.account.registration.state) == (False, "offline")
    await client.ask(EditAccount(name="a", fields={"enabled": None}))
    await side.engine.until_registered("a", position)

    await client.ask(RemoveAccount(name="a"))
    await side.engine.until(AccountRemoved, lambda e: e.name == "a")
    assert [a.name for a in (await side.engine.status()).accounts] == ["b"]


async def test_a_file_edited_by_hand_is_read_and_a_broken_one_changes_nothing(side: Side) -> None:
    await side.register()
    file = side.engine.folder / "config" / "accounts.toml"
    good = file.read_text()
    file.write_text(good.replace(f"[accounts.{ACCOUNT}]", "[accounts.renamed]"))
    await side.engine.client.ask(ReloadAccounts())
    await side.engine.until(AccountRemoved, lambda e: e.name == ACCOUNT)
    await side.engine.until_registered("renamed")
    file.write_text("[accounts.")
    await side.engine.client.ask(ReloadAccounts())
    notice = await side.engine.until(NoticeEvent, lambda e: e.level == "error")
    assert "accounts.toml" in notice.text
    status = await side.engine.status()
    assert [account.name for account in status.accounts] == ["renamed"]
    assert status.engine.problems == (notice.text,)
    assert file.read_text() == "[accounts."
    file.write_text(good)
    await side.engine.client.ask(ReloadAccounts())
    assert (await side.engine.status()).engine.problems == ()


async def test_a_server_is_looked_at_and_its_key_is_pinned(side: Side) -> None:
    client = side.engine.client
    await side.register()
    report = await client.get(InspectServer(account=ACCOUNT), ServerReport)
    assert (report.host, report.port, report.version) == (side.host, side.port, "TLSv1.3")
    assert (report.problems, report.refused, report.pin) == ((), (), None)
    (account,) = (await side.engine.status()).accounts
    assert account.tls is not None
    assert report.chain[0].names == (side.host,)
    assert report.chain[0].sha256 == account.tls.chain[0].sha256
    # A server without an account is verified by the system's authorities.
    by_name = await client.get(InspectServer(server=f"{side.host}:{side.port}"), ServerReport)
    assert by_name.chain == report.chain
    # A draft's fields decide before it is saved; its other fields do not matter.
    fields: dict[str, str | int | bool] = {**side.trust, "user": ""}
    drafted = InspectServer(server=f"{side.host}:{side.port}", fields=fields)
    assert await client.get(drafted, ServerReport) == report
    drafted = InspectServer(account=ACCOUNT, fields={"ca_file": "/nowhere.pem"})
    with pytest.raises(CommandFailed, match="“ca_file”: there is no file /nowhere"):
        await client.get(drafted, ServerReport)

    key = report.chain[0].key_sha256
    assert len(key) == 64
    await client.ask(EditAccount(name=ACCOUNT, fields={"pin": key.upper()}))
    pinned = await client.get(InspectServer(account=ACCOUNT), ServerReport)
    assert pinned.pin == key
    assert pinned.pinned_on is not None
    (row,) = (await client.get(GetAccounts(), AccountList)).accounts
    assert (row.fields["pin"], row.fields["pinned_on"]) == (key, pinned.pinned_on)
    await client.ask(EditAccount(name=ACCOUNT, fields={"pin": None}))
    (row,) = (await client.get(GetAccounts(), AccountList)).accounts
    assert row.fields.keys().isdisjoint({"pin", "pinned_on"})

    with pytest.raises(CommandFailed, match="there is no account nobody"):
        await client.get(InspectServer(account="nobody"), ServerReport)
    with pytest.raises(CommandFailed, match="ports go from 1 to 65535"):
        await client.get(InspectServer(server="pbx:0"), ServerReport)


async def test_an_account_that_is_pinned_to_another_key_stops(side: Side) -> None:
    client = side.engine.client
    await side.register(pin="0" * 64)
    (account,) = (await side.engine.status()).accounts
    assert account.registration.state is RegistrationState.FAILED
    assert account.registration.reason.startswith("the server shows another key than the one ")
    with pytest.raises(CommandFailed) as caught:
        await side.engine.call("100")
    assert caught.value.kind == "stopped"
    report = await client.get(InspectServer(account=ACCOUNT), ServerReport)
    position = len(side.engine.events)
    await client.ask(EditAccount(name=ACCOUNT, fields={"pin": report.chain[0].key_sha256}))
    registered = await side.engine.until_registered(ACCOUNT, position)
    assert registered.tls is not None
    assert (registered.tls.verified, registered.tls.pinned) == (True, True)


async def test_fields_are_checked_without_saving_them(side: Side) -> None:
    client = side.engine.client
    good = await client.get(
        CheckFields(name=ACCOUNT, fields=side.fields(), new=True), FieldProblems
    )
    assert good.problems == {}
    assert good.password_place
    bad = await client.get(
        CheckFields(name="-", fields=side.fields(expires_s=1), new=True), FieldProblems
    )
    assert set(bad.problems) == {"name", "expires_s"}
    assert (await side.engine.status()).accounts == ()


async def test_a_password_is_kept_and_never_told(side: Side) -> None:
    saved = await side.engine.client.get(
        AddAccount(name=ACCOUNT, fields=side.fields(), password="correct horse"),
        AccountChanged,
    )
    assert saved.password_place
    await side.engine.until_registered(ACCOUNT)
    for command in (GetAccounts(), GetStatus(), GetEngineLog()):
        answer = await side.engine.client.get(command, dict[str, Any])
        assert "correct horse" not in json.dumps(answer)


async def test_a_connection_that_drops_opens_the_lock_and_is_made_again(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    side.answers(call)
    await side.engine.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(side.engine.events)
    side.drop_connection()
    dropped = await side.engine.until_call(lambda c: not c.lock.closed, position)
    assert dropped.state is CallState.ACTIVE
    assert dropped.lock.why == "the TLS connection to the server has dropped"
    await side.engine.until_registered(ACCOUNT, position)
    assert transcript.of_account(side.engine.events[position:], ACCOUNT) == [
        "registering",
        "registered",
    ]
    # The call follows its account once that is registered, and its lock may close then.
    locks, registered = [], RegistrationState.REGISTERED
    for numbered in side.engine.events[position:]:
        match numbered.event:
            case AccountEvent(account=account) if account.registration.state is registered:
                break
            case CallEvent(call=shown):
                locks.append(shown.lock.state)
    assert locks[-1] is LockState.OPEN


async def test_a_worker_that_dies_costs_its_calls_alone(side: Side) -> None:
    await side.register()
    call = await side.echo()
    position = len(side.engine.events)
    await side.worker_dies()
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.reason) == (
        Outcome.LOST,
        "lost: the worker was ended by SIGKILL",
    )
    await side.engine.until_state(call, CallState.ENDED)
    assert transcript.of_call(side.engine.events, call) == [
        *transcript.ANSWERED,
        "row: lost",
        "ended open",
    ]
    await side.engine.until(WorkerEvent, lambda e: not e.up, position)
    await side.engine.until(WorkerEvent, lambda e: e.up, position)
    await side.engine.until_registered(ACCOUNT, position)
    assert transcript.of_account(side.engine.events[position:], ACCOUNT) == [
        "unregistered",
        "registering",
        "registered",
    ]
    assert (await side.engine.status()).calls == ()
