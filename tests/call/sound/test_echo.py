"""Echo cancelling: what the far end hears of itself, from a speaker beside a microphone."""

from __future__ import annotations

from pathlib import Path

from tests.call.conftest import NewPulse, NewSoundPhone
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall
from voip.protocol.settings import ChangeSettings

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
    kamailio: Kamailio,
    new_pulse: NewPulse,
    new_phone: NewPhone,
    new_sound_phone: NewSoundPhone,
    place: Path,
    speech: Path,
) -> None:
    desk = await new_pulse("desk")
    await desk.ask(
        "load-module", "module-loopback", "source=speaker.monitor", "sink=mic", "latency_msec=30"
    )
    bob, alice = await new_sound_phone(desk.client_environment), await new_phone("alice")
    for phone, user in ((bob, "bob"), (alice, "alice")):
        await phone.add_open(user, LOOPBACK, kamailio.port)
        await phone.until_registered(user)
    # Phones of the tests have it off.
    echo = await _loudness_of_the_echo(bob, alice, speech, place / "off.wav")
    since = len(bob.events)
    await bob.client.ask(ChangeSettings(changes={"audio.echo_cancel": True}))
    await bob.until_registered("bob", since)
    cancelled = await _loudness_of_the_echo(bob, alice, speech, place / "on.wav")
    assert echo > 500
    assert cancelled < echo / 10, (cancelled, echo)
