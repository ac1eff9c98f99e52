"""Causes of failed registrations and calls, as clients get them."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.support.standin.script import lock_keyring
from voip.causes import Cause, CauseKind
from voip.model import AccountStatus, CallState, RegistrationState
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallEvent, DeclineCall
from voip.protocol.worker.accounts import RegistrationEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import StartCall
from voip.protocol.worker.process import ConnectionEvent


async def failed_for(standin: StandIn, kind: CauseKind) -> AccountStatus:
    """Return the account “work” once it has failed for a cause of this kind."""

    def is_there(event: AccountEvent) -> bool:
        cause = event.account.registration.cause
        return event.account.name == "work" and cause is not None and cause.kind is kind

    account = (await standin.until(AccountEvent, is_there)).account
    assert account.registration.state is RegistrationState.FAILED
    return account


async def test_a_keyring_is_a_matter_of_the_password_whatever_the_server_showed(
    standin: StandIn,
) -> None:
    standin.refuse_connection("work", CauseKind.CERTIFICATE_EXPIRED)
    await standin.add_account("work")
    assert (await failed_for(standin, CauseKind.CERTIFICATE_EXPIRED)).distrusted
    lock_keyring()
    standin.worker_dies()
    account = await failed_for(standin, CauseKind.KEYRING)
    assert account.registration.cause == Cause(CauseKind.KEYRING, ("locked",))
    assert not account.distrusted


async def test_a_keyring_does_not_start_a_stopped_account(standin: StandIn) -> None:
    host = "pbx.example.com"
    await standin.add_account("work", pin=facts.server(host).chain[0].key_sha256)
    await standin.add_account("home", domain="home.example", password_command="echo x")
    standin.shows_certificates(host, facts.server("other.example.com"))
    standin.drop_connection("work")
    stopped = await failed_for(standin, CauseKind.STOPPED_FOR_KEY)
    lock_keyring()
    position = len(standin.events)
    standin.worker_dies()
    # It reaches its worker after the stopped one.
    await standin.until_registered("home", position)
    live = standin.engine.registrations.get("work")
    assert (live.registration, live.timer) == (stopped.registration, None)
    assert live.distrusted


@pytest.mark.parametrize(
    ("accounts", "kind"),
    [(("home", "work"), CauseKind.CERTIFICATE_UNTRUSTED), (("work",), CauseKind.SIP_STATUS)],
)
async def test_a_connection_of_another_account_takes_no_cause_away(
    standin: StandIn, accounts: tuple[str, ...], kind: CauseKind
) -> None:
    await standin.add_account("work")
    await standin.until_registered("work")
    worker = standin.script.worker(Role.SECURE)
    refused = ConnectionEvent(
        id=98, up=False, outgoing=True, transport=Transport.TLS, host="pbx.example.com",
        port=5061, cause=Cause(CauseKind.CERTIFICATE_UNTRUSTED), accounts=("home", "work"),
    )  # fmt: skip
    worker.send(refused)
    worker.send(msgspec.structs.replace(refused, id=99, up=True, cause=None, accounts=accounts))
    # Calls and texts ask for it; a server that is silent has accepted the connection.
    await standin.read_workers()
    refusals = [standin.engine.registrations.refusal("work", code) for code in (503, 408)]
    is_kept = kind is CauseKind.CERTIFICATE_UNTRUSTED
    assert refusals == [refused.cause if is_kept else None, None]
    worker.send(
        RegistrationEvent(
            account="work", active=False, code=503, reason="", expires_s=0, connection=None
        )
    )
    account = await failed_for(standin, kind)
    assert account.distrusted == is_kept


@pytest.mark.parametrize("code", [403, 503])
async def test_a_status_is_a_cause_with_its_code(standin: StandIn, code: int) -> None:
    standin.refuse_account("work", code, "Said")
    await standin.add_account("work")
    cause = (await failed_for(standin, CauseKind.SIP_STATUS)).registration.cause
    assert cause == Cause(CauseKind.SIP_STATUS, (code, "Said"))


@pytest.mark.parametrize("kind", [CauseKind.CONNECTION_DROPPED, CauseKind.RESTARTING])
async def test_a_registration_that_goes_on_has_a_cause_too(
    standin: StandIn, kind: CauseKind
) -> None:
    await standin.add_account("work")
    position = len(standin.events)
    if kind is CauseKind.RESTARTING:
        standin.worker_dies()
    else:
        standin.drop_connection("work")
    event = await standin.until(
        AccountEvent, lambda e: e.account.registration.cause is not None, position
    )
    assert event.account.registration.cause == Cause(kind)
    registered = await standin.until_registered("work", position)
    assert registered.registration.cause is None


async def test_a_call_has_the_cause_of_its_end(standin: StandIn) -> None:
    await standin.add_account("work")

    async def cause_of(call: str) -> Cause | None:
        return (await standin.until_state(call, CallState.ENDED)).cause

    busy = await standin.call("100")
    standin.remote_refuses(busy, 486, "Busy Here")
    assert await cause_of(busy) == Cause(CauseKind.SIP_STATUS, (486, "Busy Here"))
    incoming = await standin.incoming("work")
    await standin.client.ask(DeclineCall(call=incoming, busy=True))
    assert await cause_of(incoming) == Cause(CauseKind.DECLINED_AS_BUSY)
    standin.script.refused[StartCall] = "no"
    with pytest.raises(Exception, match="no"):
        await standin.call("100")
    ended = [e.event.call for e in standin.events if isinstance(e.event, CallEvent)][-1]
    assert ended.cause == Cause(CauseKind.NOT_STARTED, ("no",))
    del standin.script.refused[StartCall]
    lost = await standin.call("100")
    standin.worker_dies()
    cause = await cause_of(lost)
    assert cause is not None
    assert cause.kind is CauseKind.WORKER_GONE
