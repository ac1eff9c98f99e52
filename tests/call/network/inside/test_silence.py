"""A call leaves a server that answers nothing, and refuses what comes late."""

from __future__ import annotations

import socket
import time

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    SECOND,
    AnyServer,
    Network,
    black_hole,
    tell,
)
from tests.support.peers import sip
from tests.support.peers.hostile import Client, HostileServer
from voip.model import CallState, Outcome
from voip.protection import Transport

_SOON_S = 20.0
"""Much less than the 32 seconds of SIP's own timeouts, on a busy machine too."""
_OTHER = "other.test"


def _ignores(client: Client, message: sip.Message) -> None:
    """Answer nothing."""


def _rings(client: Client, message: sip.Message) -> None:
    if message.method == "INVITE":
        client.send(sip.response(message, 180, "Ringing"))


async def _calls_both(network: Network) -> tuple[str, AnyServer, AnyServer]:
    """Call through a first server that is silent; the second rings."""
    first = await network.serve(FIRST, _ignores)
    second = await network.serve(SECOND, _rings)
    network.publish(first.port, second.port)
    await network.add(register=False)
    began = time.monotonic()
    call = await network.phone.call("bob")
    await network.phone.until_state(call, CallState.RINGING)
    tell("INVITE", "silent", network.transport, began)
    return call, first, second


async def _ends_busy(network: Network, call: str, server: AnyServer) -> None:
    """End the call by the server that rings; it is one call of the log."""
    client, invite = await server.until(lambda message: message.method == "INVITE")
    client.send(sip.response(invite, 486, "Busy Here"))
    assert (await network.phone.until_logged(call)).outcome is Outcome.BUSY
    logged = await network.phone.json("history", "--account", "work")
    assert len(logged["entries"]) == 1


async def _patience_ends(network: Network) -> None:
    """Wait until a call that begins now has left a silent server."""
    first = await network.serve(FIRST, _ignores, name=_OTHER)
    second = await network.serve(SECOND, _rings, name=_OTHER)
    network.publish(first.port, second.port, domain=_OTHER)
    await network.add(register=False, name="other", domain=_OTHER)
    call = await network.phone.call("carol", account="other")
    await network.phone.until_state(call, CallState.RINGING)


async def test_a_black_hole_is_left_soon(network: Network) -> None:
    second = await network.serve(SECOND, _rings)
    with black_hole(network.transport) as port:
        network.publish(port, second.port)
        await network.add(register=False)
        began = time.monotonic()
        call = await network.phone.call("bob")
        await network.phone.until_state(call, CallState.RINGING)
        tell("INVITE", "black hole", network.transport, began)
        assert time.monotonic() - began < _SOON_S
        await _ends_busy(network, call, second)


async def test_a_server_that_takes_the_call_and_is_silent_is_left(network: Network) -> None:
    call, first, second = await _calls_both(network)
    _, there = await first.until(lambda message: message.method == "INVITE")
    _, here = await second.until(lambda message: message.method == "INVITE")
    assert there.get("Call-ID") != here.get("Call-ID")
    await _ends_busy(network, call, second)


async def test_a_late_ringing_is_cancelled(network: Network) -> None:
    call, first, second = await _calls_both(network)
    client, invite = await first.until(lambda message: message.method == "INVITE")
    client.send(sip.response(invite, 180, "Ringing"))
    _, cancel = await first.until(lambda message: message.method == "CANCEL")
    assert cancel.get("Call-ID") == invite.get("Call-ID")
    await _ends_busy(network, call, second)


async def test_a_late_answer_is_hung_up_and_never_connected(network: Network) -> None:
    call, first, second = await _calls_both(network)
    client, invite = await first.until(lambda message: message.method == "INVITE")
    answer = sip.sdp(FIRST, 40000)
    contact = f"<sip:bob@{FIRST}:{first.port};transport={network.transport}>"
    client.send(sip.response(invite, 200, "OK", contact=contact, body=answer))
    _, bye = await first.until(lambda message: message.method == "BYE")
    assert bye.get("Call-ID") == invite.get("Call-ID")
    shown = (await network.phone.status()).calls
    assert [(c.id, c.state) for c in shown] == [(call, CallState.RINGING)]
    await _ends_busy(network, call, second)


@pytest.mark.parametrize("network", [Transport.UDP], indirect=True)
async def test_a_server_that_was_left_is_sent_no_invite_again(network: Network) -> None:
    invites: list[sip.Message] = []
    first = await network.serve(FIRST, lambda _, message: invites.append(message))
    second = await network.serve(SECOND, _rings)
    network.publish(first.port, second.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    await network.phone.until_state(call, CallState.RINGING)
    sent = len(invites)
    assert sent > 1
    # By then twice the time to the last of them has passed (RFC 3261 section 17.1.1.2).
    await _patience_ends(network)
    assert len(invites) == sent
    await _ends_busy(network, call, second)


@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_connection_that_is_late_carries_no_invite(network: Network) -> None:
    second = await network.serve(SECOND, _rings)
    with socket.create_server((FIRST, 0)) as slow:
        port = slow.getsockname()[1]
        network.publish(port, second.port)
        await network.add(register=False)
        call = await network.phone.call("bob")
        await network.phone.until_state(call, CallState.RINGING)
        # It has accepted the connection, and begins its handshake now.
        received = await network.shakes_hands(slow)
    assert received == b""
    await _ends_busy(network, call, second)


async def test_a_server_that_has_answered_anything_is_not_left(network: Network) -> None:
    reached: list[sip.Message] = []

    def tries(client: Client, message: sip.Message) -> None:
        if message.method == "INVITE":
            client.send(sip.response(message, 100, "Trying"))

    first = await network.serve(FIRST, tries)
    second = await network.serve(SECOND, lambda _, message: reached.append(message))
    network.publish(first.port, second.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    await first.until(lambda message: message.method == "INVITE")
    await _patience_ends(network)
    assert reached == []
    await _ends_busy(network, call, first)


async def test_the_only_server_gets_the_time_that_it_needs(network: Network) -> None:
    first = await network.serve(FIRST, _ignores)
    network.publish(first.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    await _patience_ends(network)
    shown = {c.id: c.state for c in (await network.phone.status()).calls}
    assert shown[call] is CallState.DIALING
    await _ends_busy(network, call, first)


@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_silence_leads_to_no_server_that_proves_another_name(network: Network) -> None:
    first = await network.serve(FIRST, _ignores)
    second = await network.serve(SECOND, _rings, name="b.pbx.test")
    network.publish(first.port, second.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    entry = await network.phone.until_logged(call)
    assert entry.outcome is Outcome.FAILED
    assert isinstance(second, HostileServer)
    assert await second.all_received() == b""
