from __future__ import annotations

import gc
import os
import signal
import ssl
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support import disks
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.ordering import shared
from tests.support.parts import Parts
from tests.support.peers.hostile import HostileServer, own_host, registrar
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.opensslserver import USE_SRTP, OpensslServer
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from tests.support.preload import SANITIZERS
from tests.support.standin.engine import StandIn
from voip.client.stream import Client

NewPhone = Callable[..., Awaitable[Phone]]
NewPeer = Callable[..., Awaitable[OpensslServer]]


class NewServer(Protocol):
    def __call__(
        self, leaf: Leaf | None = None, context: ssl.SSLContext | None = None
    ) -> Awaitable[HostileServer]: ...


# Otherwise a screen's tests spend a fifth of their time looking for cycles.
_OBJECTS_WITHIN_A_TEST = 500_000
_OBJECTS_BETWEEN_TESTS = 50_000

_WAITING = ("tests/call/", "tests/terminal/", "tests/native/")
"""Folders of tests that wait for other processes more than they compute."""


def pytest_configure() -> None:
    # pytest has loaded the sanitizers; of the programs it starts, only our own
    # load pjsua2.
    if SANITIZERS in os.environ:
        os.environ.pop("LD_PRELOAD", None)
    # Begun in the background of a script, a run ignores it, and so would each program.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(_OBJECTS_WITHIN_A_TEST, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    # Little is left to look at once a test's screen is gone.
    if gc.get_count()[0] > _OBJECTS_BETWEEN_TESTS:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    # Compared sound must be played in time, which a machine running four tests
    # at once does not manage.
    for item in items:
        if "speech" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.realtime)
        if not _file_of(item).startswith(_WAITING) and (
            item.get_closest_marker("waits") or item.get_closest_marker("realtime")
        ):
            # `check` looks for marked tests in these folders, and would not run it.
            raise pytest.UsageError(f"{item.nodeid} is marked, and in none of {_WAITING}")
    yield
    # pytest has taken out what was not chosen: the stretches are of the rest.
    items[:] = shared(
        items,
        int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
        module_of=_file_of,
        # One that waits a minute and begins last keeps the other processes idle.
        is_first=lambda item: item.get_closest_marker("waits") is not None,
        is_call=lambda item: _file_of(item).startswith(_WAITING),
    )


def _file_of(item: pytest.Item) -> str:
    # An item's `location` has it too, and looks at the source of each test.
    return item.nodeid.partition("::")[0]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of a phone, with a short name."""
    with disks.short() as folder:
        yield Path(folder)


@pytest.fixture
async def new_phone(place: Path) -> AsyncIterator[NewPhone]:
    """Makes phones that are stopped at the end, in good order."""
    async with Parts() as parts:

        async def make(name: str = "p", audio: str | None = "null") -> Phone:
            return await parts.begin(Phone(place / name, audio))

        yield make


@pytest.fixture
def host() -> str:
    """An address of this test's own."""
    return own_host()


@pytest.fixture
def leaf(authority: Authority, host: str) -> Leaf:
    """A good certificate for this test's address."""
    return authority.issue("good", addresses=[host])


@pytest.fixture
async def new_server(host: str, leaf: Leaf) -> AsyncIterator[NewServer]:
    """Makes registrars at this test's address, with the test's TLS if given."""
    good = leaf
    async with Parts() as parts:

        async def make(
            leaf: Leaf | None = None, context: ssl.SSLContext | None = None
        ) -> HostileServer:
            return await parts.begin(HostileServer(host, registrar, leaf or good, context=context))

        yield make


@pytest.fixture
async def new_peer(host: str, leaf: Leaf) -> AsyncIterator[NewPeer]:
    """Makes DTLS servers at ports of their own, which a phone finds by SDP."""
    good = leaf
    async with Parts() as parts:

        async def make(leaf: Leaf | None = None, *words: str) -> OpensslServer:
            options = words or ("-dtls1_2",)
            return await parts.begin(OpensslServer(leaf or good, *options, *USE_SRTP, host=host))

        yield make


@pytest.fixture
async def standin(place: Path) -> AsyncIterator[StandIn]:
    """An engine with scripted workers, which this process finds as its own."""
    async with StandIn(place / "s") as engine:
        yield engine


@pytest.fixture
async def another(standin: StandIn) -> AsyncIterator[Client]:
    """A second client: the commands of one client run one after the other."""
    async with await Client.connect() as client:
        yield client


@pytest.fixture
def speech_file(tmp_path: Path) -> Path:
    """A moment of silence to play: short enough to be over at once."""
    path = tmp_path / "hello.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(2 * 1600))
    return path


@pytest.fixture
def authority(place: Path) -> Authority:
    return Authority(place / "pki")


@pytest.fixture
async def kamailio(place: Path, authority: Authority) -> AsyncIterator[Kamailio]:
    leaf = authority.issue("kamailio", dns=[DOMAIN, "localhost"], addresses=[LOOPBACK])
    server = Kamailio(place / "kamailio", leaf)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound.speak(tmp_path_factory.mktemp("speech") / "speech.wav")


@pytest.fixture(scope="session")
def other_speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = "She sells sea shells by the sea shore, and nobody has ever asked her why she does so."
    return sound.speak(tmp_path_factory.mktemp("speech") / "other.wav", text)
