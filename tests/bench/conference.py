"""Measure the CPU time of eight calls in a conference, and of eight separate ones.

Run by hand: python -m tests.bench.conference [SECONDS]

The goal is at most 1.3 times as much. Each separate call is sent a file, so that both
ways carry voice in each; all is G.711, whose own cost hides the least of the mixing.
Only the worker's time counts, in turns, so that other load changes both alike.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

from tests.call.conftest import sound_phone
from tests.call.hearing.table import ME, TONES, Table, sit_down
from tests.support.media.pulse import Pulse
from tests.support.parts import Parts
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import EndConference, Play

_PARTIES = tuple(name for name in TONES if name != ME)
_ROUNDS = 3
_SETTLE_S = 3.0
_RATE = 48000  # the bridge's own


def _cpu_s(pids: list[int]) -> float:
    """CPU time of processes with all their threads (proc(5))."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def _measure(table: Table, seconds: float) -> float:
    """Share of a processor, in percent."""
    await asyncio.sleep(_SETTLE_S)
    pids = table.phone.worker_pids()
    before = _cpu_s(pids)
    await asyncio.sleep(seconds)
    return 100 * (_cpu_s(pids) - before) / seconds


async def _hang_up(table: Table) -> None:
    for call in table.calls.values():
        await table.phone.until_logged(call)
    for name in table.calls:
        await table.parties[name].leave()
    table.calls.clear()


async def _round(table: Table, file: Path, seconds: float) -> tuple[float, float]:
    """Share of a processor for separate calls, then for the same ones joined."""
    ask = table.phone.client.ask
    for name in _PARTIES:
        await table.call(name)
        await ask(Play(call=table.calls[name], path=str(file)))
    states = [call.state for call in (await table.phone.status()).calls]
    assert states == [CallState.ACTIVE] * len(_PARTIES), states
    separate = await _measure(table, seconds)
    for name in _PARTIES:
        await ask(Play(call=table.calls[name], path=None))
    await table.join(*_PARTIES)
    await table.hear(" ".join((ME, *_PARTIES)))
    joined = await _measure(table, seconds)
    await ask(EndConference(call=table.calls[_PARTIES[0]]))
    await _hang_up(table)
    return separate, joined


def _write_tone(path: Path) -> None:
    """Write minutes of a tone: PJMEDIA's bridge leaves silence out."""
    tone = 2500 * np.sin(2 * np.pi * TONES[ME] * np.arange(600 * _RATE) / _RATE)
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, _RATE, 0, "NONE", ""))
        out.writeframes(tone.astype("<i2").tobytes())


async def main(seconds: float) -> int:
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as name:
        folder = Path(name)
        file = folder / "tone.wav"
        _write_tone(file)
        async with Parts() as parts:
            pulse = await parts.begin(Pulse(folder / "desk"))
            phone = await parts.begin(sound_phone(folder / "phone", pulse.client_environment))
            async with pulse.listen() as ear:
                table = await sit_down(phone, pulse, ear, folder)
                await table.invite(Transport.TLS, *_PARTIES)
                ratios = []
                for _ in range(_ROUNDS):
                    separate, joined = await _round(table, file, seconds)
                    ratios.append(joined / separate)
                    print(
                        f"separate {separate:5.1f} %  joined {joined:5.1f} %  "
                        f"ratio {ratios[-1]:.2f}",
                        flush=True,
                    )
                print(f"median ratio {statistics.median(ratios):.2f}")
                await table.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(sys.argv[1]) if sys.argv[1:] else 20.0)))
