"""A call of an account that does not register finds its server, too.

A text goes on only from a server that cannot have it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    NOWHERE,
    SECOND,
    UNPROVEN,
    AnyServer,
    Network,
    registers,
    tell,
)
from tests.support.network.ports import free_port
from tests.support.peers import sip
from tests.support.peers.hostile import Client, Connection
from voip.model import Outcome
from voip.protection import Transport
from voip.protocol.people import SendMessage
from voip.texts import TextMessage, TextState


def _busy(client: Client, message: sip.Message) -> None:
    if message.method == "INVITE":
        client.send(sip.response(message, 486, "Busy Here"))


def _unavailable(*extra: str) -> Callable[[Client, sip.Message], None]:
    def behave(client: Client, message: sip.Message) -> None:
        if message.method == "INVITE":
            client.send(sip.response(message, 503, extra=extra))

    return behave


async def _reaches(network: Network, server: AnyServer, case: str) -> None:
    """The call arrives at `server`, and is one call of the log, that was busy."""
    began = time.monotonic()
    call = await network.phone.call("bob")
    await server.until(lambda message: message.method == "INVITE")
    tell("INVITE", case, network.transport, began)
    entry = await network.phone.until_logged(call)
    assert entry.outcome is Outcome.BUSY
    assert len((await network.phone.json("history"))["entries"]) == 1


async def test_a_call_goes_on_after_a_refused_connection(network: Network) -> None:
    second = await network.serve(SECOND, _busy)
    network.publish(free_port(), second.port)
    await network.add(register=False)
    await _reaches(network, second, "refused")


@pytest.mark.parametrize("extra", [(), ("Retry-After: 60",)], ids=["503", "503 with Retry-After"])
async def test_a_call_goes_on_after_an_unavailable_server(
    network: Network, extra: tuple[str, ...]
) -> None:
    first = await network.serve(FIRST, _unavailable(*extra))
    second = await network.serve(SECOND, _busy)
    network.publish(first.port, second.port)
    await network.add(register=False)
    await _reaches(network, second, " ".join(("503", *extra)))
    await first.until(lambda message: message.method == "INVITE")


@pytest.mark.parametrize("flaw", UNPROVEN)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_call_goes_on_after_a_server_that_does_not_prove_the_domain(
    network: Network, flaw: str
) -> None:
    first = await network.serve_unproven(_busy, flaw)
    second = await network.serve(SECOND, _busy)
    network.publish(first.port, second.port)
    await network.add(register=False)
    await _reaches(network, second, flaw)
    assert await first.all_received() == b""


async def test_a_call_goes_on_after_a_server_without_a_route(network: Network) -> None:
    second = await network.serve(SECOND, _busy)
    network.publish(5060, second.port, first=NOWHERE)
    await network.add(register=False)
    await _reaches(network, second, "no route")


async def test_a_busy_callee_is_not_called_through_another_server(network: Network) -> None:
    first = await network.serve(FIRST, _busy)
    second = await network.serve(SECOND, registers)
    network.publish(first.port, second.port)
    await network.add(register=False)
    call = await network.phone.call("bob")
    assert (await network.phone.until_logged(call)).outcome is Outcome.BUSY


async def test_a_call_that_no_server_takes_ends_once(network: Network) -> None:
    servers = [await network.serve(host, _unavailable()) for host in (FIRST, SECOND)]
    network.publish(*(server.port for server in servers))
    await network.add(register=False)
    call = await network.phone.call("bob")
    entry = await network.phone.until_logged(call)
    assert (entry.outcome, entry.code) == (Outcome.FAILED, 503)


class Texts:
    """Answers texts with a status, and counts them by their bodies."""

    def __init__(self, *answers: int) -> None:
        self._answers = list(answers)
        self.came: list[str] = []

    def __call__(self, client: Client, message: sip.Message) -> None:
        if message.method == "REGISTER":
            registers(client, message)
        if message.method == "MESSAGE":
            self.came.append(message.body)
            code = self._answers.pop(0)
            if code:
                client.send(sip.response(message, code))


class Drops(Texts):
    """Closes the connection in place of an answer."""

    def __init__(self) -> None:
        super().__init__(0)

    def __call__(self, client: Client, message: sip.Message) -> None:
        super().__call__(client, message)
        if message.method == "MESSAGE":
            assert isinstance(client, Connection)
            client.drop()


async def _write(network: Network) -> TextMessage:
    command = SendMessage(target="bob", text="Are you there?")
    return await network.phone.client.get(command, TextMessage)


async def _arrives(network: Network, second: Texts) -> None:
    sent = await _write(network)
    assert (sent.state, sent.code) == (TextState.DELIVERED, 200)
    assert second.came == ["Are you there?"]


@pytest.mark.parametrize("network", [Transport.TCP, Transport.TLS], indirect=True)
async def test_a_text_goes_on_after_a_refused_connection(network: Network) -> None:
    second = Texts(200)
    server = await network.serve(SECOND, second)
    network.publish(free_port(), server.port)
    await network.add(register=False)
    await _arrives(network, second)


async def test_a_text_goes_on_after_a_server_without_a_route(network: Network) -> None:
    second = Texts(200)
    server = await network.serve(SECOND, second)
    network.publish(5060, server.port, first=NOWHERE)
    await network.add(register=False)
    await _arrives(network, second)


async def test_a_text_goes_on_after_an_unavailable_server(network: Network) -> None:
    first, second = Texts(503), Texts(200)
    servers = [
        await network.serve(host, texts) for host, texts in ((FIRST, first), (SECOND, second))
    ]
    network.publish(*(server.port for server in servers))
    await network.add(register=False)
    await _arrives(network, second)
    assert len(first.came) == 1


@pytest.mark.parametrize("flaw", UNPROVEN)
@pytest.mark.parametrize("network", [Transport.TLS], indirect=True)
async def test_a_text_goes_on_after_a_server_that_does_not_prove_the_domain(
    network: Network, flaw: str
) -> None:
    second = Texts(200)
    first = await network.serve_unproven(Texts(200), flaw)
    server = await network.serve(SECOND, second)
    network.publish(first.port, server.port)
    await network.add(register=False)
    await _arrives(network, second)
    assert await first.all_received() == b""


async def _stays(
    network: Network, first: Texts, server: AnyServer, register: bool = False
) -> TextMessage:
    second = Texts(200)
    other = await network.serve(SECOND, second)
    network.publish(server.port, other.port)
    await network.add(register=register)
    if register:
        await network.registered("texts")
    sent = await _write(network)
    assert sent.state is TextState.FAILED
    assert (len(first.came), second.came) == (1, [])
    return sent


@pytest.mark.parametrize("code", [404, 502])
async def test_a_text_that_was_refused_goes_nowhere_else(network: Network, code: int) -> None:
    first = Texts(code)
    sent = await _stays(network, first, await network.serve(FIRST, first))
    assert sent.code == code


@pytest.mark.parametrize("register", [False, True], ids=["a new connection", "one that is up"])
@pytest.mark.parametrize("network", [Transport.TCP, Transport.TLS], indirect=True)
async def test_a_text_that_may_have_arrived_is_not_sent_to_the_next_server(
    network: Network, register: bool
) -> None:
    first = Drops()
    await _stays(network, first, await network.serve(FIRST, first), register)


async def test_a_text_that_no_server_takes_fails_once(network: Network) -> None:
    texts = [Texts(503), Texts(503)]
    servers = [
        await network.serve(host, one) for host, one in zip((FIRST, SECOND), texts, strict=True)
    ]
    network.publish(*(server.port for server in servers))
    await network.add(register=False)
    sent = await _write(network)
    assert (sent.state, sent.code) == (TextState.FAILED, 503)
    assert [len(one.came) for one in texts] == [1, 1]
    assert len((await network.phone.json("messages"))["messages"]) == 1
