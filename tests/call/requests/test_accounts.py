"""A request reaches its connection's account, whatever its text names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.call.requests.ground import USER, Ground
from tests.call.requests.sessions import Session
from tests.support.peers import sip
from tests.support.peers.manycalls import Server
from voip.causes import CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import (
    CloseAccount,
    RegisterNow,
    RegistrationEvent,
    VoicemailEvent,
)
from voip.protocol.worker.calls import IncomingCall, RefusedCall
from voip.protocol.worker.sound import WatchLevels

pytestmark = pytest.mark.asyncio(loop_scope="module")

_SESSION = Session("sendrecv", "session", True)
_EVENT = ("Event: message-summary",)


@contextlib.asynccontextmanager
async def _another(ground: Ground, user: str, **fields: bool) -> AsyncIterator[Server]:
    """An account of the same worker at a server of its own."""
    server = await ground.new_server()
    await ground.add(server, user, **fields)
    if fields.get("register", True):
        since = len(ground.events)
        await ground.worker.ask(RegisterNow(name=user))
        await ground.until(RegistrationEvent, lambda e: e.active and e.account == user, since)
    try:
        yield server
    finally:
        await ground.worker.ask(CloseAccount(name=user))
        await server.stop()


def _as(server: Server, other: Server) -> sip.Dialog:
    """A dialog from one server that names the other's account in all its text."""
    own, named = server.dialog(), other.dialog()
    host = own.target.partition("@")[2]
    user = named.target.split(":")[1].split("@")[0]
    return sip.Dialog(own.sender, named.to, own.call_id, f"sip:{user}@{host}")


async def _invite(server: Server, dialog: sip.Dialog) -> sip.Message:
    """Final answer to an INVITE; one that rings is cancelled."""
    offer = _SESSION.text(server.host, server.rtp_port, server.transport)
    branch = dialog.call_id.partition("@")[0]
    asked = asyncio.create_task(server.ask(dialog, "INVITE", body=offer, branch=branch))
    if (await server.begins_to_answer(dialog)).status < 200:
        assert (await server.ask(dialog, "CANCEL", branch=branch)).status == 200
    answer = await asked
    server.acknowledge(dialog, answer)
    return answer


async def _rang(ground: Ground, since: int) -> list[str]:
    """Accounts that were called after event number `since`."""
    # Events before the answer to this command have come by then.
    await ground.worker.ask(WatchLevels(interval_ms=0))
    return [e.account for e in ground.events[since:] if isinstance(e, IncomingCall)]


async def test_each_connection_rings_its_own_account_and_no_other(ground: Ground) -> None:
    async with _another(ground, "bob") as other:
        for server, whose in ((ground.server, USER), (other, "bob")):
            since = len(ground.events)
            assert (await _invite(server, server.dialog())).status == 487
            assert await _rang(ground, since) == [whose]
        for server, named in ((ground.server, other), (other, ground.server)):
            since = len(ground.events)
            assert (await _invite(server, _as(server, named))).status == 404
            assert await _rang(ground, since) == []


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "NOTIFY", "REFER"])
async def test_nobody_learns_who_is_at_another_server(ground: Ground, method: str) -> None:
    async with _another(ground, "bob") as other:
        answers = []
        for dialog in (_as(other, ground.server), other.dialog("nobody")):
            answer = await other.ask(dialog, method, extra=_EVENT if method == "NOTIFY" else ())
            if method == "INVITE":
                other.acknowledge(dialog, answer)
            answers.append(answer)
        taken, unknown = answers
        assert taken.status == unknown.status == 404
        assert taken.first == unknown.first
        assert [name for name, _ in taken.headers] == [name for name, _ in unknown.headers]


async def test_voice_mail_of_another_server_is_not_counted(ground: Ground) -> None:
    async with _another(ground, "bob") as other:
        since = len(ground.events)
        kind = "Content-Type: application/simple-message-summary"
        body = "Messages-Waiting: yes\r\nVoice-Message: 7/0\r\n"
        answer = await other.ask(
            _as(other, ground.server), "NOTIFY", body=body, extra=(*_EVENT, kind)
        )
        assert answer.status == 404
        own = await other.ask(other.dialog(), "NOTIFY", body=body, extra=(*_EVENT, kind))
        assert own.status == 200
        event = await ground.until(VoicemailEvent, lambda e: True, since)
        assert (event.account, event.voicemail.new) == ("bob", 7)


async def test_accounts_of_one_server_are_told_apart_by_name(ground: Ground) -> None:
    await ground.add(ground.server, "carol")
    since = len(ground.events)
    await ground.worker.ask(RegisterNow(name="carol"))
    await ground.until(RegistrationEvent, lambda e: e.account == "carol" and e.active, since)
    for user in (USER, "carol"):
        since = len(ground.events)
        assert (await _invite(ground.server, ground.server.dialog(user))).status == 487
        assert await _rang(ground, since) == [user]
    await ground.worker.ask(CloseAccount(name="carol"))
    assert (await _invite(ground.server, ground.server.dialog("carol"))).status == 404


async def test_a_call_for_somebody_else_at_the_own_server_is_told(ground: Ground) -> None:
    since = len(ground.events)
    assert (await _invite(ground.server, ground.server.dialog("+15550100"))).status == 404
    # The end of an earlier call may be reported only now.
    refused = await ground.until(RefusedCall, lambda e: "+15550100" in e.cause.detail, since)
    assert refused.account == USER
    assert refused.cause.kind is CauseKind.OTHER_USER


async def test_a_number_in_the_address_is_for_who_is_named_beside_it(ground: Ground) -> None:
    """A trunk puts the number that was dialled into the request URI."""
    since = len(ground.events)
    own, number = ground.server.dialog(), ground.server.dialog("+15550100")
    dialog = sip.Dialog(own.sender, own.to, own.call_id, number.target)
    assert (await _invite(ground.server, dialog)).status == 487
    assert await _rang(ground, since) == [USER]


@pytest.mark.parametrize("ground", [Transport.UDP], indirect=True)
async def test_who_has_not_registered_is_called_by_its_own_server_alone(ground: Ground) -> None:
    async with _another(ground, "dora", register=False) as other:
        other.reaches(ground.server)
        since = len(ground.events)
        assert (await _invite(other, other.dialog("dora"))).status == 487
        assert await _rang(ground, since) == ["dora"]
        stranger = await ground.new_server()
        stranger.reaches(ground.server)
        assert (await _invite(stranger, stranger.dialog("dora"))).status == 404
        assert (await _invite(stranger, stranger.dialog(USER))).status == 404
        assert await _rang(ground, since) == ["dora"]
        await stranger.stop()


async def test_who_calls_is_shown_whole(ground: Ground) -> None:
    since = len(ground.events)
    own = ground.server.dialog()
    long = f'"{"Long " * 40}" <sip:{"x" * 200}@pbx.test>'
    tag = own.sender.rpartition(";")[2]
    dialog = sip.Dialog(f"{long};{tag}", own.to, own.call_id, own.target)
    assert (await _invite(ground.server, dialog)).status == 487
    incoming = await ground.until(IncomingCall, lambda e: True, since)
    assert incoming.remote == f"{long};{tag}"
