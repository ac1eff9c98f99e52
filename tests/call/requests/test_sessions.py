"""Every valid session as an offer: first INVITE, re-INVITE and UPDATE."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

import pytest

from tests.call.requests.ground import Ground, rings_and_is_taken
from tests.call.requests.sessions import DIRECTIONS, OFFERS, Session, directions
from tests.support.peers import sip
from voip.engine.supervisor import WorkerRefused
from voip.model import CallState

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

_FIRST = Session("sendrecv", "session", True)

_TAKEN = {
    "sendrecv": set(DIRECTIONS[:4]),
    "sendonly": {"recvonly", "inactive"},
    "recvonly": {"sendonly", "inactive"},
    "inactive": {"inactive"},
}
"""Directions that may answer each direction (RFC 3264 section 6.1)."""


def _text(ground: Ground, session: Session) -> str:
    return session.text(ground.server.host, ground.server.rtp_port, ground.transport)


def _check(session: Session, offer: str, answer: sip.Message) -> None:
    if not session.used and session.beside in ("", "video, not used", "application, before"):
        # No stream is left that could carry voice.
        assert answer.status in (200, 488), answer.first
        return
    if answer.status == 488 and not session.used:
        return  # no stream is left that this phone has
    assert answer.status == 200, (session, answer.first)
    lines = [line for line in answer.body.splitlines() if line.startswith("m=")]
    offered = [line for line in offer.splitlines() if line.startswith("m=")]
    assert [line.split()[0] for line in lines] == [line.split()[0] for line in offered]
    for line, asked, given, answered in zip(
        offered, lines, directions(answer.body), directions(offer), strict=True
    ):
        if line.split()[1] == "0":
            assert asked.split()[1] == "0", (offer, answer.body)
        elif asked.split()[1] != "0":
            assert given in _TAKEN[answered], (offer, answer.body)


async def test_every_first_offer(ground: Ground) -> None:
    server = ground.server

    async def play(session: Session) -> None:
        since = len(ground.events)
        first, offer = server.dialog(), _text(ground, session)
        asked = asyncio.create_task(server.ask(first, "INVITE", body=offer))
        taken = asyncio.create_task(rings_and_is_taken(ground, first, since))
        answer = await asked
        if answer.status >= 300:
            _check(session, offer, answer)
            server.acknowledge(first, answer)
            # The offer was refused before it rang, or when it was answered.
            taken.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkerRefused):
                await taken
            return
        call = await taken
        dialog = server.acknowledge(first, answer)
        _check(session, offer, answer)
        assert (await server.ask(dialog, "OPTIONS", 2)).status == 200
        assert (await server.ask(dialog, "BYE", 3)).status == 200
        await ground.until_state(call, CallState.ENDED)

    assert await ground.each(play(session) for session in OFFERS) == 240


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_every_later_offer(ground: Ground, method: str) -> None:
    server = ground.server

    async def play(beside: str) -> None:
        since = len(ground.events)
        numbers = itertools.count(2)
        first = server.dialog()
        asked = asyncio.create_task(server.ask(first, "INVITE", body=_text(ground, _FIRST)))
        call = await rings_and_is_taken(ground, first, since)
        dialog = server.acknowledge(first, await asked)
        # A session never has fewer streams than before (RFC 3264 section 8).
        for session in (s for s in OFFERS if s.beside == beside):
            number, offer = next(numbers), _text(ground, session)
            answer = await server.ask(dialog, method, number, body=offer)
            if method == "INVITE":
                server.acknowledge(dialog, answer)
            _check(session, offer, answer)
            assert (await server.ask(dialog, "OPTIONS", next(numbers))).status == 200
        assert (await server.ask(dialog, "BYE", next(numbers))).status == 200
        await ground.until_state(call, CallState.ENDED)

    assert await ground.each(play(beside) for beside in {s.beside for s in OFFERS}) == 6
