"""Echo cancelling: what the far end hears of itself, from a speaker beside a microphone."""

from __future__ import annotations

from pathlib import Path

from tests.call.sound.conftest import TwoPhones
from tests.call.sound.test_noise import turn
from tests.support.media import sound
from tests.support.media.pulse import Pulse
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall

_SECONDS = 8
_LEARNT_S = 3
"""Seconds that the canceller needs to learn a room."""


async def _loudness_of_the_echo(bob: Phone, alice: Phone, said: Path, record: Path) -> float:
    """Loudness of what alice hears of her own voice, once the call has lasted a while."""
    since = len(bob.events)
    out = await alice.call(
        f"bob@{DOMAIN}", play=str(said), record=str(record), hangup_after_s=_SECONDS
    )
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING, since)
    await bob.client.ask(AnswerCall(call=ringing.id))
    assert (await alice.until_logged(out)).outcome is Outcome.ANSWERED
    return sound.loudness(record, since_s=_LEARNT_S)


async def test_the_far_end_does_not_hear_itself(
    desk: Pulse, two_phones: TwoPhones, place: Path, speech: Path
) -> None:
    await desk.ask(
        "load-module", "module-loopback", "source=speaker.monitor", "sink=mic", "latency_msec=30"
    )
    bob, alice = await two_phones()
    # Phones of the tests have it off.
    echo = await _loudness_of_the_echo(bob, alice, speech, place / "off.wav")
    await turn(bob, "audio.echo_cancel", True)
    cancelled = await _loudness_of_the_echo(bob, alice, speech, place / "on.wav")
    assert echo > 500
    assert cancelled < echo / 10, (cancelled, echo)
