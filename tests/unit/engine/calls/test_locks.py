"""Words of a call's ends in the report of its lock, from the engine."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.support.attached import connect
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.model import Status
from voip.protection import Keying, LockReport
from voip.protocol.phone import GetStatus
from voip.protocol.trust import GetLock
from voip.security import sas

OTHERS = (facts.FINGERPRINTS[0], "SHA-256 " + ":".join(["5A"] * 32))


async def answered(standin: StandIn, **how: Any) -> str:
    """Make a running call, with keys as given; return its id."""
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call, **how)
    await standin.reaches_call(call, lambda c: c.state.answered)
    return call


async def report(standin: StandIn, call: str) -> LockReport:
    return await standin.client.get(GetLock(call=call), LockReport)


async def test_a_dtls_call_has_the_words_of_its_ends(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    words = (await report(standin, call)).end_to_end
    assert words is not None
    ours, theirs = (fingerprint.lower() for fingerprint in facts.FINGERPRINTS)
    assert words.words == sas.words(sas.Pair(*sorted((ours, theirs))))


@pytest.mark.parametrize(
    "how",
    [
        {"keying": Keying.SDES},
        {"keying": Keying.DTLS, "fingerprints": None},
        {"keying": Keying.DTLS, "encrypted": False},
        {"keying": Keying.DTLS, "fingerprints": (OTHERS[0], "SHA-1 " + ":".join(["5A"] * 20))},
    ],
)
async def test_any_other_call_has_none(standin: StandIn, how: dict[str, Any]) -> None:
    call = await answered(standin, **how)
    assert (await report(standin, call)).end_to_end is None


async def test_the_engine_serves_others_while_it_makes_words(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    begun, may_end = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(of: sas.Pair) -> tuple[str, ...]:
        loop.call_soon_threadsafe(begun.set)
        assert may_end.wait(30)
        return of

    monkeypatch.setattr(sas, "words", slow)
    asked = asyncio.create_task(report(standin, call))
    try:
        await begun.wait()
        async with await connect(standin.socket) as other:
            assert await other.get(GetStatus(), Status)
        standin.remote_answers(call, keying=Keying.DTLS, fingerprints=OTHERS)
        await standin.reaches(lambda _: remote_of(standin, call) == OTHERS[1])
    finally:
        may_end.set()
    # Words of an earlier far end must not be compared with those of the new one.
    assert (await asked).end_to_end is None
    assert (await report(standin, call)).end_to_end is not None


def remote_of(standin: StandIn, call: str) -> str | None:
    live = standin.engine.book.find(call)
    assert live is not None
    return live.streams[0].remote_fingerprint
