"""`offhook register`: it returns with the server's answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from tests.contract import examples
from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.cli.accounts import register
from voip.client.errors import NoEngine
from voip.model import Registration, RegistrationState
from voip.protocol.accounts import AccountEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.worker.accounts import RegisterNow


async def test_a_registered_account_registers_once_more(standin: StandIn) -> None:
    await standin.add_account("work")
    before = sum(isinstance(o, RegisterNow) for o in standin.script.orders)
    assert await typed("register", "work") == (0, "", "")
    assert sum(isinstance(o, RegisterNow) for o in standin.script.orders) == before + 1


async def test_an_account_that_failed_registers_now(standin: StandIn) -> None:
    standin.refuse_account("work", 403, "Forbidden")
    await standin.add_account("work")
    standin.accept_account("work")
    assert await typed("register", "work") == (0, "", "")
    status = await standin.status()
    assert status.accounts[0].registration.state is RegistrationState.REGISTERED


async def test_a_refusal_has_its_status(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.refuse_account("work", 403, "Forbidden")
    status, out, err = await typed("register", "work")
    assert (status, out) == (1, "")
    assert err.startswith("offhook: account work is not registered: ")
    assert err.endswith(" (403)\n")


async def test_a_refused_login_is_said_by_every_command(standin: StandIn) -> None:
    standin.refuse_account("work", 401)
    await standin.add_account("work")
    words = "the user name or password is wrong"
    assert words in (await typed("status")).out
    assert words in (await typed("register", "work")).err


async def test_a_silent_server_is_not_waited_for_without_end(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await standin.add_account("work")
    standin.ignore_account("work")
    monkeypatch.setattr(register, "_PATIENCE_S", 0.2)
    assert await typed("register", "work") == (
        1,
        "",
        "offhook: account work has not registered within 0 seconds\n",
    )


async def test_what_was_so_before_the_attempt_is_no_answer() -> None:
    registered, tries, failed = (
        replace(examples.ACCOUNT, registration=Registration(state))
        for state in (
            RegistrationState.REGISTERED,
            RegistrationState.REGISTERING,
            RegistrationState.FAILED,
        )
    )
    other = replace(failed, name="other")

    async def events() -> AsyncIterator[NumberedEvent]:
        for seq, account in enumerate((registered, other, tries, failed)):
            yield NumberedEvent(seq, "2026-01-01T00:00:00Z", AccountEvent(account))

    assert await register.settled(events(), "work") == failed
    with pytest.raises(NoEngine):
        await register.settled(events(), "home")


async def test_an_account_that_cannot_register_is_refused(standin: StandIn) -> None:
    await standin.add_account("work", enabled=False)
    assert await typed("register", "work") == (1, "", "offhook: account work is disabled\n")
    assert await typed("register", "home") == (1, "", "offhook: there is no account home\n")
