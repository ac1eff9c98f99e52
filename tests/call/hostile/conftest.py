from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest_asyncio

from tests.call.hostile.stage import Ground, Stage
from tests.support import disks
from tests.support.media import sound
from tests.support.network.wire import Wire
from tests.support.peers.hostile import HostileServer, Sinks, own_host, registrar
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.preload import hosts
from voip.engine.files.sound_files import playable

NAMES = (
    "pbx.hostile.test",
    "evil.hostile.test",
    "two.pbx.hostile.test",
    "xn--bcher-kva.hostile.test",
    f"{'long-' * 11}name.hostile.test",
)
"""Names that resolve, to the host of all cases."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground() -> AsyncIterator[Ground]:
    """One phone for all cases: damage done by one shows in the next."""
    with disks.short() as folder:
        built = await _prepare(Path(folder))
        yield built
        await built.phone.stop()
        await built.home.stop()
        built.check_sinks()
        built.close_sinks()
        built.wire.close()


async def _prepare(folder: Path) -> Ground:
    host, elsewhere = own_host(watched=True), own_host(watched=True)
    authority = Authority(folder / "pki")
    phone = Phone(folder / "p")
    phone.environment |= hosts(folder / "hosts", dict.fromkeys(NAMES, host), phone.environment)
    good = authority.issue("good", addresses=[host])
    built = Ground(
        folder=folder,
        phone=phone,
        host=host,
        elsewhere=elsewhere,
        authority=authority,
        wire=Wire(host.rpartition(".")[0] + "."),
        # Seven hundred calls play it: otherwise the engine resamples it each time.
        speech=playable(sound.speak(folder / "speech.wav"), folder)[0],
        good=good,
        # It answers nothing while tests of other loops run: a refresh would fail.
        home=HostileServer(host, partial(registrar, expires_s=7200), good),
        sinks=(Sinks(host), Sinks(elsewhere)),
    )
    await built.start()
    return built


@pytest_asyncio.fixture(loop_scope="session")
async def stage(ground: Ground) -> AsyncIterator[Stage]:
    built = Stage(ground)
    yield built
    await built.close()
