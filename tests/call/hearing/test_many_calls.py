"""Many calls at once, each with a file, a far end and a recording of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.media import g711, sound
from tests.support.media.voice import steady
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.calls import HangUp

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(180)]

_CALLS = 12
_SENT = tuple(range(400, 400 + 200 * _CALLS, 200))
_RECEIVED = tuple(range(500, 500 + 200 * _CALLS, 200))
"""Hertz of each call's file, and of its far end."""

_PURE = 0.9
_PACKETS = 25


async def test_twelve_calls_at_once_send_and_hear_their_own_voice_alone(
    new_phone: NewPhone, authority: Authority, place: Path
) -> None:
    phone = await new_phone()
    parties = [await _party(phone, authority, place, number) for number in range(_CALLS)]
    calls = []
    for number, party in enumerate(parties):
        file, recording = _files(place, number)
        calls.append(
            await phone.call("bob", account=f"a{number}", play=str(file), record=str(recording))
        )
        await party.take()
    for call in calls:
        up = await phone.until_state(call, CallState.ACTIVE)
        assert up.lock.closed, up.lock
    since = [len(party.voice.frames) for party in parties]
    await asyncio.gather(*(party.voice.until_heard(_PACKETS) for party in parties))
    for number, party in enumerate(parties):
        await _until_recorded(phone, calls[number], _files(place, number)[1], _RECEIVED[number])
        assert steady(party.voice.frames[since[number] :]) == {_SENT[number]}
        assert party.voice.clear == 0
    states = {call.id: call.state for call in (await phone.status()).calls}
    assert states == dict.fromkeys(calls, CallState.ACTIVE)
    for call, party in zip(calls, parties, strict=True):
        await phone.client.ask(HangUp(call=call))
        await phone.until_logged(call)
        await party.leave()
        await party.stop()


async def _party(phone: Phone, authority: Authority, place: Path, number: int) -> Party:
    """A far end of its own account of the phone."""
    host, name = own_host(), f"a{number}"
    leaf = authority.issue(name, addresses=[host])
    party = Party(host, Transport.TLS, leaf, _RECEIVED[number], _SENT)
    await party.start()
    sound.sine(_files(place, number)[0], _SENT[number], seconds=60)
    await phone.add(
        name, password="secret", user=name, domain=DOMAIN,
        server=f"{host}:{party.server.port}", ca_file=str(authority.file),
    )  # fmt: skip
    await phone.until_registered(name)
    return party


def _files(place: Path, number: int) -> tuple[Path, Path]:
    return place / f"sent{number}.wav", place / f"received{number}.wav"


async def _until_recorded(phone: Phone, call: str, recording: Path, hertz: int) -> None:
    """Wait until the end of a recording, as it is so far, is a tone and nothing else."""
    while not recording.exists() or g711.share(recording, hertz) < _PURE:
        # Its statistics come each second.
        position = len(phone.events)
        await phone.until_call(lambda c: c.id == call, position)
