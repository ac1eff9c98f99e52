"""An account pinned to its server's key, with a scripted worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.causes import Cause, CauseKind
from voip.choices import Means
from voip.client.errors import CommandFailed
from voip.model import CallState, RegistrationState, rfc3339
from voip.protection import Transport
from voip.protocol.accounts import (
    AccountList,
    CheckAccount,
    CheckReport,
    CheckStep,
    EditAccount,
    GetAccounts,
    MoveAccount,
    RegisterAccount,
    ReloadAccounts,
)
from voip.protocol.phone import NoticeEvent
from voip.protocol.trust import InspectServer, ServerReport
from voip.protocol.worker.accounts import RegisterNow
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent
from voip.sip.sentences import fingerprint

HOST = "pbx.example.com"
PIN = facts.server(HOST).chain[0].key_sha256
OTHER = "0123456789abcdef" * 4


def with_leaf(**changes: str) -> ServerReport:
    """Return a server report whose leaf certificate differs."""
    report = facts.server(HOST)
    leaf, *above = report.chain
    return msgspec.structs.replace(report, chain=(msgspec.structs.replace(leaf, **changes), *above))


def registrations(standin: StandIn) -> int:
    return sum(isinstance(order, RegisterNow) for order in standin.script.orders)


async def stopped(standin: StandIn) -> str:
    """Stop a pinned account by its server's other key; return the reason."""
    await standin.add_account("work", pin=PIN)
    standin.shows_certificates(HOST, with_leaf(key_sha256=OTHER))
    standin.drop_connection("work")
    status = await standin.until_failed("work")
    return status.registration.reason


async def test_a_server_with_another_key_stops_the_account(standin: StandIn) -> None:
    reason = await stopped(standin)
    (row,) = (await standin.client.get(GetAccounts(), AccountList)).accounts
    accepted = str(row.fields["pinned_on"])[:10]
    assert reason == (
        f"the server shows another key than the one that was accepted on {accepted}. "
        f"Accepted: {fingerprint(PIN)}. Shown now: {fingerprint(OTHER)}. "
        "Nothing is sent to it. If the server's administrator says that the new key is theirs, "
        f"accept it with “offhook trust {HOST} --account work”, or in the phone"
    )
    notice = await standin.until(NoticeEvent, lambda e: e.level == "error")
    assert notice.text == f"account work has stopped: {reason}"
    # It waits for the user: no retry is due, and calls report why.
    assert standin.engine.registrations.get("work").timer is None
    with pytest.raises(CommandFailed) as caught:
        await standin.call("100")
    assert (caught.value.kind, str(caught.value)) == ("stopped", f"account work: {reason}")


async def test_an_account_says_that_its_server_was_refused_for_what_it_showed(
    standin: StandIn,
) -> None:
    await stopped(standin)
    standin.refuse_connection("away", CauseKind.CONNECTION_TIMEOUT)
    await standin.add_account("away", domain="away.example")
    standin.refuse_account("locked", 403)
    await standin.add_account("locked", domain="locked.example")
    accounts = {a.name: a for a in (await standin.status()).accounts}
    assert {a.registration.state for a in accounts.values()} == {RegistrationState.FAILED}
    assert [name for name, a in accounts.items() if a.distrusted] == ["work"]
    standin.shows_certificates(HOST, facts.server(HOST))
    position = len(standin.events)
    await standin.client.ask(EditAccount(name="work", fields={"pin": PIN}))
    assert not (await standin.until_registered("work", position)).distrusted


async def test_a_new_worker_leaves_a_stopped_account_alone(standin: StandIn) -> None:
    reason = await stopped(standin)
    await standin.add_account("home", domain="home.example")
    await standin.until_registered("home")
    asked = registrations(standin)
    position = len(standin.events)
    standin.worker_dies()
    await standin.until_registered("home", position)
    live = standin.engine.registrations.get("work")
    # Both come up at once: the stopped one may take longer.
    async with live.busy:
        assert live.added
    assert registrations(standin) == asked + 1
    assert (live.registration.state, live.registration.reason) == (
        RegistrationState.FAILED,
        reason,
    )


async def test_a_person_starts_it_again(standin: StandIn) -> None:
    await stopped(standin)
    position = len(standin.events)
    # By hand, with the key still different: it stops again.
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_failed("work", position)
    # The old key is back, and the user accepts it again.
    standin.shows_certificates(HOST, facts.server(HOST))
    position = len(standin.events)
    await standin.client.ask(EditAccount(name="work", fields={"pin": PIN}))
    status = await standin.until_registered("work", position)
    assert status.tls is not None
    assert status.tls.pinned
    # The user accepts a new key.
    standin.shows_certificates(HOST, with_leaf(key_sha256=OTHER))
    position = len(standin.events)
    await standin.client.ask(EditAccount(name="work", fields={"pin": OTHER}))
    await standin.until_registered("work", position)


async def test_a_call_that_is_up_keeps_its_facts(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    call = await standin.call("100")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.lock.closed)
    # A second connection of the account gets another key.
    standin.script.worker(Role.SECURE).send(
        ConnectionEvent(
            id=99, up=False, outgoing=True, transport=Transport.TLS, host=HOST, port=5061,
            cause=Cause(CauseKind.OTHER_KEY), other_key=OTHER, accounts=("work",),
        )
    )  # fmt: skip
    await standin.until_failed("work")
    (now,) = (await standin.status()).calls
    assert (now.state, now.lock.closed) == (CallState.ACTIVE, True)


def refused(account: str) -> ConnectionEvent:
    return ConnectionEvent(
        id=99, up=False, outgoing=True, transport=Transport.TLS, host=HOST, port=5061,
        cause=Cause(CauseKind.OTHER_KEY), other_key=OTHER, accounts=(account,),
    )  # fmt: skip


async def test_the_other_account_of_a_server_is_not_blamed(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    await standin.add_account("home")
    standin.script.worker(Role.SECURE).send(refused("work"))
    await standin.until_failed("work")
    blamed = {account.name: account.distrusted for account in (await standin.status()).accounts}
    assert blamed == {"work": True, "home": False}


async def test_a_server_that_answers_is_trusted_again(standin: StandIn) -> None:
    await standin.add_account("home")
    await standin.until_registered("home")
    standin.script.worker(Role.SECURE).send(refused("home"))
    position = len(standin.events)
    await standin.client.ask(RegisterAccount(account="home"))
    assert not (await standin.until_registered("home", position)).distrusted


@pytest.mark.parametrize("pin", [OTHER, None])
async def test_calls_end_when_the_pin_changes_or_goes(standin: StandIn, pin: str | None) -> None:
    await standin.add_account("work", pin=PIN)
    await standin.add_account("home", domain="home.example")
    calls = [await standin.call("100", account=name) for name in ("work", "home")]
    for call in calls:
        standin.remote_answers(call)
        await standin.reaches_call(call, lambda c: c.state.answered)
    await standin.client.ask(EditAccount(name="work", fields={"pin": pin}))
    status = await standin.reaches(lambda s: len(s.calls) == 1)
    assert [call.account for call in status.calls] == ["home"]


async def test_calls_go_on_while_the_account_is_stopped_and_when_it_stays_so(
    standin: StandIn,
) -> None:
    await standin.add_account("work", pin=PIN)
    call = await standin.call("100")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state.answered)
    standin.shows_certificates(HOST, with_leaf(key_sha256=OTHER))
    standin.drop_connection("work")
    await standin.until_failed("work")
    report = await standin.client.get(InspectServer(account="work"), ServerReport)
    assert report.chain[0].key_sha256 == OTHER
    (now,) = (await standin.status()).calls
    # Media continues without the connection, but the call's lock is open.
    assert (now.state.answered, now.lock.closed) == (True, False)


async def test_a_look_says_who_accepted_the_key_by_which_means(standin: StandIn) -> None:
    async def noted() -> tuple[str | None, Means | None]:
        report = await standin.client.get(InspectServer(account="work"), ServerReport)
        return report.pinned_by, report.pinned_with

    await standin.add_account("work", pin=PIN)
    assert await noted() == ("alice", None)
    for means, pin in ((Means.SCREEN, OTHER), (Means.COMMAND, PIN)):
        await standin.client.ask(EditAccount(name="work", fields={"pin": pin}, means=means))
        assert await noted() == ("alice", means)
    file = standin.paths.accounts
    file.write_text(file.read_text().replace(PIN, OTHER))
    await standin.client.ask(ReloadAccounts())
    assert await noted() == (None, None)


async def test_others_at_the_same_host_go_on(standin: StandIn) -> None:
    standin.shows_certificates(HOST, with_leaf(key_sha256=OTHER))
    await standin.add_account("by-authority", user="bob")
    await standin.add_account("by-new-key", user="carol", pin=OTHER)
    await standin.add_account("by-old-key", pin=PIN)
    states = {a.name: a.registration.state for a in (await standin.status()).accounts}
    assert states == {
        "by-authority": RegistrationState.REGISTERED,
        "by-new-key": RegistrationState.REGISTERED,
        "by-old-key": RegistrationState.FAILED,
    }
    # The stopped one is not chosen for a call that names none.
    await standin.client.ask(MoveAccount(name="by-old-key", place=0))
    await standin.call("100")


async def test_a_check_names_both_keys(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    good = await standin.client.get(CheckAccount(name="work"), CheckReport)
    words = {step.step: step.text for step in good.steps}
    assert words["certificate"].startswith("its key is pinned, accepted on 2")
    assert "; the certificate ends in " in words["certificate"]
    standin.shows_certificates(HOST, with_leaf(key_sha256=OTHER))
    bad = await standin.client.get(CheckAccount(name="work"), CheckReport)
    step = next(step for step in bad.steps if step.step == "certificate")
    assert step.ok is False
    assert step.text.endswith(f"Accepted: {fingerprint(PIN)}. Shown now: {fingerprint(OTHER)}")
    (target,) = bad.targets
    assert target.cause is not None
    assert target.cause.kind is CauseKind.OTHER_KEY
    assert target.text == "192.0.2.1:5061: the server shows another key"


async def test_an_account_that_does_not_register_is_checked_by_a_look(standin: StandIn) -> None:
    async def certificate(**fields: str) -> CheckStep:
        report = await standin.client.get(
            CheckAccount(
                name="work", fields={"user": "a", "domain": HOST, "register": False, **fields}
            ),
            CheckReport,
        )
        steps = {step.step: step for step in report.steps}
        assert report.ok is (steps["certificate"].ok is True)
        return steps["certificate"]

    good = await certificate()
    assert good.text.startswith(f"verified, for {HOST}; issued by CN=Example Issuing CA 1")
    assert (await certificate(pin=PIN)).text.startswith("its key is pinned; the certificate ends")
    other = await certificate(pin=OTHER)
    assert other.text.endswith(f"Shown now: {fingerprint(PIN)}")
    words = "the server's certificate has expired"
    standin.shows_certificates(HOST, facts.server(HOST, (words,)))
    assert await certificate() == CheckStep("certificate", False, words)
    assert (await certificate(pin=PIN)).ok
    standin.shows_no_certificate(HOST, f"{HOST}:5061 does not speak TLS")
    assert (await certificate()).ok is None


async def test_a_certificate_that_ends_soon_is_told_once(standin: StandIn) -> None:
    ends = datetime.now(UTC) + timedelta(days=3, hours=1)
    standin.shows_certificates(HOST, with_leaf(not_after=rfc3339(ends.timestamp())))
    await standin.add_account("work")
    (account,) = (await standin.status()).accounts
    words = f"cert ends in 3 days, on {ends:%Y-%m-%d}: the server's"
    assert account.warning == words
    position = len(standin.events)
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_registered("work", position)
    standin.engine.registrations.look_at_dates()
    await standin.status()
    told_of = [e.event.text for e in standin.events if isinstance(e.event, NoticeEvent)]
    assert told_of == [f"account work: {words}"]
