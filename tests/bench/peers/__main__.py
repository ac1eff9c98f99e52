"""Measure Offhook beside baresip, linphonec and Twinkle.

Run by hand, on an idle machine: python -m tests.bench.peers

All phones register at one Kamailio, with TLS and SRTP, and call one far end, which
answers at once with the one codec that is measured. Twinkle has no TLS: it uses UDP and
RTP. Echo cancelling is off, but for `echo`; everything else has the phone's default.
Each run measures every phone once, so that load which comes and goes meets all alike.
Five take about 70 minutes. SRTP is AES_CM_128_HMAC_SHA1_80 for all.

- Mouth to ear: from a chirp in the phone's microphone, by way of the far end, which
  returns each packet of voice as it comes, to the same chirp at that phone's speaker.
- CPU and memory: of all processes of a phone, the sound daemon's not counted. Offhook is
  its engine and workers; with --screen there is a column with its screen as well.
- Start to registered: from the start of the process until the registrar has its contact.
- Dial to INVITE: from the command at the phone's own input to the first large packet.
- PESQ-WB and PLCMOS "of equal packets": of speech that the far end sends, in packets that
  are equal for all phones, with the same ones lost. It compares receivers.
- PESQ-WB and PLCMOS "there and back": of speech in the phone's microphone, coded by the
  phone, returned with losses that the far end reports, at that phone's speaker.
  Each run has another seed. `pip install pesq` brings the one measure, `pip install
  speechmos onnxruntime` the other.
- Packet to ear: from each second of speech that the far end sends to the same at the
  phone's speaker, before, while and after the packets are held for 0 to 80 ms.
- Echo: the phone's canceller is on, and its microphone hears its speaker by way of a room
  (8 dB weaker, 0.3 s of reverberation) 20 to 200 ms late, beside what the sound server
  takes. The far end speaks, in G.711: how much weaker it hears itself than the microphone
  does, after five seconds; then with a voice at the phone, in its pauses. That voice is
  compared with the same through the same phone while the far end is silent.
- Noise: the phone's noise suppression is on. By how much a voice is further above the noise
  in its pauses than in the microphone, in G.711's band, after four seconds of noise alone;
  how loud it is beside the same through the same phone without noise; and what its PESQ has
  more than that of the microphone's sound.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.peers.ground import Ground
from tests.bench.peers.measures import (
    CODECS,
    CURVE_S,
    JITTER_S,
    PARTS,
    SCORES,
    Session,
    Values,
    rows,
)
from tests.bench.peers.phones.baresip import Baresip
from tests.bench.peers.phones.base import Driver, Missing, package_version
from tests.bench.peers.phones.linphone import Linphone
from tests.bench.peers.phones.offhook import Offhook
from tests.bench.peers.phones.twinkle import Twinkle
from tests.bench.peers.room.echo import EchoSession, echo_rows
from tests.bench.peers.room.noise import NoiseSession, noise_rows
from tests.bench.peers.room.session import RoomSession
from tests.bench.peers.speech import PACKAGES, Speech, judges
from tests.bench.peers.stream import Received
from tests.bench.peers.table import figures, markdown, ratios, summary

_OURS, _SHOWN, _BEFORE = "Offhook", "with screen", "before"
_TREE = Path(__file__).parents[3]
_ROOM_SESSIONS: dict[str, type[RoomSession]] = {"echo": EchoSession, "noise": NoiseSession}
_HEIGHTS, _STEP_MS = "▁▂▃▄▅▆▇█", 25
_ALL_PARTS = (*PARTS, *_ROOM_SESSIONS)


def _phones(ground: Ground, shows: bool, against: Path | None) -> list[Driver]:
    folder, setup = ground.folder, ground.setup
    makers: list[Callable[[], Driver]] = [
        lambda: Baresip(folder / "baresip", setup),
        lambda: Linphone(folder / "linphone", setup),
        lambda: Twinkle(folder / "twinkle", setup),
    ]
    phones: list[Driver] = [Offhook(folder / "offhook", setup, _TREE, _OURS)]
    if shows:
        phones.append(Offhook(folder / "shown", setup, _TREE, _SHOWN, has_screen=True))
    if against is not None:
        phones.append(Offhook(folder / "before", setup, against.resolve(), _BEFORE))
    for make in makers:
        try:
            phones.append(make())
        except Missing as error:
            print(f"left out: {error}")
    return phones


async def _measure(
    ground: Ground, phones: list[Driver], runs: int, parts: frozenset[str]
) -> tuple[dict[str, list[Values]], list[str]]:
    """Values by phone, a run each, and lines about what each phone sent."""
    speech = Speech(ground.folder)
    measured: dict[str, list[Values]] = {phone.name: [] for phone in phones}
    sent: dict[str, str] = {}
    for run in range(runs):
        for phone in phones:
            print(f"run {run + 1} of {runs}: {phone.name}", file=sys.stderr, flush=True)
            values: Values = {}
            measured[phone.name].append(values)
            for session in _sessions(ground, phone, speech, run, parts):
                try:
                    await session.run(parts)
                except (AssertionError, OSError) as error:  # a timeout, or a phone that died
                    why = f"{type(error).__name__} {error}"
                    print(f"  failed at {session.stage}: {why}", file=sys.stderr, flush=True)
                except asyncio.CancelledError:  # Ctrl+C, perhaps after an hour
                    print("Interrupted; this is what was measured.", file=sys.stderr)
                    return measured, list(sent.values())
                finally:
                    # What a run had measured before it failed counts.
                    values |= session.values
                for codec, received in session.received.items():
                    sent[f"{phone.name} {codec}"] = _sent(phone.name, CODECS[codec], received)
                for codec, curve in session.curves.items():
                    sent[f"{phone.name} {codec} curve"] = _curve(phone.name, CODECS[codec], curve)
                if isinstance(session, EchoSession) and session.paths_ms:
                    sent[f"{phone.name} room"] = _room(phone.name, session.paths_ms)
            if not ground.has_sound:
                print("The sound server has ended; this is what was measured.", file=sys.stderr)
                return measured, list(sent.values())
    return measured, list(sent.values())


def _sessions(
    ground: Ground, phone: Driver, speech: Speech, seed: int, parts: frozenset[str]
) -> Iterator[Session]:
    """Sessions of one run: a phone with other settings is another process."""
    if parts & frozenset(PARTS):
        yield Session(ground, phone, speech, seed)
    for part, session in _ROOM_SESSIONS.items():
        if part in parts and session.processing in phone.processing:
            yield session(ground, phone, speech, seed)


def _room(phone: str, paths_ms: list[float]) -> str:
    """What a phone's rooms took beside the delays that they are named by."""
    return (
        f"- {phone}, rooms: {min(paths_ms):.0f} to {max(paths_ms):.0f} ms more from speaker to "
        "microphone than named"
    )


def _curve(phone: str, codec: str, late_ms: list[float]) -> str:
    """Delays of the seconds of a call, in its last run, as figures and as heights."""
    heights = "".join(_HEIGHTS[min(int(ms / _STEP_MS), len(_HEIGHTS) - 1)] for ms in late_ms)
    figures = " ".join(f"{ms:.0f}" for ms in late_ms)
    return (
        f"- {phone}, {codec}, packet to ear in each second from the {CURVE_S.start + 1}th on, with "
        f"jitter from the {JITTER_S.start + 1}th to the {JITTER_S.stop}th, {_STEP_MS} ms a step: "
        f"{heights} {figures}"
    )


def _sent(phone: str, codec: str, received: Received) -> str:
    """What a phone sent while it spoke, and how soon it had it back."""
    seconds = received.moments[-1] - received.moments[0]
    held = summary([received.held_s], 95) or 0
    return (
        f"- {phone}, {codec}: {len(received.sizes) / seconds:.1f} packets a second, "
        f"{8 * sum(received.sizes) / seconds / 1000:.0f} kbit/s; returned within "
        f"{1000 * held:.1f} ms (p95); {received.strange} packets of another codec or key"
    )


async def _main(arguments: argparse.Namespace) -> None:
    parts = frozenset(arguments.parts)
    if parts & {"loss", "return"}:
        for measure in PACKAGES.keys() - judges():
            print(f"left out: {SCORES[measure]}; pip install {PACKAGES[measure]} brings it")
        parts = parts if judges() else parts - {"loss", "return"}
    with tempfile.TemporaryDirectory(prefix="oh-", dir="/tmp") as folder:
        ground = Ground(Path(folder))
        await ground.start()
        try:
            phones = _phones(ground, arguments.screen, arguments.against)
            versions = [f"- {phone.name} {await phone.version()}" for phone in phones]
            load = os.getloadavg()
            measured, sent = await _measure(ground, phones, arguments.runs, parts)
        finally:
            await ground.stop()
    known = [*rows(), *echo_rows(), *noise_rows()]
    by_measure = {
        name: {row.measure: [run.get(row.measure, []) for run in runs] for row in known}
        for name, runs in measured.items()
    }
    shown = [row for row in known if any(any(by[row.measure]) for by in by_measure.values())]
    kin = [name for name in (_SHOWN, _BEFORE) if name in by_measure]
    print(markdown(ratios(shown, by_measure, _OURS, kin)))
    print()
    print(markdown(figures(shown, by_measure)))
    print()
    print("\n".join(versions))
    server = await package_version("kamailio"), await package_version("pulseaudio")
    print(f"- Kamailio {server[0]}, PulseAudio {server[1]}, {platform.platform()}")
    print(
        f"- {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {arguments.runs} runs, "
        f"{os.cpu_count()} cores, load {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after"
    )
    print("\n".join(sent))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="of every phone; 5 unless given")
    parser.add_argument("--parts", nargs="+", choices=_ALL_PARTS, default=_ALL_PARTS)
    parser.add_argument("--screen", action="store_true", help="add a column with the screen")
    parser.add_argument("--against", type=Path, metavar="TREE",
                        help="an earlier checkout of Offhook, with its .venv")  # fmt: skip
    asyncio.run(_main(parser.parse_args()))
