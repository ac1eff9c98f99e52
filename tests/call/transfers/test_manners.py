"""Blind transfer with each manner of servers and far ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.call.transfers.conftest import Case
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.causes import CauseKind
from voip.client.errors import CommandFailed
from voip.model import CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.calls import HangUp

ALICE = f"alice@{DOMAIN}"
BOB = f"bob@{DOMAIN}"


def _refer_to(transport: Transport) -> str:
    parameter = "" if transport is Transport.UDP else f";transport={transport.value}"
    return f"<sip:{BOB}{parameter}>"


async def test_the_call_is_passed_on_and_ends(case: Case, transport: Transport) -> None:
    party = case.party
    await case.transfer()
    refer = await party.referred()
    assert refer.get("Refer-To") == _refer_to(transport)
    assert refer.get("Referred-By").startswith(f"<sip:reception@{DOMAIN}")
    held = await case.phone.until_call(lambda c: c.state is CallState.HELD, case.since)
    assert held.transfer is not None
    party.notify("SIP/2.0 100 Trying\r\n")
    party.notify("SIP/2.0 180 Ringing\r\n")
    await case.reaches(TransferState.RINGING)
    party.notify("SIP/2.0 200 OK\r\n", last=True)
    await case.reaches(TransferState.DONE)
    entry = await case.is_over()
    assert (entry.outcome, entry.reason) == (Outcome.TRANSFERRED, f"transferred to {BOB}")
    await party.until_received("BYE")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("486 Busy Here", "busy"),
        ("603 Decline", "declined"),
        ("404 Not Found", "there is nobody of that name"),
        ("302 Moved", "the server sent the call elsewhere, which is not followed"),
        ("499 Out to lunch", "the server says “Out to lunch”"),
    ],
)
async def test_the_user_has_the_call_again_when_nobody_takes_it(
    case: Case, status: str, words: str
) -> None:
    await case.transfer()
    await case.party.referred()
    case.party.notify("SIP/2.0 100 Trying")
    case.party.notify(f"SIP/2.0 {status}\r\n", last=True)
    back = await case.is_back()
    assert back.transfer is not None
    assert back.transfer.code == int(status[:3])
    told = await case.is_told()
    assert told == f"the transfer to {BOB} failed ({words}): you have {ALICE} again"
    # It can be tried again.
    case.since = len(case.phone.events)
    await case.transfer("carol")
    await case.party.referred()
    case.party.notify("SIP/2.0 200 OK", last=True)
    assert (await case.is_over()).reason == f"transferred to carol@{DOMAIN}"


@pytest.mark.parametrize("code", [403, 405, 501, 603])
async def test_a_refused_request_leaves_the_call_as_it_was(case: Case, code: int) -> None:
    case.party.refer = (code, ())
    await case.transfer()
    back = await case.is_back()
    assert back.transfer is not None
    assert back.transfer.cause is not None
    assert back.transfer.cause.kind is CauseKind.TRANSFER_REFUSED
    assert await case.is_told() == (
        f"the transfer to {BOB} failed (the far end or its server does not transfer calls): you "
        f"have {ALICE} again"
    )


async def test_a_far_end_that_accepts_and_leaves_was_passed_on(case: Case) -> None:
    await case.transfer()
    await case.party.referred()
    case.party.hang_up()
    entry = await case.is_over()
    assert entry.outcome is Outcome.TRANSFERRED
    assert entry.reason == f"passed on to {BOB}; nobody reported whether it was answered"


async def test_a_suppressed_subscription_ends_the_call(case: Case) -> None:
    case.party.refer = (202, ("Refer-Sub: false",))
    _, err = await case.phone.run("transfer", case.call, "bob", "--wait")
    assert err.splitlines()[-1] == f"offhook: transfer to {BOB}: outcome unknown"
    await case.reaches(TransferState.UNKNOWN)
    assert (await case.is_over()).outcome is Outcome.TRANSFERRED


async def test_a_user_may_leave_before_the_outcome(case: Case) -> None:
    await case.transfer()
    await case.party.referred()
    case.party.notify("SIP/2.0 180 Ringing")
    await case.reaches(TransferState.RINGING)
    await case.phone.client.ask(HangUp(call=case.call))
    assert (await case.is_over()).outcome is Outcome.TRANSFERRED


@pytest.mark.waits
async def test_a_server_that_reports_nothing_leaves_the_call_on_hold(case: Case) -> None:
    await case.transfer()
    await case.party.referred()
    transfer = await case.reaches(TransferState.UNKNOWN)
    assert transfer.cause is not None
    assert transfer.cause.kind is CauseKind.TRANSFER_UNREPORTED
    assert (await case.is_told()).endswith(f": {ALICE} is on hold")
    (call,) = (await case.phone.status()).calls
    assert call.state is CallState.HELD
    # A late outcome counts.
    case.party.notify("SIP/2.0 200 OK", last=True)
    assert (await case.is_over()).reason == f"transferred to {BOB}"


@pytest.mark.waits
async def test_a_subscription_that_ends_without_an_outcome_is_waited_for_briefly(
    case: Case,
) -> None:
    await case.transfer()
    await case.party.referred()
    case.party.notify("SIP/2.0 100 Trying", last=True)
    await case.reaches(TransferState.UNKNOWN)
    (call,) = (await case.phone.status()).calls
    assert call.state is CallState.HELD


@pytest.mark.waits
@pytest.mark.parametrize("transport", [Transport.UDP], indirect=True)
async def test_an_unanswered_request_leaves_the_call_as_it_was(case: Case) -> None:
    case.party.refer = (0, ())
    await case.transfer()
    back = await case.is_back()
    assert (await case.is_told()).endswith(f": you have {ALICE} again")
    # The server that ignores the request has the call nevertheless.
    await case.phone.until_call(
        lambda c: c.state is CallState.ACTIVE and c.duration_s > back.duration_s + 2, case.since
    )


async def test_a_call_that_was_on_hold_stays_on_hold(case: Case) -> None:
    await case.phone.run("hold", case.call)
    await case.transfer()
    await case.party.referred()
    case.party.notify("SIP/2.0 486 Busy Here", last=True)
    assert await case.is_told() == f"the transfer to {BOB} failed (busy): {ALICE} is on hold"
    (call,) = (await case.phone.status()).calls
    assert call.state is CallState.HELD


async def test_only_one_transfer_at_a_time(case: Case) -> None:
    await case.transfer()
    await case.party.referred()
    with pytest.raises(CommandFailed, match=f"is being transferred to {BOB} already"):
        await case.transfer("carol")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("sip:bob@example.com?Replaces=x", "headers"),
        ("bob@caller.invalid", "hides"),
        ("echo", "test line"),
        ("", "nothing to call"),
    ],
)
async def test_a_target_is_checked_as_one_that_is_called(
    case: Case, target: str, words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        await case.transfer(target)
    (call,) = (await case.phone.status()).calls
    assert call.state is CallState.ACTIVE
    assert not any(m.method == "REFER" for m in case.party.received)


async def test_a_secure_target_needs_a_secure_account(case: Case, transport: Transport) -> None:
    target = f"sips:{BOB}"
    if transport is Transport.UDP:
        with pytest.raises(CommandFailed, match="asks for TLS"):
            await case.transfer(target)
        return
    await case.transfer(target)
    assert (await case.party.referred()).get("Refer-To") == _refer_to(transport)


async def test_a_call_that_is_not_up_is_not_transferred(case: Case, party: Party) -> None:
    call = await case.phone.call("dave", account=party.account)
    await party.invited()
    other = Case(case.phone, party, call, case.since)
    with pytest.raises(CommandFailed, match="a call that is not up cannot be transferred"):
        await other.transfer()


async def test_the_command_line_waits_for_the_outcome(case: Case) -> None:
    waiting = asyncio.create_task(
        case.phone.run("transfer", case.call, "bob", "--wait", "--json", status=1)
    )
    await case.party.referred()
    case.party.notify("SIP/2.0 180 Ringing")
    case.party.notify("SIP/2.0 486 Busy Here", last=True)
    out, err = await waiting
    assert '"state":"failed"' in out
    assert err.splitlines()[-1] == f"offhook: transfer to {BOB}: failed: busy (486)"
    case.since = len(case.phone.events)
    waiting = asyncio.create_task(case.phone.run("transfer", case.call, "bob", "--wait"))
    await case.party.referred()
    case.party.notify("SIP/2.0 200 OK", last=True)
    await waiting


async def test_a_hidden_caller_is_not_named_in_the_request(
    desk: Phone, party: Party, transport: Transport, authority: Authority
) -> None:
    trust = {"ca_file": str(authority.file)} if transport is Transport.TLS else {}
    await desk.add(
        "hidden", password="secret", user="secretary", domain=DOMAIN, hide_identity=True,
        server=f"{party.server.host}:{party.server.port}", transport=transport.value, **trust,
    )  # fmt: skip
    await desk.until_registered("hidden")
    call = await desk.call("alice", account="hidden")
    await party.take()
    await desk.until_state(call, CallState.ACTIVE)
    await Case(desk, party, call, 0).transfer()
    refer = await party.referred()
    assert refer.get("Privacy") == "id"
    assert "anonymous.invalid" in refer.get("Referred-By")
    named = [(name, value) for name, value in refer.headers if "secretary" in value]
    assert named == []
