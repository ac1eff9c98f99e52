"""PUBLISH of the user's own state at servers that misbehave (RFC 3903)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable
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
from voip.causes import Cause, CauseKind
from voip.client.errors import CommandFailed
from voip.lamps import LampState
from voip.model import Publication
from voip.protocol.accounts import AccountEvent, EditAccount, RemoveAccount
from voip.protocol.settings import ChangeSettings
from voip.sip.messages import pidf

Answer = Callable[[sip.Message], bytes | None]

FREE = LampState.FREE


def is_publish(message: sip.Message) -> bool:
    return message.method == "PUBLISH"


def tags(messages: list[sip.Message]) -> list[str]:
    """The tag that each request names, empty where it names none."""
    return ["".join(message.all("SIP-If-Match")) for message in messages]


def accepted(tag: str, expires_s: int = 600, body: str = "") -> Answer:
    """Take a state under a tag."""
    kind = (f"Content-Type: {pidf.TYPE}",) if body else ()
    extra = (f"SIP-ETag: {tag}", f"Expires: {expires_s}", *kind)
    return lambda m: sip.response(m, 200, "OK", extra=extra, body=body)


def refused(status: int, *extra: str) -> Answer:
    return lambda m: sip.response(m, status, extra=extra)


@dataclass
class Server:
    """A TLS server that answers each PUBLISH by the next of `answers`, then the last."""

    phone: Phone
    tls: HostileServer
    answers: list[Answer]
    published: list[tuple[Connection, sip.Message]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def behave(self, connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if not is_publish(message):
            return
        self.published.append((connection, message))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        response = answer(message)
        if response is None:
            connection.drop()
        else:
            connection.send(response)

    async def requests(self, count: int) -> list[sip.Message]:
        """The PUBLISH requests, once there are as many as this."""
        await self.tls.until(lambda m: is_publish(m) and len(self.published) >= count)
        return [message for _, message in self.published]

    async def shows(self, publication: Publication, since: int = 0) -> None:
        await self.phone.until(AccountEvent, lambda e: e.account.publication == publication, since)

    async def do_not_disturb(self) -> None:
        await self.phone.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))


@pytest.fixture
async def server(new_phone: NewPhone, authority: Authority) -> AsyncIterator[Server]:
    host = own_host()
    sinks = Sinks(host)
    phone = await new_phone()
    tls = HostileServer(
        host, lambda c, m: made.behave(c, m), authority.issue(host, addresses=[host])
    )
    made = Server(phone, tls, [accepted("first")])
    await tls.start()
    yield made
    assert sinks.received() == []
    await tls.stop()
    sinks.close()


async def publish(server: Server, authority: Authority, *answers: Answer, **fields: object) -> None:
    """Add an account that publishes, at a server with these answers."""
    server.answers = list(answers)
    await server.phone.add_secure(
        "alice", server.tls.host, server.tls.port, authority.file, publish_state=True, **fields
    )


async def test_a_state_names_its_user_and_nothing_else(
    server: Server, authority: Authority
) -> None:
    await publish(server, authority, accepted("first"))
    await server.shows(Publication(FREE))
    (request,) = await server.requests(1)
    assert request.uri == f"sip:alice@{DOMAIN}"
    assert (request.get("Event"), request.get("Expires")) == ("presence", "600")
    assert (request.get("Content-Type"), request.all("Contact")) == (pidf.TYPE, [])
    read = pidf.read(pidf.TYPE, request.body.encode())
    assert (read.entity, read.state) == (f"sip:alice@{DOMAIN}", FREE)
    assert re.search(r"127\.|[0-9a-f]{12}", request.body) is None


async def test_the_next_state_changes_the_same_publication_and_the_end_removes_it(
    server: Server, authority: Authority
) -> None:
    await publish(server, authority, accepted("first"), accepted("second"), accepted("third"))
    await server.shows(Publication(FREE))
    await server.do_not_disturb()
    await server.shows(Publication(LampState.DND))
    await server.phone.client.ask(RemoveAccount(name="alice"))
    first, second, last = await server.requests(3)
    assert tags([first, second, last]) == ["", "first", "second"]
    assert (last.get("Expires"), last.body) == ("0", "")
    # Gone before the account is.
    _, unregister = await server.tls.until(
        lambda m: m.method == "REGISTER" and m.get("Expires") == "0"
    )
    messages = server.tls.connections[0].messages
    assert messages.index(last) < messages.index(unregister)


@pytest.mark.parametrize("answer", ["challenged", "accepted"])
async def test_a_phone_that_stops_takes_its_state_back(
    server: Server, authority: Authority, answer: str
) -> None:
    challenge = 'WWW-Authenticate: Digest realm="pbx", nonce="n", algorithm=SHA-256'
    answers = [accepted("first"), refused(401, challenge), accepted("gone", 0)]
    if answer == "accepted":
        del answers[1]
    await publish(server, authority, *answers)
    await server.shows(Publication(FREE))
    await server.phone.stop()
    last = (await server.requests(len(answers)))[-1]
    assert (last.get("Expires"), last.all("SIP-If-Match")) == ("0", ["first"])
    assert bool(last.all("Authorization")) is (answer == "challenged")


async def test_a_lost_tag_starts_again(server: Server, authority: Authority) -> None:
    await publish(server, authority, accepted("first"), refused(412), accepted("second"))
    await server.shows(Publication(FREE))
    await server.do_not_disturb()
    await server.shows(Publication(LampState.DND))
    requests = await server.requests(3)
    assert tags(requests) == ["", "first", ""]
    assert pidf.read(pidf.TYPE, requests[-1].body.encode()).state is LampState.DND


async def test_a_longer_time_is_asked_for_where_the_server_wants_it(
    server: Server, authority: Authority
) -> None:
    await publish(server, authority, refused(423, "Min-Expires: 1800"), accepted("first", 1800))
    await server.shows(Publication(FREE))
    assert [m.get("Expires") for m in await server.requests(2)] == ["600", "1800"]


@pytest.mark.parametrize("status", [403, 405, 489, 501])
async def test_a_refusal_is_told_and_not_asked_for_again(
    server: Server, authority: Authority, status: int
) -> None:
    await publish(server, authority, refused(status))
    words = (
        "the server does not let this account publish its state"
        if status == 403
        else "the server takes no state of its users"
    )
    cause = Cause(CauseKind.STATE_REFUSED, (status, "Said"))
    await server.shows(Publication(LampState.UNKNOWN, cause, words))
    assert words in (await server.phone.run("status"))[0]
    await server.do_not_disturb()
    position = len(server.phone.events)
    await server.phone.client.ask(EditAccount(name="alice", fields={"text_messages": False}))
    await server.phone.run("register", "alice")
    await server.phone.until_registered("alice", position)
    await server.phone.client.ask(RemoveAccount(name="alice"))
    assert len(server.published) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(503, "Retry-After: 90"), CauseKind.STATE_REFUSED),
        (accepted("first", 0), CauseKind.STATE_REFUSED),
        (refused(412), CauseKind.STATE_REFUSED),
        (refused(423), CauseKind.STATE_REFUSED),
        (lambda m: None, CauseKind.NO_ANSWER),
    ],
)
async def test_a_server_in_trouble_is_left_alone_for_a_while(
    server: Server, authority: Authority, answer: Answer, kind: CauseKind
) -> None:
    await publish(server, authority, answer)
    await server.phone.until(
        AccountEvent,
        lambda e: (
            (p := e.account.publication) is not None
            and p.cause is not None
            and p.cause.kind is kind
        ),
    )
    await server.do_not_disturb()
    position = len(server.phone.events)
    await server.phone.run("register", "alice")
    await server.phone.until_registered("alice", position)
    assert len(server.published) == 1


async def test_no_server_makes_it_prove_the_password_for_ever(
    server: Server, authority: Authority
) -> None:
    challenge = 'WWW-Authenticate: Digest realm="pbx", nonce="n{}", algorithm=SHA-256, stale=true'
    numbers = iter(range(100))
    await publish(
        server, authority,
        lambda m: sip.response(m, 401, extra=(challenge.format(next(numbers)),)),
    )  # fmt: skip
    await server.phone.until(
        AccountEvent,
        lambda e: (p := e.account.publication) is not None and p.cause is not None,
    )
    assert 2 <= len(server.published) <= 4


@pytest.mark.parametrize("tag", ["a, b", "<sip:x>", "t" * 257, ""])
async def test_a_tag_that_is_no_token_is_not_sent_back(
    server: Server, authority: Authority, tag: str
) -> None:
    await publish(server, authority, accepted(tag))
    await server.shows(Publication(FREE))
    await server.do_not_disturb()
    await server.shows(Publication(LampState.DND))
    assert tags(await server.requests(2)) == ["", ""]


async def test_a_body_of_an_answer_is_nobodys(server: Server, authority: Authority) -> None:
    await publish(server, authority, accepted("first", body="<presence"))
    await server.shows(Publication(FREE))
    pids = server.phone.worker_pids()
    await server.do_not_disturb()
    await server.shows(Publication(LampState.DND))
    assert server.phone.worker_pids() == pids


async def test_a_killed_worker_is_followed_by_one_that_publishes(
    server: Server, authority: Authority
) -> None:
    await publish(server, authority, accepted("first"), accepted("second"), accepted("third"))
    await server.shows(Publication(FREE))
    position = len(server.phone.events)
    (worker,) = server.phone.worker_pids()
    os.kill(worker, signal.SIGKILL)
    await server.phone.until_registered("alice", position)
    await server.shows(Publication(FREE), position)
    await server.do_not_disturb()
    await server.shows(Publication(LampState.DND), position)
    requests = await server.requests(3)
    assert tags(requests) == ["", "first", "second"]
    assert pidf.read(pidf.TYPE, requests[1].body.encode()).state is FREE


async def test_an_account_that_hides_who_it_is_publishes_nothing(
    server: Server, authority: Authority
) -> None:
    words = "“hide_identity” hides who you are: turn one of them off"
    with pytest.raises(CommandFailed, match=words):
        await publish(server, authority, accepted("first"), hide_identity=True)
    assert server.tls.connections == []


async def test_no_other_host_answers_a_publish_over_udp(new_phone: NewPhone) -> None:
    """A stranger who has seen the request does not make the phone believe in a state."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind((own_host(), 0))

        def behave(client: Client, message: sip.Message) -> None:
            if message.method == "REGISTER":
                contact = f"{message.get('Contact')};expires=300"
                client.send(sip.response(message, 200, contact=contact))
            elif is_publish(message):
                via = message.get("Via")
                host, port = via.split()[1].split(";")[0].split(":")
                answer = accepted("forged")(message)
                assert answer is not None
                forger.sendto(answer, (host, int(port)))

        server = DatagramServer(own_host(), behave)
        await server.start()
        phone = await new_phone()
        await phone.add_open("alice", server.host, server.port, publish_state=True)
        await phone.until(
            AccountEvent,
            lambda e: (
                (p := e.account.publication) is not None and p.cause == Cause(CauseKind.NO_ANSWER)
            ),
        )
        await phone.stop()
        await server.stop()
