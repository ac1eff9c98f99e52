"""The speaker plays either our ringing or the network's (RFC 3960, 3.2)."""

from __future__ import annotations

import pytest

from tests.call.hearing.conftest import NETWORK, OURS, Placed
from voip.model import CallState

SILENCE = 0
"""Hertz; a far end that sends this sends packets of silence."""

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="session")]


async def test_without_early_media_we_ring(placed: Placed) -> None:
    placed.party.progress(180)
    await placed.hears(OURS)
    assert await placed.hears_for(1) <= {OURS}


async def test_the_networks_own_ringing_is_heard_alone(placed: Placed) -> None:
    placed.party.progress(183, session=True, speaks=True)
    await placed.hears(NETWORK)
    placed.party.progress(180)
    assert await placed.hears_for(3) == {NETWORK}
    await placed.answered()
    assert await placed.hears_for(1) == {NETWORK}


async def test_a_session_without_sound_rings_once_the_far_end_does(placed: Placed) -> None:
    placed.party.progress(183, session=True)
    await placed.phone.until_state(placed.call, CallState.RINGING)
    assert await placed.hears_for(1) == frozenset()
    placed.party.progress(180)
    await placed.hears(OURS)


@pytest.mark.parametrize("hertz", [SILENCE])
async def test_packets_of_silence_do_not_keep_us_from_ringing(placed: Placed) -> None:
    placed.party.progress(183, session=True, speaks=True)
    placed.party.progress(180)
    await placed.hears(OURS)


async def test_our_ringing_ends_when_the_network_begins(placed: Placed) -> None:
    placed.party.progress(180)
    await placed.hears(OURS)
    placed.party.progress(183, session=True, speaks=True)
    await placed.hears(NETWORK)
    # Sound on its way to the speaker has been played by then.
    await placed.ear.hear(0.5)
    assert await placed.hears_for(5) == {NETWORK}
