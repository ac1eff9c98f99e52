"""Odd messages, and the effect on them of our patches from 0020 on."""

from __future__ import annotations

import pytest

from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import Behaviour, Connection, HostileServer, registrar
from tests.support.pki import Leaf


async def _probe_of(
    new_probe: NewProbe, host: str, leaf: Leaf, behave: Behaviour
) -> tuple[Probe, HostileServer]:
    server = HostileServer(host, behave, leaf)
    await server.start()
    return await new_probe(server=f"{host}:{server.port}"), server


# 0020: contacts beside ours

_BESIDE = ("<sip:other@pbx.test>;expires=60", "<tel:+15550100>", '"X" <mailto:x@pbx.test>;q=0.1')


@pytest.mark.parametrize("other", _BESIDE)
@pytest.mark.parametrize("position", [0, 1])
async def test_a_registration_with_other_contacts_is_a_registration(
    new_probe: NewProbe, host: str, leaf: Leaf, other: str, position: int
) -> None:
    def behave(connection: Connection, message: sip.Message) -> None:
        contacts = [f"{message.get('Contact')};expires=60"]
        contacts.insert(position, other)
        connection.send(sip.response(message, 200, "OK", contact=", ".join(contacts)))

    probe, server = await _probe_of(new_probe, host, leaf, behave)
    assert (await probe.until("registration"))["code"] == 200
    assert await probe.quit() == 0
    await server.stop()


# 0021: challenges of other schemes than Digest

_OTHERS = ('Basic realm="pbx.test"', "Bearer", 'AKAv9 x="1", y=2,\r\n z')
_DIGEST = 'Digest realm="pbx.test", nonce="once"'


def _challenges(*values: str) -> Behaviour:
    """Require an answer to a Digest challenge, among `values` or absent."""

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "REGISTER" and not message.all("Authorization"):
            extra = tuple(f"WWW-Authenticate: {value}" for value in values)
            connection.send(sip.response(message, 401, "Unauthorized", extra=extra))
        else:
            registrar(connection, message)

    return behave


@pytest.mark.parametrize("other", _OTHERS)
async def test_a_challenge_that_nobody_knows_is_a_refusal(
    new_probe: NewProbe, host: str, leaf: Leaf, other: str
) -> None:
    probe, server = await _probe_of(new_probe, host, leaf, _challenges(other))
    assert (await probe.until("registration"))["code"] == 401
    assert await probe.quit() == 0
    await server.stop()


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("other", _OTHERS)
async def test_a_digest_challenge_beside_it_is_answered(
    new_probe: NewProbe, host: str, leaf: Leaf, other: str, position: int
) -> None:
    values = [_DIGEST]
    values.insert(position, other)
    probe, server = await _probe_of(new_probe, host, leaf, _challenges(*values))
    assert (await probe.until("registration"))["code"] == 200
    assert await probe.quit() == 0
    await server.stop()


# 0024: service routes

_MOST_ROUTES = 4


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("count", "kept"), [(1, 1), (_MOST_ROUTES, _MOST_ROUTES), (_MOST_ROUTES + 1, 0)]
)
async def test_more_service_routes_than_a_network_has_are_refused(
    new_probe: NewProbe, host: str, leaf: Leaf, count: int, kept: int, together: bool
) -> None:
    def behave(connection: Connection, message: sip.Message) -> None:
        routes = [
            f"<sip:r{number}@{host}:{server.port};transport=tls;lr>" for number in range(count)
        ]
        values = [", ".join(routes)] if together else routes
        if message.method == "REGISTER":
            contact = f"{message.get('Contact')};expires=60"
            extra = tuple(f"Service-Route: {value}" for value in values)
            connection.send(sip.response(message, 200, "OK", contact=contact, extra=extra))

    server = HostileServer(host, behave, leaf)
    await server.start()
    probe = await new_probe(server=f"{host}:{server.port}", bound=host)
    assert (await probe.until("registration"))["code"] == 200
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    _, invite = await server.until(lambda message: message.method == "INVITE")
    assert len([value for value in invite.all("Route") if "sip:r" in value]) == kept
    await server.stop()
