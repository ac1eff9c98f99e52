"""A bridge of the real library that records a sound, in a process of its own.

python -m tests.native.sound.bridge SCENE RATE SOUND.wav FILE.wav...
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj

HEADER_BYTES = 44
MOST_BYTES = HEADER_BYTES + 30_000
SPACE_BYTES = 120_000


class Bridge:
    """PJSIP without a phone: its clock, and a player of the sound, at a rate."""

    def __init__(self, rate: int, sound: str) -> None:
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.logConfig.level = config.logConfig.consoleLevel = 1
        config.medConfig.clockRate = config.medConfig.sndClockRate = rate
        config.medConfig.audioFramePtime = 10
        config.uaConfig.threadCnt = 0
        self.endpoint.libInit(config)
        self.endpoint.audDevManager().setNullDev()
        self.endpoint.libStart()
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(sound)

    def recorder(self, path: str, most_bytes: int = 0xFFFF_FFFF) -> pj.CallRecorder:
        """A recorder whose sides both hear the sound."""
        recorder = pj.CallRecorder(path, most_bytes)
        self.player.startTransmit(recorder.nearSide())
        self.player.startTransmit(recorder.farSide())
        return recorder

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            self.endpoint.libHandleEvents(5)

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    def complete(self, recorder: pj.CallRecorder) -> None:
        recorder.end()
        self.until(lambda: bool(recorder.state().isComplete))

    def close(self) -> None:
        del self.player
        self.endpoint.libDestroy()


def gaps(bridge: Bridge, path: str) -> None:
    """The far side comes and goes thirty times, between two seconds of both."""
    recorder = bridge.recorder(path)
    bridge.run(1)
    for _ in range(30):
        bridge.player.stopTransmit(recorder.farSide())
        bridge.run(0.07)
        bridge.player.startTransmit(recorder.farSide())
        bridge.run(0.03)
    bridge.run(1)
    bridge.complete(recorder)


def pause(bridge: Bridge, path: str) -> None:
    """Nothing is connected for a time that is longer than what is recorded."""
    recorder = bridge.recorder(path)
    bridge.run(0.5)
    for on in (False, True):
        for side in (recorder.nearSide(), recorder.farSide()):
            (bridge.player.startTransmit if on else bridge.player.stopTransmit)(side)
        bridge.run(0.5 if on else 3)
    bridge.complete(recorder)


def two(bridge: Bridge, *paths: str) -> None:
    """Two recordings at once; the second begins and ends later."""
    recorders = []
    for path in paths:
        recorders.append(bridge.recorder(path))
        bridge.run(0.5)
    for recorder in recorders:
        bridge.complete(recorder)
        bridge.run(0.5)


def talk(bridge: Bridge, path: str) -> None:
    """Both sides say the same for a while."""
    recorder = bridge.recorder(path)
    bridge.run(2)
    bridge.complete(recorder)


def killed(bridge: Bridge, path: str) -> None:
    """The process is killed while it records."""
    recorder = bridge.recorder(path)
    bridge.run(1.37)
    assert not recorder.state().isComplete
    signal.raise_signal(signal.SIGKILL)


def full(bridge: Bridge, path: str) -> None:
    """The file has the most bytes that it may have."""
    recorder = bridge.recorder(path, MOST_BYTES)
    bridge.until(lambda: bool(recorder.state().isComplete))
    assert recorder.state().isFull
    assert recorder.state().status == pj.PJ_SUCCESS


def no_space(bridge: Bridge, path: str) -> None:
    """The system writes no more, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPACE_BYTES, SPACE_BYTES))
    recorder = bridge.recorder(path)
    bridge.until(lambda: bool(recorder.state().isComplete))
    assert not recorder.state().isFull
    print(bridge.endpoint.utilStrError(recorder.state().status))


def dropped(bridge: Bridge, path: str) -> None:
    """A recorder is freed while it records, as are a hundred more."""
    for _ in range(100):
        recorder = bridge.recorder(path)
        bridge.run(0.015)
        del recorder


SCENES: dict[str, Callable[..., None]] = {
    scene.__name__: scene for scene in (gaps, pause, two, talk, killed, full, no_space, dropped)
}


def main() -> None:
    scene, rate, sound, *paths = sys.argv[1:]
    assert Path(sound).is_file()
    bridge = Bridge(int(rate), sound)
    SCENES[scene](bridge, *paths)
    bridge.close()


if __name__ == "__main__":
    main()
