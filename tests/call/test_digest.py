"""The strongest of several challenges is answered (RFC 8760)."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import own_host
from tests.support.peers.openend import OpenEnd
from tests.support.phone import Phone
from voip.causes import Cause, CauseKind
from voip.model import AccountStatus, CallState, RegistrationState
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import Hold, Resume

_REALM = "pbx.test"
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_HEADERS = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
_ORDERS = [
    *itertools.permutations(_HASHES),
    ("MD5", "SHA-256"),
    ("SHA-256", "MD5"),
    # An algorithm that the phone lacks must not outrank one it has.
    ("SHA-1", "MD5"),
    ("MD5", "AKAv2-MD5"),
    ("MD5-sess", "SHA-256", "SHA-512-256-sess"),
]


class Guard:
    """Challenges each request with nonces of its own, and reads the answers."""

    def __init__(self, status: int, algorithms: tuple[str, ...]) -> None:
        self.status = status
        self.algorithms = algorithms
        self.answered: dict[str, set[str]] = {}
        self.wrong: list[str] = []
        self.names: set[str] = set()

    def __call__(self, message: sip.Message) -> bytes | None:
        challenge, answer = _HEADERS[self.status]
        values = message.all(answer)
        if not values and message.method != "BYE":
            number = message.get("CSeq").split()[0]
            extra = tuple(
                f'{challenge}: Digest realm="{_REALM}", nonce="{name}-{number}", '
                f'algorithm={name}, qop="auth"'
                for name in self.algorithms
            )
            return sip.response(message, self.status, "Who", extra=extra)
        for value in values:
            self._read(message, value)
        return None

    def _read(self, message: sip.Message, value: str) -> None:
        parameters = dict(re.findall(r'(\w+)="?([^",]+)"?', value))
        name = parameters["algorithm"]
        self.names.add(parameters["username"])
        self.answered.setdefault(message.method, set()).add(name)

        def digest(text: str) -> str:
            return hashlib.new(_HASHES[name], text.encode()).hexdigest()

        secret = digest(f"{parameters['username']}:{_REALM}:secret")
        what = digest(f"{message.method}:{parameters['uri']}")
        middle = (
            f"{parameters['nonce']}:{parameters['nc']}:{parameters['cnonce']}:{parameters['qop']}"
        )
        if parameters["response"] != digest(f"{secret}:{middle}:{what}"):
            self.wrong.append(value)
        if len(message.all(_HEADERS[self.status][1])) != 1:
            self.wrong.append(message.first)


@pytest_asyncio.fixture
async def far() -> AsyncIterator[OpenEnd]:
    host = own_host()
    end = OpenEnd(host)
    end.session = lambda _, port: sip.sdp(host, port)
    await end.start()
    yield end
    end.stop()


@pytest.mark.parametrize("algorithms", _ORDERS, ids="-".join)
@pytest.mark.parametrize("status", [401, 407])
async def test_the_strongest_challenge_is_answered(
    new_phone: NewPhone, far: OpenEnd, status: int, algorithms: tuple[str, ...]
) -> None:
    guard = Guard(status, algorithms)
    far.answer = guard
    phone = await new_phone()
    await _register(phone, far)
    call = await phone.call("bob")
    await phone.until_state(call, CallState.ACTIVE)
    await phone.client.ask(Hold(call=call))
    await phone.until_state(call, CallState.HELD)
    strongest = max(set(algorithms) & set(_HASHES), key=list(_HASHES).index)
    assert guard.answered["REGISTER"] == guard.answered["INVITE"] == {strongest}
    assert guard.wrong == []


async def test_an_answer_of_another_algorithm_from_before_is_not_sent_beside_it(
    new_phone: NewPhone, far: OpenEnd
) -> None:
    guard = Guard(401, ("MD5",))
    far.answer = guard
    phone = await new_phone()
    await _register(phone, far)
    call = await phone.call("bob")
    await phone.until_state(call, CallState.ACTIVE)
    assert guard.answered["INVITE"] == {"MD5"}
    far.answer = stronger = Guard(401, ("MD5", "SHA-256"))

    def ask_again(message: sip.Message) -> bytes | None:
        proofs = [value for value in message.all("Authorization") if "SHA-256" in value]
        if message.method == "INVITE" and not proofs:
            headers = tuple(h for h in message.headers if h[0] != "Authorization")
            return stronger(sip.Message(message.first, headers, message.body))
        return stronger(message)

    far.answer = ask_again
    await phone.client.ask(Hold(call=call))
    await phone.until_state(call, CallState.HELD)
    position = len(phone.events)
    await phone.client.ask(Resume(call=call))
    await phone.until_call(lambda c: c.id == call and c.state is CallState.ACTIVE, position)
    assert stronger.answered["INVITE"] == {"SHA-256"}
    assert stronger.wrong == []


async def test_the_login_name_is_the_one_that_the_account_has_for_it(
    new_phone: NewPhone, far: OpenEnd
) -> None:
    far.answer = guard = Guard(401, ("SHA-256",))
    await _register(await new_phone(), far, auth_user="login-7")
    assert (guard.names, guard.wrong) == ({"login-7"}, [])


async def _register(phone: Phone, far: OpenEnd, **fields: str) -> AccountStatus:
    await _add(phone, far, **fields)
    return await phone.until_registered("work")


async def _add(phone: Phone, far: OpenEnd, **fields: str) -> None:
    await phone.add(
        "work", password="secret", user="alice", domain="pbx.test",
        server=f"{far.host}:{far.port}", transport="udp", **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("algorithms", "used"),
    [
        (("MD5", "SHA-256"), "sha-256"),
        (("SHA-256", "MD5"), "sha-256"),
        (("SHA-256",), "sha-256"),
        (("SHA-512-256", "MD5"), "sha-512-256"),
    ],
)
async def test_an_account_that_wants_sha_256_says_what_it_used(
    new_phone: NewPhone, far: OpenEnd, algorithms: tuple[str, ...], used: str
) -> None:
    far.answer = guard = Guard(401, algorithms)
    phone = await new_phone()
    account = await _register(phone, far, minimum_digest="sha-256")
    assert account.registration.digest == used
    assert guard.answered["REGISTER"] == {used.upper()}


async def test_a_challenge_below_the_weakest_login_is_refused_in_words(
    new_phone: NewPhone, far: OpenEnd
) -> None:
    far.answer = guard = Guard(401, ("MD5",))
    phone = await new_phone()
    await _add(phone, far, minimum_digest="sha-256")
    failed = await phone.until(
        AccountEvent, lambda e: e.account.registration.state is RegistrationState.FAILED
    )
    assert failed.account.registration.cause == Cause(CauseKind.WEAK_CHALLENGE, ("MD5", "SHA-256"))
    assert guard.answered == {}
