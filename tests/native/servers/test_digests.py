"""0085: no challenge below an account's weakest algorithm is answered."""

from __future__ import annotations

import hashlib
import re

import pjsua2 as pj
import pytest

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection

_REALM = "pbx.test"
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_NUMBERS = {
    "MD5": pj.PJSIP_AUTH_ALGORITHM_MD5,
    "SHA-256": pj.PJSIP_AUTH_ALGORITHM_SHA256,
    "SHA-512-256": pj.PJSIP_AUTH_ALGORITHM_SHA512_256,
}

_ANSWERED = [
    (None, ("MD5",), "MD5"),
    ("MD5", ("MD5",), "MD5"),
    ("SHA-256", ("MD5", "SHA-256"), "SHA-256"),
    ("SHA-256", ("SHA-256", "MD5"), "SHA-256"),
    ("SHA-256", ("MD5", "SHA-512-256", "SHA-256"), "SHA-512-256"),
    ("SHA-512-256", ("SHA-512-256", "SHA-256"), "SHA-512-256"),
]
_UNANSWERED = [
    ("SHA-256", ("MD5",)),
    ("SHA-512-256", ("MD5", "SHA-256")),
]


def _response(algorithm: str, method: str, password: str, fields: dict[str, str]) -> str:
    """The answer that RFC 7616 section 3.4.1 wants with qop=auth."""

    def digest(text: str) -> str:
        return hashlib.new(_HASHES[algorithm], text.encode()).hexdigest()

    secret = digest(f"{fields['username']}:{fields['realm']}:{password}")
    request = digest(f"{method}:{fields['uri']}")
    middle = ":".join(fields[name] for name in ("nonce", "nc", "cnonce", "qop"))
    return digest(f"{secret}:{middle}:{request}")


class _Guard:
    """Challenges a REGISTER with nonces of its own, and keeps the answers."""

    def __init__(self, algorithms: tuple[str, ...]) -> None:
        self._algorithms = algorithms
        self.answers: list[dict[str, str]] = []

    def __call__(self, connection: Connection, message: sip.Message) -> None:
        values = message.all("Authorization")
        for value in values:
            self.answers.append(dict(re.findall(r'(\w+)="?([^",]+)"?', value)))
        if values:
            contact = message.get("Contact") + ";expires=300"
            connection.send(sip.response(message, 200, "OK", contact=contact))
            return
        challenges = tuple(
            f'WWW-Authenticate: Digest realm="{_REALM}", nonce="{name}-nonce", '
            f'algorithm={name}, qop="auth"'
            for name in self._algorithms
        )
        connection.send(sip.response(message, 401, "Unauthorized", extra=challenges))


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_answers_are_those_of_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    fields = {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    assert _response(algorithm, "GET", "Circle of Life", fields) == response


@pytest.mark.parametrize(("minimum", "algorithms", "answered"), _ANSWERED)
async def test_the_strongest_challenge_above_the_minimum_is_answered_right(
    new_probe: NewProbe,
    new_server: NewServer,
    host: str,
    minimum: str | None,
    algorithms: tuple[str, ...],
    answered: str,
) -> None:
    server = await new_server()
    server.behaviour = guard = _Guard(algorithms)
    probe = await new_probe(server=f"{host}:{server.port}", minimum_algorithm=minimum)
    registered = await probe.until("registration")
    assert registered["code"] == 200
    assert registered["algorithm"] == _NUMBERS[answered]
    (answer,) = guard.answers
    assert answer["algorithm"] == answered
    assert answer["response"] == _response(answered, "REGISTER", "secret", answer)


@pytest.mark.parametrize(("minimum", "algorithms"), _UNANSWERED)
async def test_a_challenge_below_the_minimum_is_left_without_an_answer(
    new_probe: NewProbe,
    new_server: NewServer,
    host: str,
    minimum: str,
    algorithms: tuple[str, ...],
) -> None:
    server = await new_server()
    server.behaviour = guard = _Guard(algorithms)
    probe = await new_probe(server=f"{host}:{server.port}", minimum_algorithm=minimum)
    refused = await probe.until("registration")
    assert refused["code"] == 401
    assert refused["algorithm"] == pj.PJSIP_AUTH_ALGORITHM_NOT_SET
    assert guard.answers == []
