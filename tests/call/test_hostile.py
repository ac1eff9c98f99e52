"""What a hostile server can try that ends or moves a whole call: see `hostile` for the rest.

After each case: the reason names the cause, every sink is dry, and the engine
and the worker are the same processes as before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.conftest import NewPhone
from tests.support import sip
from tests.support.hostile import Behaviour, Connection, HostileServer, Sinks, own_host, registrar
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import Outcome


@dataclass
class Stage:
    """A phone, an address of its own, an authority, and the sinks around it."""

    phone: Phone
    host: str
    authority: Authority
    sinks: Sinks
    servers: list[HostileServer] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)

    async def serve(self, behaviour: Behaviour, leaf: Leaf | None) -> HostileServer:
        server = HostileServer(self.host, behaviour, leaf)
        await server.start()
        self.servers.append(server)
        return server

    def good_leaf(self) -> Leaf:
        return self.authority.issue("good", addresses=[self.host])

    async def account(self, server: HostileServer) -> None:
        await self.phone.add_secure("alice", self.host, server.port, self.authority.file)

    async def registered(self, behaviour: Behaviour) -> HostileServer:
        """A server with a good certificate, and an account registered with it."""
        server = await self.serve(behaviour, self.good_leaf())
        await self.account(server)
        await self.phone.until_registered("alice")
        self.pids = self.phone.worker_pids()
        return server

    def check_nothing_leaked(self) -> None:
        assert self.sinks.received() == []
        if self.pids:
            assert self.phone.worker_pids() == self.pids, "a worker died"


@pytest.fixture
async def stage(new_phone: NewPhone, authority: Authority) -> AsyncIterator[Stage]:
    host = own_host()
    built = Stage(await new_phone(), host, authority, Sinks(host))
    yield built
    built.check_nothing_leaked()
    for server in built.servers:
        await server.stop()
    built.sinks.close()


async def test_plain_tcp_on_the_tls_port(stage: Stage) -> None:
    server = await stage.serve(registrar, None)
    await stage.account(server)
    # A plain server answers what it cannot read with an error of its own.
    connection = await server.first_connection()
    connection.send(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    account = await stage.phone.until_failed("alice")
    assert "does not speak TLS" in account.registration.reason, account.registration.reason
    assert b"SIP/2.0" not in server.received
    assert b"REGISTER" not in server.received


@pytest.mark.parametrize("where", ["contact", "record-route"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_answer_that_points_to_an_open_transport(
    stage: Stage, transport: str, where: str
) -> None:
    elsewhere = stage.sinks.open_both()
    rtp = stage.sinks.open_unwatched()
    leak = f"<sip:{stage.host}:{elsewhere};transport={transport};lr>"

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            body = sip.sdp(stage.host, rtp, "RTP/SAVP", (_answer_key(message.body),))
            if where == "contact":
                answer = sip.response(message, 200, "OK", body=body, contact=leak)
            else:
                contact = f"<sip:bob@{stage.host}:{server.port};transport=tls>"
                answer = sip.response(
                    message, 200, "OK", body=body, contact=contact, extra=(f"Record-Route: {leak}",)
                )
            connection.send(answer)

    server = await stage.registered(behave)
    call = await stage.phone.call("bob")
    entry = await stage.phone.until_logged(call)
    assert entry.reason == (
        "the far end answered from an address that this account's connection cannot reach"
    )
    assert all(not c.lock.closed for c in stage.phone.locks(call))


async def test_a_transfer_is_declined(stage: Stage) -> None:
    elsewhere = stage.sinks.open_both()
    rtp = stage.sinks.open_unwatched()

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            body = sip.sdp(stage.host, rtp, "RTP/SAVP", (_answer_key(message.body),))
            contact = f"<sip:bob@{stage.host}:{server.port};transport=tls>"
            connection.send(sip.response(message, 200, "OK", body=body, contact=contact))
        elif message.method == "ACK":
            refer = sip.request(
                "REFER", message.get("From").split("<")[1].split(">")[0],
                via=f"SIP/2.0/TLS {stage.host}:{server.port}", to=message.get("From"),
                contact=f"<sip:bob@{stage.host}:{server.port};transport=tls>",
                extra=(f"Refer-To: <sip:x@{stage.host}:{elsewhere};transport=udp>",),
            ).decode()  # fmt: skip
            dialog = {"From": message.get("To"), "Call-ID": message.get("Call-ID")}
            for name, value in dialog.items():
                refer = "\r\n".join(
                    f"{name}: {value}" if line.startswith(f"{name}:") else line
                    for line in refer.split("\r\n")
                )
            connection.send(refer.encode())
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    server = await stage.registered(behave)
    call = await stage.phone.call("bob", hangup_after_s=3)
    _, answer = await server.until(lambda m: m.status > 0 and m.get("CSeq").endswith("REFER"))
    assert answer.status == 603
    assert (await stage.phone.until_logged(call)).outcome is Outcome.ANSWERED


def _answer_key(offer: str) -> str:
    """Take the first suite of an offer, with a key of our own."""
    line = next(line for line in offer.splitlines() if line.startswith("a=crypto:"))
    tag, suite = line.removeprefix("a=crypto:").split(" ")[:2]
    return sip.crypto(suite, tag=int(tag))
