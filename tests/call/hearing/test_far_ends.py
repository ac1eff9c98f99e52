"""Voice flows both ways to the call's end with ordinary far ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.call.hearing.conftest import MICROPHONE, NETWORK, OTHER, OURS, PlaceCall, Placed
from tests.support.media.pulse import RATE, Samples, write
from tests.support.media.voice import TONE_PEAK, tones_in
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from tests.support.peers.party import Party
from voip.protection import Transport
from voip.protocol.calls import Play

pytestmark = [pytest.mark.realtime, pytest.mark.asyncio(loop_scope="session")]

_EDGE = 3400
"""Hertz: the end of a telephone's band (ITU-T G.712)."""

_KEPT = 0.7
"""Of a tone's loudness there: half of its power."""


async def test_a_call_is_heard_both_ways(placed: Placed) -> None:
    await placed.answered()
    await placed.talks()


async def test_another_source_of_the_same_voice_is_heard(placed: Placed) -> None:
    await placed.answered()
    await placed.talks()
    placed.party.voice.ssrc = 0xABCDEF
    await placed.talks()
    assert await placed.hears_for(0.5) <= {NETWORK}


@pytest.mark.parametrize(("hertz", "listened"), [(_EDGE, (_EDGE,))])
async def test_the_highest_tones_of_a_telephone_are_heard(placed: Placed, place: Path) -> None:
    await placed.answered()
    kept = _KEPT * TONE_PEAK / 32768

    def is_loud(heard: Samples) -> bool:
        return bool(tones_in(heard[-RATE // 4 :] / 32768, RATE, (_EDGE,), kept))

    await placed.ear.until(is_loud, placed.ear.position)
    tone = TONE_PEAK * np.sin(2 * np.pi * _EDGE * np.arange(RATE) / RATE)
    file = write(place / "tone.wav", tone.round().astype("<i2"))
    placed.party.voice.least = kept
    since = len(placed.party.voice.frames)
    await placed.phone.client.ask(Play(call=placed.call, path=str(file)))
    await placed.party.voice.until_heard(25)
    assert placed.party.voice.hears(since) == {_EDGE}


@pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
async def test_voice_of_any_packet_time_is_heard(placed: Placed, milliseconds: int) -> None:
    await placed.answered()
    placed.party.voice.frame = 8 * milliseconds
    await placed.talks()
    assert await placed.hears_for(0.5) <= {NETWORK}


@pytest.mark.parametrize("milliseconds", [20, 40])
async def test_the_packet_time_that_is_asked_for_is_sent(placed: Placed, milliseconds: int) -> None:
    placed.party.attributes = (f"a=ptime:{milliseconds}",)
    await placed.answered()
    await placed.talks()
    assert set(placed.party.voice.sizes[-5:]) == {8 * milliseconds}


@pytest.mark.parametrize("transport", [Transport.TLS], indirect=True)
async def test_keys_that_change_in_the_call_are_used_from_then_on(placed: Placed) -> None:
    await placed.answered()
    await placed.talks()
    placed.party.voice.rekey()
    assert (await placed.party.offer_again()).status == 200
    await placed.talks()
    # The phone's own next offer uses them too.
    placed.party.voice.rekey()
    assert (await placed.party.offer_again("UPDATE")).status == 200
    await placed.talks()


async def test_the_branch_of_a_fork_that_answers_is_heard(placed: Placed) -> None:
    placed.party.progress(180, tag="desk")
    placed.party.progress(180, tag="mobile")
    await placed.hears(OURS)
    placed.party.progress(183, session=True, speaks=True, tag="mailbox")
    await placed.hears(NETWORK)
    await placed.answered()
    await placed.talks()


async def test_a_session_timer_that_is_too_short_is_made_longer(
    party: Party, place_call: PlaceCall
) -> None:
    refused: list[sip.Message] = []

    def intercept(client: Client, message: sip.Message) -> bool:
        if message.method != "INVITE" or refused:
            return False
        refused.append(message)
        client.send(
            sip.response(message, 422, "Session Interval Too Small", extra=("Min-SE: 2400",))
        )
        return True

    party.intercepts = intercept
    placed = await place_call()
    invite = placed.party.received[-1]
    assert int(invite.get("Session-Expires").split(";")[0]) >= 2400
    assert int(invite.get("Min-SE")) >= 2400
    await placed.answered()
    await placed.talks()
    await placed.end()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
async def test_a_refresh_of_the_session_timer_is_agreed_to(placed: Placed, method: str) -> None:
    timer = ("Supported: timer", "Session-Expires: 1800;refresher=uac")
    placed.party.headers = ("Require: timer", "Session-Expires: 1800;refresher=uas")
    await placed.answered()
    await placed.talks()
    answer = await placed.party.offer_again(method, extra=timer)
    assert answer.status == 200
    assert answer.get("Session-Expires").startswith("1800")
    await placed.talks()


async def test_voice_from_another_port_after_a_new_offer_is_heard(placed: Placed) -> None:
    await placed.answered()
    await placed.talks()
    await placed.party.moves(OTHER)
    await placed.hears(OTHER)
    voice = placed.party.voice
    await placed.ear.hear(0.3)
    assert voice.hears() == {MICROPHONE}
    assert voice.clear == 0
