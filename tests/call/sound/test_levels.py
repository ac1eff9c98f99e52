"""The meters show sound in its own direction, and at its own level."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from tests.conftest import NewPhone
from tests.support.attached import connect
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.pki import Authority
from voip.model import CallState
from voip.protocol.calls import AnswerCall
from voip.protocol.phone import Subscribe
from voip.protocol.sound import LevelsEvent

_RATE = 16000
_MEAN = 0.318  # of a sine at half of full scale: 0.5 * 2 / pi


def _sine(path: Path) -> Path:
    moments = np.arange(30 * _RATE) / _RATE
    samples = (0.5 * 32767 * np.sin(2 * np.pi * 440 * moments)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples.tobytes())
    return path


async def test_each_side_tells_the_sound_by_its_way(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, place: Path
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
    call = await alice.call("bob", play=str(_sine(place / "sine.wav")))
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == call and c.lock.closed)

    async def levels(socket: Path, sending: bool) -> None:
        """Wait until one direction is as loud as the sound and the other silent."""
        async with await connect(socket) as client:
            await client.ask(Subscribe(levels=True))
            async for numbered in client.events():
                event = numbered.event
                if not isinstance(event, LevelsEvent):
                    continue
                loud, quiet = (event.tx, event.rx) if sending else (event.rx, event.tx)
                assert quiet < 0.01, event
                if 0.7 * _MEAN < loud < 1.4 * _MEAN:
                    return

    await levels(alice.socket, sending=True)
    await levels(bob.socket, sending=False)
