"""Hostile mailboxes of a server's message summaries: none leads away from that server."""

from __future__ import annotations

import pytest

from tests.call.hostile.dialled.conftest import busy, invites
from tests.call.hostile.stage import Stage
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer
from voip.client.errors import CommandFailed
from voip.model import Outcome, Voicemail
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallStarted, CallVoicemail

pytestmark = pytest.mark.asyncio(loop_scope="session")

_SMUGGLED = {
    "sip:*97@{sink}": "at another server",
    "sip:*97@{sink};transport=udp": "at another server",
    "<sip:*97@{sink}>": "at another server",
    "sip:*97@pbx.test:{port}": "at another server",
    "sip:*97@pbx.test?Route=%3Csip:{sink};transport=udp;lr%3E": "an address with headers",
    "sip:*97%40{sink}@pbx.test": "cannot be part of a code",
    "sip:@pbx.test": "the address lacks the name in front of the @",
    "Ann Example": "is neither a number nor an address",
    "anonymous@anonymous.invalid": "nobody can be called there",
}
"""Mailbox that a server names, and the words that refuse it; `sink` is another server."""


async def _tell(stage: Stage, server: HostileServer, mailbox: str) -> None:
    """Send a message summary on the account's own connection, until the account has it."""
    since = len(stage.phone.events)
    connection = server.connections[-1]
    registered = next(m for m in connection.messages if m.method == "REGISTER")
    target = registered.get("Contact").partition("<")[2].partition(">")[0]
    body = f"Messages-Waiting: yes\r\nMessage-Account: {mailbox}\r\nVoice-Message: 3/2 (1/0)\r\n"
    connection.send(
        sip.request(
            "NOTIFY", target, via=f"SIP/2.0/TLS {stage.host}:{server.port}",
            to="<sip:alice@pbx.test>", contact="<sip:pbx.test>", body=body,
            extra=("Event: message-summary", "Subscription-State: active",
                   "Content-Type: application/simple-message-summary"),
        )
    )  # fmt: skip
    told = await stage.phone.until(
        AccountEvent,
        lambda e: e.account.name == stage.account and e.account.voicemail is not None,
        since,
    )
    assert told.account.voicemail == Voicemail(3, 2, 1, mailbox)


@pytest.mark.parametrize("mailbox", list(_SMUGGLED))
async def test_such_a_mailbox_is_not_called(stage: Stage, mailbox: str) -> None:
    port = stage.sinks.open_both()
    server = await stage.registered(busy)
    named = mailbox.format(sink=f"{stage.host}:{port}", host=stage.host, port=port)
    await _tell(stage, server, named)
    with pytest.raises(CommandFailed) as refused:
        await stage.phone.client.get(CallVoicemail(account=stage.account), CallStarted)
    assert _SMUGGLED[mailbox] in str(refused.value)
    assert invites(server) == []


@pytest.mark.parametrize(
    ("mailbox", "fields", "user"),
    [
        ("sip:*97@pbx.test", {}, "*97"),
        ("sips:*97@PBX.test;transport=udp", {}, "*97"),
        ("sip:*97;maddr=192.0.2.1@pbx.test", {}, "*97"),
        ("echo", {}, "echo"),
        ("030123456", {"country": "DE", "plus": "00", "trunk": "0"}, "030123456"),
        ("sip:mallory@pbx.test", {"voicemail": "*98"}, "*98"),
    ],
)
async def test_a_mailbox_is_called_over_the_accounts_connection(
    stage: Stage, mailbox: str, fields: dict[str, str], user: str
) -> None:
    server = await stage.registered(busy, **fields)
    await _tell(stage, server, mailbox)
    command = CallVoicemail(account=stage.account)
    started = await stage.phone.client.get(command, CallStarted)
    assert (await stage.until_logged(started.call)).outcome is Outcome.BUSY
    (invite,) = invites(server)
    assert invite.uri == f"sip:{user}@pbx.test;transport=tls"


async def test_without_a_mailbox_nothing_is_called(stage: Stage) -> None:
    server = await stage.registered(busy)
    with pytest.raises(CommandFailed, match="names no mailbox: set the field “voicemail”"):
        await stage.phone.client.get(CallVoicemail(account=stage.account), CallStarted)
    assert invites(server) == []
