"""Patches for connections: pings, dead ones, and failed ones."""

from __future__ import annotations

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Event
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, registrar

_PING = b"\r\n\r\n"
_PONG = b"\r\n"

_TIMER_F_S = 32  # RFC 3261 section 17.1.2.2

# 0063: a registration that gets no answer


@pytest.mark.waits
@pytest.mark.timeout(_TIMER_F_S + 60)
async def test_a_register_without_an_answer_ends_its_connection(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    server = await new_server()

    def deaf_at_first(connection: Connection, message: sip.Message) -> None:
        if connection is not server.connections[0]:
            registrar(connection, message)

    server.behaviour = deaf_at_first
    probe = await new_probe(server=f"{host}:{server.port}")
    lost = await probe.until("registration", patience=_TIMER_F_S + 30)
    assert lost["code"] == 408
    await probe.tell("register")
    kept = await probe.until("registration", lambda event: event is not lost)
    assert kept["code"] == 200
    assert len(server.connections) == 2


# 0073: the address that a registrar returns


@pytest.mark.parametrize(
    ("address", "taken"),
    [("203.0.113.9", True), ("203.0.113.9:5071", True), ("nat.example.test", False)],
)
async def test_the_address_that_a_registrar_tells_is_taken_where_it_is_one(
    new_probe: NewProbe, new_server: NewServer, host: str, address: str, taken: bool
) -> None:
    server = await new_server()

    def tells(connection: Connection, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            answer = sip.response(message, 200, "OK", contact=contact)
            seen = f";received={address};rport=5071"
            connection.send(answer.replace(b";rport", seen.encode(), 1))

    server.behaviour = tells
    probe = await new_probe(server=f"{host}:{server.port}")
    _, first = await server.until(lambda message: message.method == "REGISTER")
    assert (await probe.until("registration"))["code"] == 200
    # The next one registers the address, or removes the binding at the end.
    assert await probe.quit() == 0
    _, second = await server.until(lambda m: m.method == "REGISTER" and m is not first)
    assert ("@203.0.113.9:5071;" in second.get("Contact")) == taken
    assert address not in second.get("Contact") or taken


# 0064: pings


@pytest.mark.parametrize(
    "pieces", [(_PING,), (b"\r", b"\n\r\n"), (b"\r\n", b"\r\n"), (b"\r\n\r", b"\n")]
)
async def test_a_ping_is_answered_however_it_arrives(
    new_probe: NewProbe, new_server: NewServer, pieces: tuple[bytes, ...]
) -> None:
    caller = await registered(new_probe, new_server)
    before = len(caller.server.received)
    # Each is a TLS record, which PJSIP reads by itself.
    for piece in pieces:
        caller.connection.send(piece)
    assert (await caller.server.until_received(before + len(_PONG)))[before:] == _PONG
    assert (await caller.ask("OPTIONS")).status == 200


async def test_a_message_right_behind_a_ping_is_read(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    before = len(caller.server.received)
    caller.connection.send(_PING)
    assert (await caller.ask("OPTIONS")).status == 200
    assert caller.server.received[before:].startswith(_PONG + b"SIP/2.0 200")


async def test_a_pong_is_not_answered(new_probe: NewProbe, new_server: NewServer) -> None:
    caller = await registered(new_probe, new_server)
    before = len(caller.server.received)
    caller.connection.send(_PONG)
    assert (await caller.ask("OPTIONS")).status == 200
    assert caller.server.received[before:].startswith(b"SIP/2.0 200")


# 0068: a transaction that cannot be sent


async def test_a_register_that_cannot_be_sent_is_a_failure_each_time(
    new_probe: NewProbe, host: str
) -> None:
    probe = await new_probe(server=f"{host}:{free_port()}")
    seen: list[Event] = []
    while True:
        failed = await probe.until(
            "registration", lambda event: all(event is not other for other in seen)
        )
        assert failed["code"] == 503
        seen.append(failed)
        if len(seen) == 5:
            break
        await probe.tell("register")
    assert await probe.quit() == 0


# 0075: listeners


async def test_a_call_that_is_not_acknowledged_ends_with_the_phone(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 200
    # Without the ACK the transaction still exists when the library ends.
    assert await caller.probe.quit() == 0
    await caller.server.until(lambda message: message.method == "BYE")
