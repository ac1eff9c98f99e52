"""Notices of contacts' lamps by servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import (
    Client,
    Connection,
    DatagramServer,
    HostileServer,
    Sinks,
    own_host,
    registrar,
)
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.lamps import Lamp, LampState
from voip.protocol.accounts import AccountEvent, EditAccount, RegisterAccount, RemoveAccount
from voip.protocol.people import LampEvent
from voip.sip.messages import dialog_info, pidf

CARDS = "".join(
    f"BEGIN:VCARD\nVERSION:4.0\nFN:{name}\n{line}\nEND:VCARD\n"
    for name, line in (
        ("Bob", f"IMPP:sip:bob@{DOMAIN}"),
        ("Elsewhere", "IMPP:sip:bob@elsewhere.example"),
        ("World", "TEL:+34600111222"),
        ("Emergency", "TEL:112"),
    )
)


def calls(*states: str, who: str = f"sip:bob@{DOMAIN}", version: int = 0) -> str:
    dialogs = "".join(
        f'<dialog id="{n}"><state>{state}</state></dialog>' for n, state in enumerate(states)
    )
    return (
        f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" '
        f'state="full" entity="{who}">{dialogs}</dialog-info>'
    )


def notice(
    subscribe: sip.Message,
    body: str,
    kind: str,
    number: int,
    here: str,
    transport: str = "TLS",
    state: str = "active;expires=600",
) -> bytes:
    """The NOTIFY of this number for a subscriber, from host and port `here`."""
    content = body.encode("utf-8", "surrogateescape")
    lines = [
        f"NOTIFY {subscribe.get('Contact').split('<')[1].split('>')[0]} SIP/2.0",
        f"Via: SIP/2.0/{transport} {here};rport;branch=z9hG4bK-board-{number}",
        "Max-Forwards: 70",
        f"From: {subscribe.get('To')};tag=hostile",
        f"To: {subscribe.get('From')}",
        f"Call-ID: {subscribe.get('Call-ID')}",
        f"CSeq: {number} NOTIFY",
        f"Contact: <sip:board@{here};transport={transport.lower()}>",
        f"Event: {subscribe.get('Event')}",
        f"Subscription-State: {state}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content


@dataclass
class Board:
    """A server with lamps that answers SUBSCRIBE as the test sets."""

    phone: Phone
    host: str
    authority: Authority
    sinks: Sinks
    status: int = 200
    retry_after: int = 0
    subscriptions: list[tuple[Connection, sip.Message]] = field(default_factory=list)
    servers: list[HostileServer] = field(default_factory=list)
    sent: int = 0

    async def account(self, user: str = "alice", lamps: str = "dialog") -> HostileServer:
        """A server of its own, and an account registered with it."""
        leaf = self.authority.issue(user, addresses=[self.host])
        server = HostileServer(self.host, self.behave, leaf)
        await server.start()
        self.servers.append(server)
        await self.phone.add_secure(user, self.host, server.port, self.authority.file, lamps=lamps)
        await self.phone.until_registered(user)
        return server

    async def watched(self, user: str = "alice", lamps: str = "dialog") -> HostileServer:
        """A server that has been asked about Bob."""
        server = await self.account(user, lamps)
        await server.until(is_about_bob)
        return server

    def behave(self, connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method != "SUBSCRIBE":
            return
        if not is_about_bob(message):
            connection.send(sip.response(message, 489))
            return
        self.subscriptions.append((connection, message))
        later = (f"Retry-After: {self.retry_after}",) if self.retry_after else ()
        here = f"<sip:board@{self.host}:{self.servers[0].port};transport=tls>"
        expires = f"Expires: {message.get('Expires')}"
        connection.send(sip.response(message, self.status, contact=here, extra=(expires, *later)))

    def notify(
        self,
        body: str,
        kind: str = dialog_info.TYPE,
        by: Connection | None = None,
        state: str = "active;expires=600",
    ) -> None:
        """Notify the last subscriber, on its own connection unless `by` is given."""
        connection, subscribe = self.subscriptions[-1]
        self.sent += 1
        here = f"{self.host}:{self.servers[0].port}"
        (by or connection).send(notice(subscribe, body, kind, self.sent, here, state=state))

    async def answered(self, server: HostileServer) -> None:
        """Wait until the last NOTIFY has been answered."""
        sequence = f"{self.sent} NOTIFY"
        await server.until(lambda m: m.status > 0 and m.get("CSeq") == sequence)

    async def shows(self, state: LampState, note: str = "", since: int = 0) -> None:
        lamp = Lamp("alice", f"bob@{DOMAIN}", state, note)
        await self.phone.until(LampEvent, lambda e: e.lamp == lamp, since)

    def states(self) -> list[LampState]:
        events = [numbered.event for numbered in self.phone.events]
        return [event.lamp.state for event in events if isinstance(event, LampEvent)]


def is_about_bob(message: sip.Message) -> bool:
    return message.method == "SUBSCRIBE" and message.get("To").startswith("<sip:bob@")


@pytest.fixture
async def board(new_phone: NewPhone, authority: Authority) -> AsyncIterator[Board]:
    host = own_host()
    sinks = Sinks(host)
    phone = await new_phone()
    folder = phone.folder / "config" / "contacts"
    folder.mkdir(parents=True)
    (folder / "people.vcf").write_text(CARDS)
    made = Board(phone, host, authority, sinks)
    yield made
    assert sinks.received() == []
    for server in made.servers:
        await server.stop()
    sinks.close()


async def test_the_server_learns_of_its_own_people_alone(board: Board) -> None:
    server = await board.watched()
    board.notify(calls("early"))
    await board.shows(LampState.RINGING)
    asked = {m.uri for c in server.connections for m in c.messages if m.method == "SUBSCRIBE"}
    # Alice's own is for voice mail.
    assert asked == {f"sip:bob@{DOMAIN}", f"sip:alice@{DOMAIN}"}


async def test_an_account_without_lamps_asks_nobody(board: Board) -> None:
    server = await board.account(lamps="off")
    await board.account("bert", lamps="dialog")
    await board.servers[1].until(is_about_bob)
    assert not any(is_about_bob(m) for c in server.connections for m in c.messages)


async def test_an_account_that_hides_who_it_is_asks_nobody(board: Board) -> None:
    words = "“hide_identity” hides who you are: turn one of them off"
    server = await board.account(lamps="off")
    await board.phone.client.ask(EditAccount(name="alice", fields={"hide_identity": True}))
    with pytest.raises(CommandFailed, match=words):
        await board.phone.client.ask(EditAccount(name="alice", fields={"lamps": "dialog"}))
    # A file that says both was written by hand: the account then does nothing at all.
    accounts = board.phone.folder / "config" / "accounts.toml"
    accounts.write_text(accounts.read_text().replace('lamps = "off"', 'lamps = "dialog"'))
    event = await board.phone.until(AccountEvent, lambda e: bool(e.account.problem))
    assert words in (event.account.problem or "")
    asked = {m.get("To") for c in server.connections for m in c.messages if m.method == "SUBSCRIBE"}
    assert asked <= {f"<sip:alice@{DOMAIN}>"}


async def test_presence_has_a_persons_own_words(board: Board) -> None:
    await board.watched(lamps="presence")
    body = (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" '
        f'entity="pres:bob@{DOMAIN}"><tuple id="t"><status><basic>open</basic></status></tuple>'
        "<r:activities><r:away/></r:activities><note>back\u202e at 3 \U0001f512</note></presence>"
    )
    board.notify(body, pidf.TYPE)
    await board.shows(LampState.AWAY, "back\ufffd at 3 \ufffd")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", dialog_info.TYPE),
        ("\x1b[2J" * 900, dialog_info.TYPE),
        ("<dialog-info", dialog_info.TYPE),
        (calls("early"), "text/plain"),
        (calls("early"), pidf.TYPE),
        (calls("early"), f"{dialog_info.TYPE};charset=utf-16"),
        (calls("early").replace("early", "e\udce4rly"), dialog_info.TYPE),
        (calls("early", who=f"sip:carol@{DOMAIN}"), dialog_info.TYPE),
        (calls("early", who="sip:bob@elsewhere.example"), dialog_info.TYPE),
        (calls("early", who=""), dialog_info.TYPE),
        (calls("singing"), dialog_info.TYPE),
        (calls("early").replace('version="0"', 'version="-1"'), dialog_info.TYPE),
        (calls(*["early"] * 65), dialog_info.TYPE),
        (calls("early").replace("<state>", "<a>" * 13 + "</a>" * 13 + "<state>"), dialog_info.TYPE),
        (f'<!DOCTYPE d [<!ENTITY e "early">]>{calls("&e;")}', dialog_info.TYPE),
    ],
)
async def test_what_is_no_notice_of_the_person_changes_nothing(
    board: Board, body: str, kind: str
) -> None:
    server = await board.watched()
    board.notify(calls("confirmed"))
    await board.shows(LampState.BUSY)
    pids = board.phone.worker_pids()
    board.notify(body, kind)
    await board.answered(server)
    board.notify(calls(version=1))
    await board.shows(LampState.FREE)
    assert board.states() == [LampState.BUSY, LampState.FREE]
    assert board.phone.worker_pids() == pids


async def test_no_other_connection_lights_a_lamp(board: Board) -> None:
    await board.watched("alice")
    alices = list(board.subscriptions)
    second = await board.watched("bert")
    board.subscriptions = alices
    # The forger knows the other's whole subscription, which no stranger does.
    board.notify(calls("early"), by=second.connections[0])
    await board.answered(second)
    board.notify(calls("confirmed"))
    await board.shows(LampState.BUSY)
    assert board.states() == [LampState.BUSY]


async def test_a_lamp_is_unknown_without_its_connection(board: Board) -> None:
    server = await board.watched()
    board.notify(calls("confirmed"))
    await board.shows(LampState.BUSY)
    position = len(board.phone.events)
    before = board.subscriptions[-1][1].get("Call-ID")
    server.connections[0].drop()
    await board.shows(LampState.UNKNOWN, since=position)
    await board.phone.until_registered("alice", position)
    connection, _ = await server.until(
        lambda m: is_about_bob(m) and m.get("Call-ID") != before and m.get("Expires") != "0"
    )
    assert connection is server.connections[1]
    board.sent = 0
    board.notify(calls("early"))
    await board.shows(LampState.RINGING, since=position)


@pytest.mark.parametrize("status", [403, 404, 481, 489, 500, 603])
async def test_a_server_that_refuses_is_left_alone(board: Board, status: int) -> None:
    board.status = status
    server = await board.watched()
    position = len(board.phone.events)
    await board.phone.client.ask(RegisterAccount(account="alice"))
    await board.phone.until_registered("alice", position)
    # What comes after the answer would come before the end of another account's start.
    await board.account("bert", lamps="off")
    assert len([m for c in server.connections for m in c.messages if is_about_bob(m)]) == 1
    assert (await board.phone.status()).lamps == ()


@pytest.mark.parametrize("state", ["terminated;reason=deactivated", "terminated;retry-after=9"])
async def test_a_subscription_that_its_server_ends_is_unknown(board: Board, state: str) -> None:
    await board.watched()
    board.notify(calls("confirmed"))
    await board.shows(LampState.BUSY)
    position = len(board.phone.events)
    board.notify("", state=state)
    await board.shows(LampState.UNKNOWN, since=position)


@pytest.mark.parametrize("ends", ["removed", "off", "stopped"])
async def test_an_account_that_goes_unsubscribes(board: Board, ends: str) -> None:
    server = await board.watched()
    board.notify(calls("confirmed"))
    await board.shows(LampState.BUSY)
    position = len(board.phone.events)
    if ends == "removed":
        await board.phone.client.ask(RemoveAccount(name="alice"))
    elif ends == "off":
        await board.phone.client.ask(EditAccount(name="alice", fields={"lamps": "off"}))
    else:
        await board.phone.stop()
    await server.until(lambda m: is_about_bob(m) and m.get("Expires") == "0")
    if ends != "stopped":
        await board.shows(LampState.UNKNOWN, since=position)


async def test_no_other_host_lights_a_lamp_over_udp(new_phone: NewPhone) -> None:
    subscriptions: list[tuple[Client, sip.Message]] = []

    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = f"{message.get('Contact')};expires=300"
            client.send(sip.response(message, 200, contact=contact))
        elif message.method == "SUBSCRIBE" and is_about_bob(message):
            here = f"<sip:board@{server.host}:{server.port}>"
            client.send(sip.response(message, 200, contact=here, extra=("Expires: 600",)))
            subscriptions.append((client, message))

    server = DatagramServer(own_host(), behave)
    await server.start()
    phone = await new_phone()
    folder = phone.folder / "config" / "contacts"
    folder.mkdir(parents=True)
    (folder / "people.vcf").write_text(CARDS)
    await phone.add_open("alice", server.host, server.port, lamps="dialog")
    await phone.until_registered("alice")
    client, subscribe = await server.until(is_about_bob)
    here = f"{server.host}:{server.port}"

    forged = notice(subscribe, calls("early"), dialog_info.TYPE, 1, here, "UDP")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.setblocking(False)
        forger.bind((own_host(), 0))
        host, port = subscribe.get("Contact").split("@")[1].split(";")[0].strip("<>").split(":")
        forger.sendto(forged, (host, int(port)))
        answer = await asyncio.get_running_loop().sock_recv(forger, 4096)
        assert answer.startswith(b"SIP/2.0 ")
    client.send(notice(subscribe, calls("confirmed"), dialog_info.TYPE, 2, here, "UDP"))
    await phone.until(LampEvent, lambda e: e.lamp.state is LampState.BUSY)
    seen = [e.event.lamp.state for e in phone.events if isinstance(e.event, LampEvent)]
    assert seen == [LampState.BUSY]
    await phone.stop()
    await server.stop()
