from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.native.driver import Probe
from tests.support.hostile import HostileServer, own_host, registrar
from tests.support.opensslserver import OpensslServer
from tests.support.pki import Authority, Leaf

NewPeer = Callable[..., Awaitable[OpensslServer]]


class NewProbe(Protocol):
    def __call__(
        self,
        *,
        names: dict[str, str] | None = None,
        system: Path | None = None,
        base: Mapping[str, str] | None = None,
        library: Path | None = None,
        **settings: object,
    ) -> Awaitable[Probe]: ...


class NewServer(Protocol):
    def __call__(
        self, leaf: Leaf | None = None, context: ssl.SSLContext | None = None
    ) -> Awaitable[HostileServer]: ...


@pytest.fixture
def host() -> str:
    return own_host()


@pytest.fixture
def leaf(authority: Authority, host: str) -> Leaf:
    """A good certificate for this test's address."""
    return authority.issue("good", addresses=[host])


@pytest.fixture
async def new_server(host: str, leaf: Leaf) -> AsyncIterator[NewServer]:
    """Makes registrars at this test's address."""
    servers: list[HostileServer] = []
    good = leaf

    async def make(
        leaf: Leaf | None = None, context: ssl.SSLContext | None = None
    ) -> HostileServer:
        server = HostileServer(host, registrar, leaf or good, context=context)
        servers.append(server)
        await server.start()
        return server

    yield make
    for server in servers:
        await server.stop()


@pytest.fixture
async def new_probe(place: Path, authority: Authority) -> AsyncIterator[NewProbe]:
    """Makes probes that trust this test's authority, and waits until they are up."""
    probes: list[Probe] = []

    async def make(
        *,
        names: dict[str, str] | None = None,
        system: Path | None = None,
        base: Mapping[str, str] | None = None,
        library: Path | None = None,
        **settings: object,
    ) -> Probe:
        probe = Probe(place / f"probe-{len(probes)}")
        probes.append(probe)
        given = {"ca_file": str(authority.file), **settings}
        await probe.start(given, names or {}, system, base or os.environ, library)
        await probe.until("ready")
        return probe

    yield make
    await asyncio.gather(*(probe.stop() for probe in probes))
    for probe in probes:
        # pytest shows it beside a test that failed.
        print(probe.story())


@pytest.fixture
async def new_peer(host: str, leaf: Leaf) -> AsyncIterator[NewPeer]:
    """Makes DTLS servers at ports of their own, which a probe finds by SDP."""
    peers: list[OpensslServer] = []
    good = leaf

    async def make(leaf: Leaf | None = None, *words: str) -> OpensslServer:
        options = words or ("-dtls1_2",)
        peer = OpensslServer(
            leaf or good, *options, "-use_srtp", "SRTP_AES128_CM_SHA1_80", host=host
        )
        peers.append(peer)
        await peer.start()
        return peer

    yield make
    for peer in peers:
        await peer.stop()
