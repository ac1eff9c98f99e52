"""Refused hold and resume, as the command line and the far end see them."""

from __future__ import annotations

import pytest

from tests.call.hearing.conftest import MICROPHONE, NETWORK, Placed
from voip.model import CallState, Outcome

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="session")]

NOTHING: frozenset[int] = frozenset()


async def hears(placed: Placed) -> frozenset[int]:
    """Tones that the far end hears in the next moment."""
    since = len(placed.party.voice.frames)
    await placed.ear.hear(0.3)
    return placed.party.voice.hears(since)


async def talking(placed: Placed) -> None:
    await placed.answered()
    await placed.hears(NETWORK)
    assert await hears(placed) == {MICROPHONE}


@pytest.mark.parametrize("code", [488, 500, 603])
async def test_a_refused_hold_is_said_and_cuts_the_call_off(placed: Placed, code: int) -> None:
    await talking(placed)
    placed.party.refusals = [code]
    _, error = await placed.phone.run("hold", placed.call, status=1)
    assert f"call {placed.call}: the far end did not agree" in error
    assert await hears(placed) == NOTHING
    assert await placed.hears_for(0.5) == NOTHING
    (call,) = (await placed.phone.status()).calls
    assert (call.state, call.hold_agreed) == (CallState.HELD, False)
    # Nothing was agreed, so nothing is left to ask: the call goes on at once.
    before = placed.party.offers
    await placed.phone.run("resume", placed.call)
    assert placed.party.offers == before
    await placed.hears(NETWORK)
    assert await hears(placed) == {MICROPHONE}


async def test_a_hold_that_collides_is_asked_for_again(placed: Placed) -> None:
    await talking(placed)
    placed.party.refusals = [491]
    await placed.phone.run("hold", placed.call)
    assert placed.party.offers == 2
    assert await hears(placed) == NOTHING
    await placed.phone.run("resume", placed.call)
    await placed.hears(NETWORK)


async def test_a_refused_resume_is_said_and_leaves_the_call_on_hold(placed: Placed) -> None:
    await talking(placed)
    await placed.phone.run("hold", placed.call)
    placed.party.refusals = [500]
    _, error = await placed.phone.run("resume", placed.call, status=1)
    assert "the server failed" in error
    assert await hears(placed) == NOTHING
    (call,) = (await placed.phone.status()).calls
    assert (call.state, call.hold_agreed) == (CallState.HELD, False)
    await placed.phone.run("resume", placed.call)
    await placed.hears(NETWORK)


@pytest.mark.parametrize("code", [408, 481])
async def test_an_answer_that_ends_the_call_ends_it_in_words(placed: Placed, code: int) -> None:
    """RFC 3261 section 12.2.1.2: the dialog is over."""
    await talking(placed)
    placed.party.refusals = [code]
    _, error = await placed.phone.run("hold", placed.call, status=1)
    assert f"call {placed.call} has ended: the far end does not" in error
    entry = await placed.phone.until_logged(placed.call)
    assert entry.outcome is Outcome.LOST
    assert entry.reason in error
