"""The lock opens and closes on evidence, and never too early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, own_host, registrar
from tests.support.peers.kamailio import Kamailio
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import LockState
from voip.protocol.calls import AnswerCall, HangUp


async def test_before_media_and_after_the_connection_has_dropped(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    invited: list[sip.Message] = []

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            invited.append(message)
            connection.send(sip.response(message, 180, "Ringing"))

    server = HostileServer(host, behave, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    call = await phone.call("bob")
    ringing = await phone.until_state(call, CallState.RINGING)
    assert ringing.lock.why == "no voice is flowing yet"
    assert ringing.lock.signalling.verified

    media = _Media(host)
    connection = server.connections[0]
    answer = sip.response(
        invited[0], 200, "OK",
        body=sip.sdp(host, media.port, "RTP/SAVP", (media.answer(invited[0].body),)),
        contact=f"<sip:bob@{host}:{server.port};transport=tls>",
    )  # fmt: skip
    connection.send(answer)
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(phone.events)
    connection.drop()
    dropped = await phone.until_call(lambda c: c.id == call and not c.lock.closed, position)
    assert dropped.lock.why == "the TLS connection to the server has dropped"
    assert dropped.state is CallState.ACTIVE
    # A new connection is not the one that agreed the keys: the lock stays open.
    await phone.until_registered("alice", position)
    assert not (await phone.status()).calls[0].lock.closed
    phone.check_lock_evidence(call)
    await phone.client.ask(HangUp(call=call))
    media.close()
    entry = await phone.until_logged(call)
    assert entry.lock is LockState.OPEN
    assert entry.lock_was_open
    await server.stop()


async def test_packets_that_are_not_authentic_open_the_lock(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    media = _Media(host)

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            body = sip.sdp(host, media.port, "RTP/SAVP", (media.answer(message.body),))
            contact = f"<sip:bob@{host}:{server.port};transport=tls>"
            connection.send(sip.response(message, 200, "OK", body=body, contact=contact))

    server = HostileServer(host, behave, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    call = await phone.call("bob")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    position = len(phone.events)
    media.send_rubbish(await media.peer())
    opened = await phone.until_call(lambda c: c.id == call and not c.lock.closed, position)
    assert opened.lock.why == "voice packets arrive that are not authentic"
    phone.check_lock_evidence(call)
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    media.close()
    await server.stop()


async def test_an_open_account_offers_no_keys_that_all_could_read(
    kamailio: Kamailio, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_open(user, LOOPBACK, kamailio.port)
        await phone.until_registered(user)
    call = await alice.call("bob", hangup_after_s=3)
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    assert ringing.lock.why == "this account uses UDP: anyone on the way can listen"
    await bob.client.ask(AnswerCall(call=ringing.id))
    active = await alice.until_call(
        lambda c: c.id == call and c.state is CallState.ACTIVE and bool(c.lock.media)
    )
    assert not active.lock.media[0].srtp
    assert active.lock.why == ringing.lock.why
    await alice.until_logged(call)
    assert all(not c.lock.closed for c in alice.locks(call))


@dataclass
class _Media:
    """The far end of an SRTP stream that never speaks, or speaks rubbish."""

    host: str

    def __post_init__(self) -> None:
        import socket

        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((self.host, 0))
        self.port = int(self._socket.getsockname()[1])

    def answer(self, offer: str) -> str:
        line = next(line for line in offer.splitlines() if line.startswith("a=crypto:"))
        tag, suite = line.removeprefix("a=crypto:").split(" ")[:2]
        return sip.crypto(suite, tag=int(tag))

    async def peer(self) -> Any:
        """Address from which the phone sends its voice."""
        import asyncio

        loop = asyncio.get_running_loop()
        _, address = await asyncio.wait_for(loop.sock_recvfrom(self._socket, 2048), 20)
        return address

    def send_rubbish(self, address: Any) -> None:
        for number in range(50):
            head = b"\x80\x00" + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big")
            self._socket.sendto(head + b"\0\0\0\x07" + b"\x55" * 170, address)

    def close(self) -> None:
        self._socket.close()


@pytest.mark.waits
async def test_a_quiet_call_keeps_its_connection_and_its_lock(new_phone: NewPhone) -> None:
    # PJSIP by itself closes a connection that carried no SIP for 33 seconds.
    phone = await new_phone()
    call = await phone.call("echo")
    first = await phone.until_call(lambda c: c.id == call and c.lock.closed)
    last = await phone.until_call(lambda c: c.id == call and c.duration_s > 36)
    assert last.lock.closed, last.lock.why
    assert last.lock == first.lock
    phone.check_lock_evidence(call)
    await phone.client.ask(HangUp(call=call))
    assert not (await phone.until_logged(call)).lock_was_open
