"""The account check of ICE: a real STUN server and relay, and what keeps them from use."""

from __future__ import annotations

import asyncio
import datetime
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.call.accounts.test_account_check import check, fields, steps_told
from tests.conftest import NewPhone
from tests.support.keyfiles import pin_of
from tests.support.network.coturn import PASSWORD, USER, Coturn
from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.parts import Parts
from tests.support.peers.kamailio import Kamailio
from tests.support.peers.opensslserver import OpensslServer
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.protocol.accounts import CheckReport
from voip.sip.network import stun
from voip.sip.network.stun import Method

_DAY = datetime.timedelta(days=1)
_UNVERIFIED = f"the relay {LOOPBACK} did not prove its name, and is not used"


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    async with Parts() as parts:
        yield parts


async def _check(
    phone: Phone, account: dict[str, Any], relay: int, transport: str = "udp", **changed: Any
) -> CheckReport:
    """Check an account whose relay has the port `relay`; None takes a field away."""
    ice = {
        "ice": True,
        "turn_server": f"{LOOPBACK}:{relay}",
        "turn_transport": transport,
        "turn_user": USER,
        "turn_password_command": f"echo {PASSWORD}",
    }
    all_fields = {**account, **ice, **changed}
    given = {name: value for name, value in all_fields.items() if value is not None}
    return await check(phone, name="new", fields=given, password="secret-alice")


def _steps(report: CheckReport) -> dict[str, tuple[bool | None, str]]:
    return {step.step: (step.ok, step.text) for step in report.steps}


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_relay_gives_an_address_and_gets_it_back(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, place: Path, parts: Parts,
    transport: str,
) -> None:  # fmt: skip
    leaf = authority.issue("relay", addresses=[LOOPBACK])
    relay = await parts.begin(Coturn(place / "coturn", leaf))
    phone = await new_phone()
    report = await _check(
        phone, fields(kamailio, authority), relay.tls_port if transport == "tls" else relay.port,
        transport, stun_server=f"{LOOPBACK}:{relay.port}",
    )  # fmt: skip
    assert report.ok, report
    proof = "proves its name, and " if transport == "tls" else ""
    assert [(step.step, step.text) for step in report.steps[4:]] == [
        ("stun", f"{LOOPBACK} answers"),
        ("relay", f"{LOOPBACK} {proof}gives this account an address"),
    ]
    assert steps_told(phone)[-2:] == list(report.steps[-2:])
    await relay.until_logged("REFRESH processed, success")
    assert PASSWORD not in phone.log
    assert PASSWORD not in str(phone.events)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"turn_password_command": "echo wrong"}, "did not accept the password"),
        ({"turn_user": "mallory"}, "did not accept the password"),
        (
            {"turn_password_command": None},
            "cannot be used: it asks for a password, and there is none",
        ),
    ],
    ids=["password", "user", "no password"],
)
async def test_a_relay_that_wants_another_login_says_so(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, place: Path, parts: Parts,
    changed: dict[str, Any], words: str,
) -> None:  # fmt: skip
    relay = await parts.begin(Coturn(place / "coturn"))
    report = await _check(await new_phone(), fields(kamailio, authority), relay.port, **changed)
    assert _steps(report)["relay"] == (False, f"the relay {LOOPBACK} {words}")
    assert not report.ok


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_servers_that_are_not_there_are_said_in_words(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    port = free_sip_port()
    report = await _check(
        await new_phone(), fields(kamailio, authority), port, transport,
        stun_server=f"{LOOPBACK}:{port}",
    )  # fmt: skip
    assert _steps(report)["registration"][0] is True
    assert _steps(report)["stun"] == (
        False, f"the STUN server {LOOPBACK} does not answer"
    )  # fmt: skip
    assert _steps(report)["relay"] == (False, f"the relay {LOOPBACK} does not answer")


async def test_servers_are_not_reached_without_the_account_s_own(
    new_phone: NewPhone, authority: Authority
) -> None:
    account = {"user": "u", "domain": "nowhere.invalid", "ca_file": str(authority.file)}
    report = await _check(await new_phone(), account, 9, stun_server=f"{LOOPBACK}:9")
    assert [(step.step, step.ok) for step in report.steps[-3:]] == [
        ("registration", None), ("stun", None), ("relay", None)
    ]  # fmt: skip


def _other(authority: Authority, place: Path) -> Leaf:
    return authority.issue("other", dns=["other.example.test"])


def _stranger(authority: Authority, place: Path) -> Leaf:
    return Authority(place / "stranger").issue("stranger", addresses=[LOOPBACK])


def _self_signed(authority: Authority, place: Path) -> Leaf:
    return authority.issue("own", addresses=[LOOPBACK], self_signed=True)


def _expired(authority: Authority, place: Path) -> Leaf:
    return authority.issue("old", addresses=[LOOPBACK], starts_in=-3 * _DAY, lasts=_DAY)


@pytest.mark.parametrize(
    "flaw",
    [_other, _stranger, _self_signed, _expired],
    ids=lambda flaw: flaw.__name__.strip("_"),
)
async def test_a_relay_that_does_not_prove_its_name_gets_no_login(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, place: Path, parts: Parts,
    flaw: Callable[[Authority, Path], Leaf],
) -> None:  # fmt: skip
    relay = await parts.begin(Coturn(place / "coturn", flaw(authority, place)))
    report = await _check(await new_phone(), fields(kamailio, authority), relay.tls_port, "tls")
    assert _steps(report)["relay"] == (False, _UNVERIFIED)
    assert "ALLOCATE" not in relay.log


@pytest.mark.parametrize(("same", "ok"), [(True, True), (False, False)])
async def test_a_relay_of_the_pinned_host_shows_the_pinned_key(
    new_phone: NewPhone, authority: Authority, place: Path, parts: Parts, same: bool, ok: bool
) -> None:
    pinned = authority.issue("pinned", dns=["x.test"], self_signed=True)
    # What its authorities say does not matter where a key is pinned.
    other = authority.issue("other", addresses=[LOOPBACK])
    server = await parts.begin(Kamailio(place / "kamailio", pinned))
    relay = await parts.begin(Coturn(place / "coturn", pinned if same else other))
    account = {**fields(server, authority), "pin": pin_of(pinned.certificate)}
    report = await _check(await new_phone(), account, relay.tls_port, "tls")
    assert _steps(report)["registration"][0] is True
    assert _steps(report)["relay"][0] is ok
    if not ok:
        assert _steps(report)["relay"] == (False, _UNVERIFIED)


@pytest.mark.parametrize("pinned", [False, True])
async def test_a_relay_with_a_weak_key_is_not_used(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, parts: Parts, pinned: bool
) -> None:
    weak = authority.issue_weakly("weak", LOOPBACK, rsa_bits=1024)
    words = ("-cipher", "ALL:@SECLEVEL=0")
    relay = await parts.begin(OpensslServer(weak, *words, host=LOOPBACK))
    pin = {"pin": pin_of(weak.certificate)} if pinned else {}
    report = await _check(
        await new_phone(), {**fields(kamailio, authority), **pin}, relay.port, "tls"
    )
    assert _steps(report)["relay"] == (False, _UNVERIFIED)


async def test_a_hidden_account_tells_no_address_and_asks_no_stun_server(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as listed,
        socket.socket(type=socket.SOCK_DGRAM) as relay,
    ):
        for end in (listed, relay):
            end.bind((LOOPBACK, 0))
            end.setblocking(False)
        report = await _check(
            await new_phone(), fields(kamailio, authority), relay.getsockname()[1],
            hide_identity=True, stun_server=f"{LOOPBACK}:{listed.getsockname()[1]}",
        )  # fmt: skip
        assert _steps(report)["relay"] == (False, f"the relay {LOOPBACK} does not answer")
        assert "stun" not in _steps(report)
        with pytest.raises(BlockingIOError):
            listed.recv(1)
        loop = asyncio.get_running_loop()
        asked, again = [await loop.sock_recv(relay, 2048) for _ in range(2)]
    # A request for an address over UDP, and nothing else.
    assert asked == again == stun.request(Method.ALLOCATE, asked[8:20], (stun.FOR_UDP,))
