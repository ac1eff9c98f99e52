"""Measure the delay from one phone's microphone to another's speaker.

Run by hand, on an idle machine: python -m tests.bench.latency

Two real phones talk through a real Kamailio with TLS and SRTP, on null sinks of
one PulseAudio daemon. Chirps are played into the first phone's microphone; the
microphone and the second phone's speaker are recorded side by side, and the
delay is the time between a chirp in the one and in the other. A steady tone
then shows how often the sound broke: a frame that was lost, repeated or
concealed turns the tone's phase or changes its loudness.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media.chirps import Recorder, delays, series
from tests.support.media.pulse import RATE, Pulse
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState
from voip.protocol.calls import AnswerCall

# A whole number of periods in a frame would hide lost and repeated frames.
_TONE_HZ = 1030.0
_TONE_WINDOW_S = 0.005
_TONE_TURN_RAD = 0.35
_TONE_DIP = 0.3
_ONE_BREAK_S = 0.06

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """The [audio] table of both phones; milliseconds."""

    capture: int
    playback: int
    frame: int
    jitter: int

    def toml(self) -> str:
        return (
            "[audio]\necho_cancel = false\nring = false\n"
            f"capture_latency_ms = {self.capture}\nplayback_latency_ms = {self.playback}\n"
            f"frame_ms = {self.frame}\njitter_ms = {self.jitter}\n"
        )


@dataclass(frozen=True)
class Outcome:
    """Delays (ms), `breaks` within `seconds` of tone, and CPU of one phone."""

    delays: tuple[float, ...]
    breaks: int
    seconds: float
    cpu_pct: float


class Rig:
    """The daemon, the server, and two phones at their own sinks."""

    def __init__(self, place: Path) -> None:
        self._place = place
        authority = Authority(place / "pki")
        leaf = authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK])
        self._ca = authority.file
        self.pulse = Pulse(place / "pulse")
        self.server = Kamailio(place / "kamailio", leaf)
        self._runs = itertools.count()

    async def start(self) -> None:
        await self.pulse.start()
        await self.server.start()
        # The far phone's own sinks; the near one has the daemon's first two.
        for name in ("far_mic", "far_speaker"):
            await self.pulse.ask(
                "load-module", "module-null-sink", f"sink_name={name}", f"rate={RATE}", "channels=1"
            )

    async def stop(self) -> None:
        await self.server.stop()
        await self.pulse.stop()

    async def measure(self, setting: Setting, chirps: int, tone_s: float) -> Outcome:
        number = next(self._runs)
        near = self._phone(f"n{number}", setting, sink="speaker", source="mic.monitor")
        far = self._phone(f"f{number}", setting, sink="far_speaker", source="far_mic.monitor")
        async with contextlib.AsyncExitStack() as stack:
            standing = await self._record("far_mic.monitor")
            stack.push_async_callback(standing.stop)
            for phone, user in ((near, "near"), (far, "far")):
                stack.push_async_callback(phone.stop)
                await phone.start()
                await phone.add_secure(user, LOOPBACK, self.server.tls_port, self._ca)
                await phone.until_registered(user)
            await near.call(f"far@{DOMAIN}")
            ringing = await far.until_call(lambda c: c.state is CallState.INCOMING)
            await far.client.ask(AnswerCall(call=ringing.id))
            for phone in (near, far):
                await phone.until_call(_talks)
            mouth = await self._record("mic.monitor")
            ear = await self._record("far_speaker.monitor")
            worker = max(near.worker_pids())
            clock = asyncio.get_running_loop().time
            spent, began = _cpu_s(worker), clock()
            await self.pulse.speak(self._sound("chirps.wav", series(chirps)))
            await self.pulse.speak(self._sound("tone.wav", _tone(tone_s)))
            cpu = 100 * (_cpu_s(worker) - spent) / (clock() - began)
            await mouth.stop()
            await ear.stop()
        lags = tuple(delays(mouth, ear))
        heard = _tone_part(ear.samples.astype(np.float64))
        return Outcome(lags, _breaks(heard), len(heard) / RATE, cpu)

    def _phone(self, name: str, setting: Setting, sink: str, source: str) -> Phone:
        phone = Phone(self._place / name, audio=None)
        phone.environment.update(self.pulse.client_environment)
        phone.environment.update(PULSE_SINK=sink, PULSE_SOURCE=source)
        (phone.folder / "config").mkdir(parents=True)
        (phone.folder / "config" / "config.toml").write_text(setting.toml())
        return phone

    async def _record(self, device: str) -> Recorder:
        process = await asyncio.create_subprocess_exec(
            "parec", f"--device={device}", "--latency-msec=5", f"--rate={RATE}", "--channels=1",
            "--format=s16le", "--raw", env=self.pulse.client_environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return Recorder(process)

    def _sound(self, name: str, samples: _Floats) -> Path:
        path = self._place / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        return path


def _talks(call: Call) -> bool:
    return call.state is CallState.ACTIVE and call.quality.jitter_ms is not None


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _tone(seconds: float) -> _Floats:
    time = np.arange(int(seconds * RATE)) / RATE
    tone: _Floats = 0.3 * np.sin(2 * np.pi * _TONE_HZ * time)
    return tone


def _windows(samples: _Floats) -> NDArray[np.complex128]:
    """Amplitude and phase of the tone, window by window."""
    size = int(_TONE_WINDOW_S * RATE)
    count = len(samples) // size
    turning = np.exp(-2j * np.pi * _TONE_HZ * np.arange(count * size) / RATE)
    shaped = (samples[: count * size] * turning).reshape(count, size) * np.hanning(size)
    mixed: NDArray[np.complex128] = shaped.mean(axis=1)
    return mixed


def _tone_part(samples: _Floats) -> _Floats:
    """Stretch from the tone's first to its last moment, without its edges."""
    strength = np.abs(_windows(samples))
    loud = strength > np.percentile(strength, 95) / 2
    size = int(_TONE_WINDOW_S * RATE)
    # Chirps sweep over the tone too, but never for so long.
    steady = np.convolve(loud, np.ones(40), "same") >= 30
    where = np.flatnonzero(steady)
    if not len(where):
        return samples[:0]
    return samples[(where[0] + 40) * size : (where[-1] - 40) * size]


def _breaks(samples: _Floats) -> int:
    windows = _windows(samples)
    if not len(windows):
        return 0
    strength = np.abs(windows)
    usual = np.median(strength)
    turn = np.abs(np.angle(windows[1:] * np.conj(windows[:-1])))
    dip = np.abs(strength[1:] / usual - 1)
    at = np.flatnonzero((turn > _TONE_TURN_RAD) | (dip > _TONE_DIP)) * _TONE_WINDOW_S
    return int(len(at) and 1 + np.count_nonzero(np.diff(at) > _ONE_BREAK_S))


def _latency(text: str) -> tuple[int, int]:
    capture, _, playback = text.partition("/")
    return int(capture), int(playback or capture)


async def _main(arguments: argparse.Namespace) -> None:
    print("capture playback frame jitter |  p5  median p95 ms (chirps) | breaks in s of tone | CPU")
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as folder:
        rig = Rig(Path(folder))
        await rig.start()
        try:
            for (capture, playback), frame, jitter in itertools.product(
                arguments.latency, arguments.frame, arguments.jitter
            ):
                setting = Setting(capture, playback, frame, jitter)
                seen = await rig.measure(setting, arguments.chirps, arguments.tone)
                low, median, high = (
                    np.percentile(seen.delays, (5, 50, 95)) if seen.delays else (np.nan,) * 3
                )
                print(
                    f"{capture:7} {playback:8} {frame:5} {jitter:6} | {low:4.0f} {median:6.0f} "
                    f"{high:5.0f}    ({len(seen.delays):2}/{arguments.chirps})    | "
                    f"{seen.breaks:6} in {seen.seconds:4.1f}      | {seen.cpu_pct:.1f} %",
                    flush=True,
                )
        finally:
            await rig.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--latency", type=_latency, nargs="+", metavar="MS[/MS]",
                        default=[(n, n) for n in (10, 15, 20, 30, 40)],
                        help="of capture and playback")  # fmt: skip
    parser.add_argument("--frame", type=int, nargs="+", default=[10, 20], metavar="MS")
    parser.add_argument("--jitter", type=int, nargs="+", default=[0, 20, 40], metavar="MS")
    parser.add_argument("--chirps", type=int, default=12, help="how many are timed")
    parser.add_argument("--tone", type=float, default=10, metavar="S", help="how long it sounds")
    asyncio.run(_main(parser.parse_args()))
