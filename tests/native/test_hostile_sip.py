"""What single hostile messages did to PJSIP before our patches from 0020 on.

Each was found by `tests.fuzz.worker`.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support import sip
from tests.support.hostile import Connection, HostileServer
from tests.support.pki import Leaf


async def _probe_answered_with_a_star(
    new_probe: NewProbe, host: str, leaf: Leaf, library: Path | None = None
) -> tuple[Probe, HostileServer]:
    def behave(connection: Connection, message: sip.Message) -> None:
        contact = f"{message.get('Contact')};expires=60, *"
        connection.send(sip.response(message, 200, "OK", contact=contact))

    server = HostileServer(host, behave, leaf)
    await server.start()
    return await new_probe(library=library, server=f"{host}:{server.port}"), server


# 0020: a Contact without a URI


async def test_a_registration_answered_with_a_star_is_a_registration(
    new_probe: NewProbe, host: str, leaf: Leaf
) -> None:
    probe, server = await _probe_answered_with_a_star(new_probe, host, leaf)
    assert (await probe.until("registration"))["code"] == 200
    assert await probe.quit() == 0
    await server.stop()


@pytest.mark.unpatched
async def test_unpatched_a_registration_answered_with_a_star_ends_the_process(
    new_probe: NewProbe, host: str, leaf: Leaf, unpatched: Path
) -> None:
    probe, server = await _probe_answered_with_a_star(new_probe, host, leaf, unpatched)
    assert await probe.exit_status() == -signal.SIGSEGV
    await server.stop()
