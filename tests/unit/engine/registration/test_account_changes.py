"""Changes of accounts during other changes."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.standin.engine import StandIn
from tests.support.standin.script import lock_keyring
from voip.client.errors import CommandFailed
from voip.client.stream import Client
from voip.engine.registration.attempts import Attempts
from voip.model import RegistrationState, Status
from voip.protocol.accounts import (
    AccountEvent,
    AccountRemoved,
    AddAccount,
    EditAccount,
    ReloadAccounts,
    RemoveAccount,
)
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.accounts import CloseAccount, Credentials, OpenAccount
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerCommand

FIELDS: dict[str, Any] = {"user": "alice", "domain": "pbx.example.com"}


def names(phone: StandIn) -> list[str]:
    return [account.name for account in phone.engine.registrations.snapshot()]


def told_to_worker(phone: StandIn, name: str = "work") -> list[AnyWorkerCommand]:
    """Return the commands to the worker that change its copy of an account."""
    commands: list[AnyWorkerCommand] = []
    for order in phone.script.orders:
        match order:
            case OpenAccount(account=setup) if setup.name == name:
                commands.append(order)
            case CloseAccount(name=removed) if removed == name:
                commands.append(order)
    return commands


def states(phone: StandIn, name: str = "work") -> list[RegistrationState]:
    """Return the states of an account that clients got, in order."""
    return [
        e.event.account.registration.state
        for e in phone.events
        if isinstance(e.event, AccountEvent) and e.event.account.name == name
    ]


def registered(status: Status, name: str) -> bool:
    return any(
        account.name == name and account.registration.state is RegistrationState.REGISTERED
        for account in status.accounts
    )


async def as_far_as_it_comes() -> None:
    """Run what is ready in this loop, without waiting for other processes."""
    for _ in range(20):
        await asyncio.sleep(0)


def coming_up() -> set[asyncio.Task[None]]:
    """Return accounts on their way to their workers."""
    return {
        task
        for task in asyncio.all_tasks()
        if getattr(task.get_coro(), "__qualname__", "") == Attempts.bring_up.__qualname__
    }


async def test_a_change_that_ends_late_does_not_undo_a_later_one(
    standin: StandIn, another: Client
) -> None:
    await standin.add_account("old")
    removal = standin.script.hold(CloseAccount)
    standin.paths.accounts.write_text("")
    earlier = asyncio.create_task(standin.client.ask(ReloadAccounts()))
    await removal.come()
    later = asyncio.create_task(another.ask(AddAccount(name="new", fields=FIELDS)))
    await as_far_as_it_comes()
    removal.release()
    await earlier
    await later
    assert names(standin) == ["new"]
    await standin.until_registered("new")


@pytest.fixture
async def standin(standin: StandIn) -> StandIn:
    """Start a stand-in with a worker and an account."""
    await standin.add_account("other")
    return standin


@pytest.fixture
def pipe(place: Path) -> Path:
    """Make the pipe that a password command waits for."""
    path = place / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("exists", [False, True])
async def test_an_account_is_not_used_before_its_password_is_kept(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    """A keyring may ask its user first; the file may be read before that."""
    if exists:
        await standin.add_account("work")
    engine, loop = standin.engine, asyncio.get_running_loop()
    asked, answered = asyncio.Event(), threading.Event()

    def slow(name: str, password: str) -> str:
        loop.call_soon_threadsafe(asked.set)
        answered.wait()
        return store(name, password)

    store = engine.passwords.store
    monkeypatch.setattr(engine.passwords, "store", slow)
    fields = FIELDS | {"display_name": "Alice"}
    command = (
        EditAccount(name="work", fields=fields, password="new")
        if exists
        else AddAccount(name="work", fields=fields, password="new")
    )
    change = asyncio.create_task(standin.client.ask(command))
    await asked.wait()
    before = standin.engine.registrations.snapshot()
    look = asyncio.create_task(engine.followed.reload())
    await as_far_as_it_comes()
    between = standin.engine.registrations.snapshot()
    answered.set()
    await change
    await look
    assert between == before
    await standin.reaches(lambda status: registered(status, "work"))
    added = told_to_worker(standin)[-1]
    assert isinstance(added, OpenAccount)
    assert added.account.display_name == "Alice"
    assert added.account.credentials == Credentials(user="alice", password="new")
    assert len(told_to_worker(standin)) == (3 if exists else 1)


async def test_a_password_that_a_keyring_may_keep_is_reported(standin: StandIn) -> None:
    await standin.add_account("work")
    lock_keyring()
    await standin.client.ask(RemoveAccount(name="work"))
    notice = await standin.until(NoticeEvent, lambda event: "work" in event.text)
    assert notice.text == (
        "account work is removed, but its password may still be in the keyring, "
        "which did not answer: locked"
    )
    await standin.until(AccountRemoved, lambda event: event.name == "work")


async def test_an_account_that_was_changed_on_its_way_does_not_arrive(
    standin: StandIn, pipe: Path
) -> None:
    """The old one had another password, and perhaps another trust."""
    await standin.add("work", **FIELDS, password_command=f"cat {pipe}")
    (old,) = coming_up()
    await standin.client.ask(EditAccount(name="work", fields={"password_command": "echo new"}))
    await standin.until_registered("work")
    await asyncio.to_thread(pipe.write_text, "old")
    await old
    (added,) = told_to_worker(standin)
    assert isinstance(added, OpenAccount)
    assert added.account.credentials == Credentials(user="alice", password="new")
    assert states(standin)[-1] is RegistrationState.REGISTERED


async def test_an_account_that_was_removed_on_its_way_is_not_heard_of(
    standin: StandIn, pipe: Path
) -> None:
    await standin.add("work", **FIELDS, password_command=f"cat {pipe} && false")
    (old,) = coming_up()
    await standin.client.ask(RemoveAccount(name="work"))
    await standin.until(AccountRemoved, lambda e: True)
    since = len(standin.events)
    await asyncio.to_thread(pipe.write_text, "old")
    await old
    assert told_to_worker(standin) == []
    await standin.add("later", **FIELDS)
    await standin.until(AccountEvent, lambda e: e.account.name == "later", since)
    heard = [e.event for e in standin.events[since:]]
    assert [e for e in heard if isinstance(e, AccountEvent) and e.account.name == "work"] == []


async def test_an_account_that_was_changed_on_arrival_leaves_first(standin: StandIn) -> None:
    arrival = standin.script.hold(OpenAccount)
    await standin.add("work", **FIELDS)
    await arrival.come()
    edit = EditAccount(name="work", fields={"display_name": "Alice"})
    change = asyncio.create_task(standin.client.ask(edit))
    await as_far_as_it_comes()
    arrival.release()
    await change
    await standin.until_registered("work")
    first, second, third = told_to_worker(standin)
    assert isinstance(first, OpenAccount)
    assert isinstance(second, CloseAccount)
    assert isinstance(third, OpenAccount)
    assert third.account.display_name == "Alice"
    assert standin.script.worker(Role.SECURE).accounts["work"] == third.account
    assert RegistrationState.FAILED not in states(standin)


async def test_a_call_with_an_account_that_changes_says_so(
    standin: StandIn, another: Client, pipe: Path
) -> None:
    await standin.add("work", **FIELDS, password_command=f"cat {pipe}")
    call = asyncio.create_task(standin.call("100", account="work"))
    await as_far_as_it_comes()
    await another.ask(RemoveAccount(name="work"))
    await asyncio.to_thread(pipe.write_text, "old")
    with pytest.raises(CommandFailed) as caught:
        await call
    assert caught.value.kind == "changed"
    assert str(caught.value) == "account work has just been changed: try again"
