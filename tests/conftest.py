from __future__ import annotations

import gc
import os
import tempfile
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.support import sound
from tests.support.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.ports import LOOPBACK
from tests.support.preload import SANITIZERS
from tests.support.standin import StandIn
from voip.client import Client

NewPhone = Callable[..., Awaitable[Phone]]


# A fifth of the time of a screen's tests goes into looking for cycles otherwise.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def pytest_configure() -> None:
    # pytest has the sanitizers now; of the programs that it starts, only those
    # of ours load pjsua2.
    if SANITIZERS in os.environ:
        os.environ.pop("LD_PRELOAD", None)
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Sound that is compared must have been played in time, and a machine with
    # four tests at once does not manage that.
    for item in items:
        if "speech" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.realtime)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name: a socket's path has a small limit."""
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
async def new_phone(place: Path) -> AsyncIterator[NewPhone]:
    """Makes phones that are stopped at the end, in good order."""
    phones: list[Phone] = []

    async def make(name: str = "p", audio: str | None = "null") -> Phone:
        phone = Phone(place / name, audio)
        phones.append(phone)
        await phone.start()
        return phone

    yield make
    for phone in phones:
        await phone.stop()


@pytest.fixture
async def standin(place: Path) -> AsyncIterator[StandIn]:
    """An engine with scripted workers, which this process finds as its own."""
    async with StandIn(place / "s") as engine:
        yield engine


@pytest.fixture
async def another(standin: StandIn) -> AsyncIterator[Client]:
    """A second client: the commands of one are carried out one after the other."""
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
