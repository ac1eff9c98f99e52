"""0091 to 0094: relays that prove their names, and voice where checks led."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewServer
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.support.keyfiles import pin_of
from tests.support.network.coturn import PASSWORD, USER, Coturn
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.pki import Authority

_NAME = "relay.example.test"
_UNVERIFIED = 370121  # PJNATH_ETURNUNVERIFIED
_UNAUTHORIZED = 370401  # PJ_STATUS_FROM_STUN_CODE
_TIMED_OUT = 70009  # PJ_ETIMEDOUT
_NO_RELAY = 70006  # PJ_ENOTFOUND
_CANDIDATE = re.compile(
    r"a=candidate:\S+ 1 UDP \d+ (\S+) (\d+) typ (\w+)(?: raddr (\S+) rport (\d+))?"
)


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    async with Parts() as parts:
        yield parts


def _relay(server: Coturn, **changed: object) -> dict[str, object]:
    transport = changed.get("transport", "tls")
    port = server.tls_port if transport == "tls" else server.port
    return {
        "server": f"{server.host}:{port}", "user": USER, "password": PASSWORD, "name": _NAME,
        **changed,
    }  # fmt: skip


async def _call(caller: Caller) -> sip.Message:
    """Offer of a call that the probe makes, which nobody answers."""
    server = caller.server
    await caller.probe.tell("call", uri=f"sip:carol@{server.host}:{server.port};transport=tls")
    _, invite = await server.until(lambda message: message.method == "INVITE")
    return invite


async def _relay_status(caller: Caller) -> int:
    """Status of the relay in the call, which a far end without ICE answers."""
    await _answer(caller, 9)
    event = await caller.probe.until("ice")
    status: int = event["relay_status"]
    return status


async def _answer(caller: Caller, port: int, *attributes: str) -> None:
    server = caller.server
    connection, invite = await server.until(lambda message: message.method == "INVITE")
    offered = re.search(r"a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 ", invite.body)
    assert offered is not None
    crypto = sip.crypto(tag=int(offered[1]))
    connection.send(
        sip.response(
            invite, 200, "OK", contact=f"<sip:carol@{server.host}:{server.port};transport=tls>",
            body=sip.sdp(server.host, port, "RTP/SAVP", (crypto, *attributes)),
        )
    )  # fmt: skip


def _kinds(offer: sip.Message) -> set[str]:
    return {kind for _, _, kind, _, _ in _CANDIDATE.findall(offer.body)}


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_relay_gives_the_call_an_address(
    new_probe: NewProbe, new_server: NewServer, place: Path, authority: Authority, parts: Parts,
    transport: str,
) -> None:  # fmt: skip
    leaf = authority.issue("relay", dns=[_NAME])
    relay = await parts.begin(Coturn(place / "coturn", leaf))
    caller = await registered(
        new_probe, new_server, bound="", ice=True,
        relay=_relay(relay, transport=transport, ca_file=str(authority.file)),
    )  # fmt: skip
    offer = await _call(caller)
    assert "relay" in _kinds(offer)
    assert await _relay_status(caller) == 0


def _other(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("other", dns=["other.example.test"])}


def _address(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("address", addresses=["127.0.0.1"])}


def _stranger(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": Authority(place / "stranger").issue("stranger", dns=[_NAME])}


def _self_signed(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("own", dns=[_NAME], self_signed=True)}


def _no_authority(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("relay", dns=[_NAME]), "ca_file": ""}


def _other_pin(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("relay", dns=[_NAME]), "pin": "0" * 64}


def _wildcard(authority: Authority, place: Path) -> dict[str, Any]:
    return {"leaf": authority.issue("star", dns=["*.example.test"])}


@pytest.mark.parametrize(
    "flaw",
    [_other, _address, _stranger, _self_signed, _no_authority, _other_pin, _wildcard],
    ids=lambda flaw: flaw.__name__.strip("_"),
)
async def test_a_relay_that_does_not_prove_its_name_is_not_used(
    new_probe: NewProbe, new_server: NewServer, place: Path, authority: Authority, parts: Parts,
    flaw: Any,
) -> None:  # fmt: skip
    settings = flaw(authority, place)
    relay = await parts.begin(Coturn(place / "coturn", settings.pop("leaf")))
    caller = await registered(
        new_probe, new_server, bound="", ice=True,
        relay=_relay(relay, **{"ca_file": str(authority.file), **settings}),
    )  # fmt: skip
    assert "relay" not in _kinds(await _call(caller))
    assert await _relay_status(caller) == _UNVERIFIED
    # Nothing was asked of it, so it saw no name.
    assert USER not in relay.log.replace(f"--user={USER}", "")


async def test_a_pinned_relay_is_accepted_whatever_its_name(
    new_probe: NewProbe, new_server: NewServer, place: Path, authority: Authority, parts: Parts
) -> None:
    leaf = authority.issue("own", dns=["other.example.test"], self_signed=True)
    relay = await parts.begin(Coturn(place / "coturn", leaf))
    caller = await registered(
        new_probe, new_server, bound="", ice=True, relay=_relay(relay, pin=pin_of(leaf.certificate))
    )
    assert "relay" in _kinds(await _call(caller))


async def test_a_relay_of_tls_1_1_is_not_used(
    new_probe: NewProbe, new_server: NewServer, authority: Authority
) -> None:
    leaf = authority.issue("old", dns=[_NAME])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(leaf.certificate, leaf.key)
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        received.append(await reader.read())

    old = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = old.sockets[0].getsockname()[1]
    caller = await registered(
        new_probe, new_server, bound="", ice=True,
        relay={
            "server": f"127.0.0.1:{port}", "user": USER, "password": PASSWORD, "name": _NAME,
            "ca_file": str(authority.file),
        },
    )  # fmt: skip
    assert "relay" not in _kinds(await _call(caller))
    assert await _relay_status(caller) != 0
    assert received == []
    old.close()


async def test_a_refused_password_is_reported(
    new_probe: NewProbe, new_server: NewServer, place: Path, parts: Parts
) -> None:
    relay = await parts.begin(Coturn(place / "coturn"))
    caller = await registered(
        new_probe,
        new_server,
        bound="",
        ice=True,
        relay=_relay(relay, transport="udp", password="wrong"),
    )
    assert "relay" not in _kinds(await _call(caller))
    assert await _relay_status(caller) == _UNAUTHORIZED


async def test_an_account_has_a_stun_server_of_its_own(
    new_probe: NewProbe, new_server: NewServer, place: Path, parts: Parts
) -> None:
    stun = await parts.begin(Coturn(place / "coturn"))
    caller = await registered(
        new_probe, new_server, bound="", ice=True, stun=f"{stun.host}:{stun.port}"
    )
    # It is asked from a loopback address, which no host candidate has.
    assert _kinds(await _call(caller)) == {"host", "srflx"}
    assert await _relay_status(caller) == _NO_RELAY


async def test_a_relay_alone_tells_no_other_address(
    new_probe: NewProbe, new_server: NewServer, place: Path, parts: Parts
) -> None:
    relay = await parts.begin(Coturn(place / "coturn"))
    caller = await registered(
        new_probe,
        new_server,
        bound="",
        ice=True,
        host_candidates=0,
        relay=_relay(relay, transport="udp"),
    )
    offer = await _call(caller)
    candidates = _CANDIDATE.findall(offer.body)
    assert [(kind, raddr, rport) for _, _, kind, raddr, rport in candidates] == [
        ("relay", "0.0.0.0", "9")
    ]
    [(address, port, *_)] = candidates
    assert f"m=audio {port} " in offer.body
    assert f"c=IN IP4 {address}" in offer.body


@pytest.mark.parametrize("server", ["stun", "relay over udp", "relay over tcp"])
async def test_a_call_does_not_wait_for_silent_servers(
    new_probe: NewProbe, new_server: NewServer, server: str
) -> None:
    kind = socket.SOCK_STREAM if server == "relay over tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as silent, contextlib.ExitStack() as callers:
        silent.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            silent.listen(0)
            # Nobody accepts these, so a later connection gets no answer at all.
            for _ in range(2):
                waiting = callers.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(silent.getsockname())
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        settings: dict[str, Any] = {"stun": where}
        if server != "stun":
            transport = server.split()[-1]
            settings = {
                "relay": {
                    "server": where, "transport": transport, "user": USER, "password": PASSWORD
                }
            }  # fmt: skip
        caller = await registered(new_probe, new_server, bound="", ice=True, **settings)
        began = time.monotonic()
        assert _kinds(await _call(caller)) == {"host"}
        assert 2 < time.monotonic() - began < 5
    expected = _NO_RELAY if server == "stun" else _TIMED_OUT
    assert await _relay_status(caller) == expected


_ICE = ("a=ice-ufrag:abcdefgh", "a=ice-pwd:abcdefghijklmnopqrstuvwx")


class _Victim(asyncio.DatagramProtocol):
    """A socket that answers nothing; `kinds` are those of the packets that came."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.checks = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        # RFC 7983 section 7.
        self.kinds.add("stun" if data[0] < 4 else "rtp" if 127 < data[0] < 192 else "other")
        if "stun" in self.kinds:
            self.checks.set()


async def test_a_victim_gets_no_voice_but_checks(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    caller = await registered(new_probe, new_server, bound="", ice=True)
    loop = asyncio.get_running_loop()
    transport, victim = await loop.create_datagram_endpoint(_Victim, (host, 0))
    port = transport.get_extra_info("sockname")[1]
    await _call(caller)
    await _answer(caller, port, *_ICE, f"a=candidate:H 1 UDP 2130706431 {host} {port} typ host")
    async with asyncio.timeout(10):
        await victim.checks.wait()
    failed = await caller.probe.until("ice", lambda event: event["failed"])
    assert failed["active"]
    # Once the checks have failed PJSIP would send voice again.
    await asyncio.sleep(1)
    assert victim.kinds == {"stun"}
    transport.close()
