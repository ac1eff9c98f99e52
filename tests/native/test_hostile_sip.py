"""What single odd messages did to PJSIP before our patches from 0020 on."""

from __future__ import annotations

import pytest

from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support import sip
from tests.support.hostile import Behaviour, Connection, HostileServer, registrar
from tests.support.pki import Leaf


async def _probe_of(
    new_probe: NewProbe, host: str, leaf: Leaf, behave: Behaviour
) -> tuple[Probe, HostileServer]:
    server = HostileServer(host, behave, leaf)
    await server.start()
    return await new_probe(server=f"{host}:{server.port}"), server


# 0020: a Contact without a URI


def _answers_with_a_star(connection: Connection, message: sip.Message) -> None:
    contact = f"{message.get('Contact')};expires=60, *"
    connection.send(sip.response(message, 200, "OK", contact=contact))


async def test_a_registration_answered_with_a_star_is_a_registration(
    new_probe: NewProbe, host: str, leaf: Leaf
) -> None:
    probe, server = await _probe_of(new_probe, host, leaf, _answers_with_a_star)
    assert (await probe.until("registration"))["code"] == 200
    assert await probe.quit() == 0
    await server.stop()


# 0021: challenges of other schemes than Digest

_OTHERS = ('Basic realm="pbx.test"', "Bearer", 'AKAv9 x="1", y=2,\r\n z')
_DIGEST = 'Digest realm="pbx.test", nonce="once"'


def _challenges(*values: str) -> Behaviour:
    """Wants an answer to a Digest challenge, which is among these or is not."""

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
