from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.engines import SIDES, Side


@pytest.fixture(params=list(SIDES))
async def side(request: pytest.FixtureRequest, place: Path) -> AsyncIterator[Side]:
    built = SIDES[request.param](place)
    await built.start()
    yield built
    await built.stop()


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
