"""Candidates of ICE that lead the voice elsewhere: only what answers checks gets it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.call.hostile.stage import Stage
from voip.causes import CauseKind
from voip.model import CallState

pytestmark = pytest.mark.asyncio(loop_scope="session")

_CREDENTIALS = "a=ice-ufrag:abcdefgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"


class _Victim(asyncio.DatagramProtocol):
    """A socket of somebody who takes no part; `kinds` are those of its packets."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.port = 0
        self._packets: asyncio.Queue[None] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: object) -> None:
        # RFC 7983 section 7.
        self.kinds.add("check" if data[0] < 4 else "voice" if 127 < data[0] < 192 else "other")
        self._packets.put_nowait(None)

    async def gets(self, packets: int) -> None:
        """Wait until more packets have come."""
        async with asyncio.timeout(20):
            for _ in range(packets):
                await self._packets.get()


@pytest_asyncio.fixture(loop_scope="session")
async def victim(stage: Stage) -> AsyncIterator[_Victim]:
    loop = asyncio.get_running_loop()
    transport, victim = await loop.create_datagram_endpoint(_Victim, (stage.host, 0))
    yield victim
    transport.close()


def _session(session: str, host: str, port: int, candidate: int) -> str:
    """A session with its voice at `port`, and a candidate at another."""
    session = re.sub(r"m=audio \d+", f"m=audio {port}", session)
    return f"{session}{_CREDENTIALS}a=candidate:H 1 UDP 2130706431 {host} {candidate} typ host\r\n"


async def _ends_without_a_way(stage: Stage, call: str, victim: _Victim) -> None:
    """Wait for the end of the checks, which nobody has answered."""
    ended = await stage.phone.until_call(lambda c: c.id == call and c.state is CallState.ENDED)
    assert ended.cause is not None
    assert ended.cause.kind is CauseKind.NO_WAY
    assert victim.kinds == {"check"}


@pytest.mark.parametrize("code", [183, 200])
async def test_who_answers_no_check_gets_no_voice(stage: Stage, victim: _Victim, code: int) -> None:
    # Its keys are good and every packet would be encrypted: none is sent.
    stage.lock_may_close = True
    far = await stage.far_end(ice=True)
    call = await stage.call()
    await far.invited()
    far.answers(_session(far.session(far.offered), stage.host, victim.port, victim.port), code)
    if code < 200:
        # A check is repeated after 0.1 s, and twice that each time: voice comes faster.
        await victim.gets(4)
        assert victim.kinds == {"check"}
        far.answers(_session(far.session(far.offered), stage.host, victim.port, victim.port))
    await _ends_without_a_way(stage, call, victim)


async def test_a_candidate_beside_the_address_of_the_session_gets_no_voice(
    stage: Stage, victim: _Victim
) -> None:
    stage.lock_may_close = True
    far = await stage.far_end(ice=True)
    call = await stage.call()
    await far.invited()
    session = far.session(far.offered)
    port = re.search(r"m=audio (\d+)", session)
    assert port is not None
    far.answers(_session(session, stage.host, int(port[1]), victim.port))
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed)
    await _ends_without_a_way(stage, call, victim)


async def test_an_offer_of_a_caller_leads_no_voice_elsewhere(stage: Stage, victim: _Victim) -> None:
    stage.lock_may_close = True
    far = await stage.far_end(ice=True)
    await far.calls(
        '"Mallory" <sip:m@evil.test>',
        _session(far.session(), stage.host, victim.port, victim.port),
    )
    call = await stage.answer()
    await _ends_without_a_way(stage, call, victim)
