"""Recordings of an hour with a far end whose clock is too fast or too slow."""

from __future__ import annotations

import asyncio
import os
import socket
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.native import listening
from tests.native.conftest import NewProbe
from tests.support.media.pulse import Samples
from tests.support.network.ports import LOOPBACK, free_port
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer
from tests.support.preload import compiled

pytestmark = pytest.mark.timeout(600)

_PPM = 200
_HOUR_S = 3600
_RATE = 8000
_EVERY_S = 10
_PATIENCE_S = 300
_PACKET_MS = 20
_LOUD = 4000
_SEVERAL = 10
_FIRST = 2
"""Events before those that are compared: the recording begins within one."""


@pytest.fixture(scope="session")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `hour.c`."""
    return compiled(Path(__file__).with_name("hour.c"), tmp_path_factory.mktemp("hour"))


@pytest.mark.parametrize("ppm", [_PPM, -_PPM])
async def test_sides_stay_together_for_an_hour_whatever_the_far_end_s_clock(
    new_probe: NewProbe, hour: Path, place: Path, ppm: int
) -> None:
    file, port = place / "call.wav", free_port(socket.SOCK_DGRAM)
    session = sip.sdp(LOOPBACK, port, "RTP/AVP", (), "0")
    async with Parts() as parts:
        with listening.ear(LOOPBACK) as ear:
            far = {"PORT": port, "PPM": ppm, "SECONDS": _HOUR_S, "SAYS": ear.getsockname()[1]}
            base = {**os.environ, **{f"FAR_{name}": str(value) for name, value in far.items()}}
            probe = await new_probe(
                bound=LOOPBACK, base=base, library=hour, transport="tcp", srtp="disabled",
                clock_rate=_RATE, record_both=str(file),
            )  # fmt: skip
            sip_port = free_port()
            uri = f"sip:bob@{LOOPBACK}:{sip_port};transport=tcp"
            server = HostileServer(LOOPBACK, listening.answering(f"<{uri}>", session), None)
            server.port = sip_port
            await parts.begin(server)
            await probe.tell("call", uri=uri)
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.get_running_loop().sock_recv(ear, 1)
            assert await probe.quit() == 0
    near, far_side = (_events(side) for side in _sides(file))
    assert len(near) >= _HOUR_S // _EVERY_S - _FIRST - 1
    lags = np.array([_lag_ms(at, far_side) for at in near[_FIRST:-1]])
    # Within a packet the delay of what is heard follows the far end's clock to and fro.
    assert np.abs(lags - np.median(lags)).max() < _PACKET_MS
    assert abs(np.median(lags[:_SEVERAL]) - np.median(lags[-_SEVERAL:])) < _PACKET_MS


def _sides(path: Path) -> tuple[Samples, Samples]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, _RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return samples[:, 0], samples[:, 1]


def _events(side: Samples) -> NDArray[np.int64]:
    """Samples at which a tone begins: what is loud after half a second of quiet."""
    loud = np.flatnonzero(np.abs(side.astype(np.int32)) > _LOUD)
    return loud[np.diff(loud, prepend=-_RATE) > _RATE // 2]


def _lag_ms(at: int, events: NDArray[np.int64]) -> float:
    """Milliseconds from an event to the same one on the other side."""
    lags = events - at
    return float(lags[np.abs(lags).argmin()]) * 1000 / _RATE
