"""The count of new voice messages, which only the account's server sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, Sinks, own_host, registrar
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import AccountStatus, RegistrationState, Voicemail
from voip.protocol.accounts import AccountEvent, RegisterAccount, RemoveAccount
from voip.protocol.calls import HangUp
from voip.protocol.phone import NoticeEvent

SUMMARY = "Messages-Waiting: yes\r\nVoice-Message: {new}/1\r\n"


@dataclass
class Mailbox:
    """A server with voice mail that answers SUBSCRIBE as the test sets."""

    phone: Phone
    host: str
    authority: Authority
    sinks: Sinks
    status: int = 200
    contact: str = ""
    challenge: tuple[str, ...] = ()
    """Headers of a 401 for a SUBSCRIBE that ends a subscription and proves nothing."""
    subscriptions: list[tuple[Connection, sip.Message]] = field(default_factory=list)
    servers: list[HostileServer] = field(default_factory=list)
    said: int = 0

    async def account(self, user: str = "alice") -> HostileServer:
        """A server of its own, and an account registered with it."""
        leaf = self.authority.issue(user, addresses=[self.host])
        server = HostileServer(self.host, self.behave, leaf)
        await server.start()
        self.servers.append(server)
        await self.phone.add_secure(user, self.host, server.port, self.authority.file)
        await self.phone.until_registered(user)
        return server

    def behave(self, connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method != "SUBSCRIBE":
            return
        self.subscriptions.append((connection, message))
        ends = message.get("Expires") == "0"
        if ends and self.challenge and not message.all("Authorization"):
            connection.send(sip.response(message, 401, extra=self.challenge))
            return
        here = f"<sip:mail@{self.host}:{self.servers[0].port};transport=tls>"
        contact = self.contact or here
        answer = sip.response(
            message, self.status, contact=contact, extra=(f"Expires: {message.get('Expires')}",)
        )
        connection.send(answer)

    def notify(self, body: str, by: Connection | None = None) -> None:
        """Notify the first subscriber, on its own connection unless `by` is given."""
        connection, subscribe = self.subscriptions[-1]
        self.said += 1
        lines = [
            f"NOTIFY {subscribe.get('Contact').split('<')[1].split('>')[0]} SIP/2.0",
            f"Via: SIP/2.0/TLS {self.host};branch=z9hG4bK-mail-{self.said}",
            "Max-Forwards: 70",
            f"From: {subscribe.get('To')};tag=hostile",
            f"To: {subscribe.get('From')}",
            f"Call-ID: {subscribe.get('Call-ID')}",
            f"CSeq: {self.said} NOTIFY",
            f"Contact: <sip:mail@{self.host}:{self.servers[0].port};transport=tls>",
            "Event: message-summary",
            "Subscription-State: active;expires=600",
            "Content-Type: application/simple-message-summary",
            f"Content-Length: {len(body.encode())}",
        ]
        (by or connection).send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async def answered(self, server: HostileServer) -> None:
        """Wait until the last NOTIFY has been answered."""
        sequence = f"{self.said} NOTIFY"
        await server.until(lambda m: m.status > 0 and m.get("CSeq") == sequence)

    async def voicemail(self) -> Voicemail | None:
        return (await self.phone.status()).accounts[0].voicemail


@pytest.fixture
async def mailbox(new_phone: NewPhone, authority: Authority) -> AsyncIterator[Mailbox]:
    host = own_host()
    sinks = Sinks(host)
    made = Mailbox(await new_phone(), host, authority, sinks)
    yield made
    assert sinks.received() == []
    for server in made.servers:
        await server.stop()
    sinks.close()


async def counted(phone: Phone, new: int, old: int | None = 1) -> AccountStatus:
    event = await phone.until(AccountEvent, lambda e: e.account.voicemail == Voicemail(new, old))
    return event.account


async def test_the_count_comes_and_changes(mailbox: Mailbox) -> None:
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    assert await mailbox.voicemail() is None
    mailbox.notify(SUMMARY.format(new=3))
    account = await counted(mailbox.phone, 3)
    assert account.registration.state is RegistrationState.REGISTERED
    assert (await mailbox.phone.json("status"))["accounts"][0]["voicemail"] == {
        "new": 3,
        "old": 1,
        "urgent": None,
        "mailbox": None,
    }
    mailbox.notify(SUMMARY.format(new=12))
    await counted(mailbox.phone, 12)
    mailbox.notify("Messages-Waiting: no\r\n")
    await counted(mailbox.phone, 0, None)


@pytest.mark.parametrize(
    "body", ["", "Voice-Message: -4/0\r\n", f"Voice-Message: {'9' * 60}/0\r\n", "\x1b[2J" * 900]
)
async def test_what_is_no_count_changes_nothing(mailbox: Mailbox, body: str) -> None:
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    mailbox.notify(SUMMARY.format(new=3))
    await counted(mailbox.phone, 3)
    pids = mailbox.phone.worker_pids()
    mailbox.notify(body)
    await mailbox.answered(server)
    assert await mailbox.voicemail() == Voicemail(new=3, old=1)
    assert mailbox.phone.worker_pids() == pids


async def test_a_server_without_voice_mail_costs_nothing(mailbox: Mailbox) -> None:
    mailbox.status = 489
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    position = len(mailbox.phone.events)
    await mailbox.phone.client.ask(RegisterAccount(account="alice"))
    account = await mailbox.phone.until_registered("alice", position)
    assert account.voicemail is None
    assert [e for e in mailbox.phone.events if isinstance(e.event, NoticeEvent)] == []


async def test_no_other_server_can_tell_a_count(mailbox: Mailbox) -> None:
    first = await mailbox.account("alice")
    await first.until(lambda m: m.method == "SUBSCRIBE")
    alices = list(mailbox.subscriptions)
    second = await mailbox.account("bob")
    await second.until(lambda m: m.method == "SUBSCRIBE")
    # The forger knows the other's whole subscription, which no stranger does.
    mailbox.subscriptions = alices
    mailbox.notify(SUMMARY.format(new=9), by=second.connections[0])
    await mailbox.answered(second)
    mailbox.notify(SUMMARY.format(new=2))
    await counted(mailbox.phone, 2)
    counts = {
        e.event.account.voicemail for e in mailbox.phone.events if isinstance(e.event, AccountEvent)
    }
    assert counts == {None, Voicemail(new=2, old=1)}


async def test_a_new_connection_is_subscribed_to_anew(mailbox: Mailbox) -> None:
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    mailbox.notify(SUMMARY.format(new=3))
    await counted(mailbox.phone, 3)
    before = mailbox.subscriptions[0][1].get("Call-ID")
    position = len(mailbox.phone.events)
    server.connections[0].drop()
    await mailbox.phone.until_registered("alice", position)
    connection, _ = await server.until(
        lambda m: m.method == "SUBSCRIBE" and m.get("Call-ID") != before
    )
    assert connection is server.connections[1]
    mailbox.said = 0
    mailbox.notify(SUMMARY.format(new=5))
    await counted(mailbox.phone, 5)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_answer_that_points_elsewhere_is_not_followed(
    mailbox: Mailbox, transport: str
) -> None:
    elsewhere = mailbox.sinks.open_both()
    mailbox.contact = f"<sip:mail@{mailbox.host}:{elsewhere};transport={transport}>"
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    mailbox.notify(SUMMARY.format(new=3))
    await counted(mailbox.phone, 3)
    # The SUBSCRIBE that ends it would go to the address in the far end's Contact.
    pids = mailbox.phone.worker_pids()
    await mailbox.phone.client.ask(RemoveAccount(name="alice"))
    await server.until(lambda m: m.method == "REGISTER" and m.all("Expires") == ["0"])
    assert mailbox.phone.worker_pids() == pids


@pytest.mark.parametrize(
    "challenge", [(), ('WWW-Authenticate: Digest realm="mail", nonce="x", qop="auth"',)]
)
async def test_a_phone_that_stops_ends_its_subscription(
    mailbox: Mailbox, challenge: tuple[str, ...]
) -> None:
    mailbox.challenge = challenge
    server = await mailbox.account()
    await server.until(lambda m: m.method == "SUBSCRIBE")
    mailbox.notify(SUMMARY.format(new=3))
    await counted(mailbox.phone, 3)
    await mailbox.phone.stop()
    ends = [m for _, m in mailbox.subscriptions if m.get("Expires") == "0"]
    assert [bool(m.all("Authorization")) for m in ends] == [False, True][: 1 + bool(challenge)]


async def test_no_subscription_without_a_registration(mailbox: Mailbox) -> None:
    leaf = mailbox.authority.issue("x", addresses=[mailbox.host])
    server = HostileServer(mailbox.host, mailbox.behave, leaf)
    await server.start()
    mailbox.servers.append(server)
    await mailbox.phone.add_secure(
        "alice", mailbox.host, server.port, mailbox.authority.file, register=False
    )
    call = await mailbox.phone.call("bob", hangup_after_s=1)
    await server.until(lambda m: m.method == "INVITE")
    await mailbox.phone.client.ask(HangUp(call=call))
    await mailbox.phone.until_logged(call)
    assert mailbox.subscriptions == []
