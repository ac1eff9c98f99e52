"""Write screens of each lock situation: python -m tests.tui.situations.

The words are in `tests.support.screen.situations`; a file holds the screen in each
size with each set of symbols, as plain text.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from tests.support import disks
from tests.support.clock import standing_still
from tests.support.screen.pilot import screen
from tests.support.screen.situations import SERVER
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from tui.terminal.glyphs import ASCII, EMOJI, UNICODE, Glyphs
from voip.model import Call, CallState, rfc3339
from voip.protection import Keying, LockReport, Sign
from voip.protocol.calls import Hold, Record
from voip.protocol.settings import Glyphs as GlyphSet
from voip.protocol.settings import Screen
from voip.protocol.trust import CompareWords, GetLock

FOLDER = Path(__file__).parent / "situations"
SIZES = ((60, 20), (80, 24), (120, 40))
SETS: dict[GlyphSet, Glyphs] = {"unicode": UNICODE, "emoji": EMOJI, "ascii": ASCII}
SEVERAL = "several calls, the open one active"
_DAY_S = 24 * 3600.0

Setup = Callable[[Stage], Awaitable[object]]


async def _account(stage: Stage) -> None:
    await stage.phone.to_main()
    await stage.engine.add_account("work", domain=SERVER)
    await stage.phone.settle()


async def _secure(stage: Stage) -> str:
    await _account(stage)
    return await stage.active()


async def _open(stage: Stage, *, encrypted: bool = False) -> str:
    await stage.phone.to_main()
    await stage.engine.add_account("old", transport="udp", domain=SERVER)
    call = await stage.engine.call("200", account="old")
    stage.engine.remote_answers(call, encrypted=encrypted)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    return call


async def _dialled(stage: Stage, keying: Keying = Keying.SDES) -> str:
    await _account(stage)
    call = await stage.dialled("100")
    stage.engine.remote_answers(call, keying=keying)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    return call


async def _shown(stage: Stage, condition: Callable[[Call], bool]) -> None:
    await stage.phone.until(lambda: any(condition(s.call) for s in stage.phone.app.state.calls))


async def _connection_down(stage: Stage) -> None:
    await _secure(stage)
    # Unanswered, or the account would register at once over another connection.
    stage.engine.ignore_account("work")
    stage.engine.drop_connection("work")
    await _shown(stage, lambda call: not call.lock.closed)


async def _pinned(stage: Stage) -> None:
    await stage.phone.to_main()
    key = facts.server(SERVER).chain[0].key_sha256
    await stage.engine.add_account("work", domain=SERVER, pin=key)
    await stage.active()


async def _pin_changed(stage: Stage) -> None:
    await stage.phone.to_main()
    await stage.engine.add_account("work", domain=SERVER, pin="cd" * 32)
    await stage.phone.sees("its certificate")
    stage.phone.app.main.accounts.focus()


async def _early(stage: Stage) -> None:
    await _account(stage)
    call = await stage.dialled("100")
    stage.engine.remote_sounds(call)
    await _shown(stage, lambda found: bool(found.lock.media))


async def _hold(stage: Stage) -> None:
    call = await _secure(stage)
    await stage.engine.client.ask(Hold(call=call))
    await stage.phone.until(lambda: stage.state_of(call) is CallState.HELD)


async def _recording(stage: Stage) -> None:
    call = await _secure(stage)
    await stage.engine.client.ask(Record(call=call, path=str(stage.engine.folder / "r.wav")))
    await _shown(stage, lambda found: found.recording)


async def _busy(stage: Stage) -> None:
    await _account(stage)
    call = await stage.dialled("100")
    stage.engine.remote_busy(call)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ENDED)


async def _several(stage: Stage) -> None:
    await _hold(stage)
    await _open(stage)


async def _compared(stage: Stage, call: str) -> None:
    report = await stage.phone.app.bridge.get(GetLock(call=call), LockReport)
    assert report.end_to_end is not None
    words = report.end_to_end.words
    await stage.engine.client.ask(CompareWords(call=call, words=words, equal=True))
    await _shown(stage, lambda found: found.lock.sign is Sign.SEALED)


async def _dtls_compared(stage: Stage) -> None:
    await _compared(stage, await _dialled(stage, Keying.DTLS))


async def _dtls_again(stage: Stage, fingerprints: tuple[str, str] = facts.FINGERPRINTS) -> None:
    """Call the compared far end again, with these certificates."""
    call = await _dialled(stage, Keying.DTLS)
    await _compared(stage, call)
    stage.engine.remote_hangs_up(call)
    await stage.engine.until_logged(call)
    stage.clock.advance(60)
    stage.phone.tick()
    again = await stage.dialled("100")
    stage.engine.remote_answers(again, keying=Keying.DTLS, fingerprints=fingerprints)
    await stage.phone.until(lambda: stage.state_of(again) is CallState.ACTIVE)


async def _dtls_changed(stage: Stage) -> None:
    local, _ = facts.FINGERPRINTS
    await _dtls_again(stage, (local, "sha-256 " + ":".join(["5A"] * 32)))


async def _certificate_ends(stage: Stage) -> None:
    await stage.phone.to_main()
    shown = facts.server(SERVER)
    leaf = replace(shown.chain[0], not_after=rfc3339(stage.clock.epoch() + 5.5 * _DAY_S))
    stage.engine.shows_certificates(SERVER, replace(shown, chain=(leaf, *shown.chain[1:])))
    await stage.engine.add_account("work", domain=SERVER)
    await stage.active()


SETUPS: dict[str, Setup] = {
    "TLS with SRTP": _secure,
    "TLS with its connection down": _connection_down,
    "pinned": _pinned,
    "pin changed": _pin_changed,
    "UDP": _open,
    "UDP with SRTP": partial(_open, encrypted=True),
    "DTLS not compared": partial(_dialled, keying=Keying.DTLS),
    "DTLS compared": _dtls_compared,
    "DTLS compared before": _dtls_again,
    "DTLS compared with another key than last time": _dtls_changed,
    "early media": _early,
    "on hold": _hold,
    "recording": _recording,
    "certificate near its end": _certificate_ends,
    "busy": _busy,
    SEVERAL: _several,
}


class Picture(NamedTuple):
    """A screen of a situation: columns and lines, and the set of symbols."""

    size: tuple[int, int]
    glyphs: GlyphSet
    lines: list[str]


async def take(name: str, place: Path) -> list[Picture]:
    """Draw the situation in each size with each set of symbols."""
    taken = []
    with standing_still() as clock:
        async with StandIn(place) as engine, screen(clock=clock) as phone:
            await SETUPS[name](Stage(phone, engine, clock))
            for glyphs in SETS:
                phone.app.wear(Screen(theme="dark", glyphs=glyphs))
                for size in SIZES:
                    await phone.resize(*size)
                    for beneath in phone.app.screen_stack:
                        beneath.refresh()
                    await phone.settle()
                    # A notice over the dial line comes and goes: leave it out.
                    lines = [*phone.lines[:-3], "", *phone.lines[-2:]]
                    taken.append(Picture(size, glyphs, lines))
    return taken


def text_of(taken: list[Picture]) -> str:
    """Join the pictures of a situation into the text of its file."""
    return "\n".join(
        f"== {columns}x{rows} {glyphs}\n" + "\n".join(line.rstrip() for line in lines) + "\n"
        for (columns, rows), glyphs, lines in taken
    )


def file_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-').replace(',', '').lower()}.txt"


def main() -> int:
    """Write the pictures of all situations, and nothing else."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name in SETUPS:
        with disks.pictured() as place:
            text = text_of(asyncio.run(take(name, Path(place) / "s")))
        file_of(name).write_text(text, encoding="utf-8")
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
