"""Each codec of a session is heard when sent (RFC 3264 section 7)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import NewPhone
from tests.support.media import g711
from tests.support.media.g711 import PCMA, PCMU, Tone
from tests.support.media.pace import Pace
from tests.support.peers import sip
from tests.support.peers.hostile import own_host
from tests.support.peers.openend import OpenEnd
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Transport

_HEARD = 0.5
_A_SECOND = 48_000 * 4
"""Bytes of a recording's second, at the highest rate that one has."""
_UNPLAYABLE = "voice arrives in a codec that this phone cannot play"
_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2\r?$", re.MULTILINE)
_MAPS = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "3": "GSM/8000"}


def _session(host: str, port: int, offer: sip.Message, formats: str) -> str:
    """An answer of some formats; “opus” gets the number of the offer."""
    opus = _OPUS.search(offer.body)
    assert opus is not None
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    numbers = [opus[1] if name == "opus" else name for name in formats.split()]
    lines.append(f"m=audio {port} RTP/AVP {' '.join(numbers)}")
    maps = _MAPS | {opus[1]: "opus/48000/2"}
    lines += [f"a=rtpmap:{number} {maps[number]}" for number in numbers]
    return "\r\n".join([*lines, "a=sendrecv", ""])


@pytest_asyncio.fixture
async def far() -> AsyncIterator[OpenEnd]:
    end = OpenEnd(own_host())
    await end.start()
    yield end
    end.stop()


async def _up(phone: Phone, far: OpenEnd, formats: str, heard: Path) -> str:
    far.session = lambda offer, port: _session(far.host, port, offer, formats)
    await phone.add(
        "work", password="x", user="alice", domain="pbx.test",
        server=f"{far.host}:{far.port}", transport="udp",
    )  # fmt: skip
    await phone.until_registered("work")
    call = await phone.call("bob", record=str(heard))
    await phone.until_state(call, CallState.ACTIVE)
    return call


@contextlib.asynccontextmanager
async def _speaking(
    far: OpenEnd, tone: Tone, numbers: Iterator[int] | None = None
) -> AsyncIterator[None]:
    """Send a tone under these sequence numbers, in real time."""
    offer = await far.invited()
    numbered = numbers or itertools.count(1)

    async def speak() -> None:
        pace = Pace()
        for number in numbered:
            far.send(tone.packet(number), offer)
            await pace.after(0.02)

    task = asyncio.create_task(speak())
    try:
        yield
    finally:
        task.cancel()


async def _until_heard(phone: Phone, call: str, heard: Path, hertz: int) -> None:
    """Wait until the recording's end, as it is so far, is a tone."""
    while g711.share(heard, hertz) < _HEARD:
        position = len(phone.events)
        await phone.until_call(lambda c: c.id == call, position)


async def _until_codec(phone: Phone, codec: str, position: int) -> None:
    await phone.until_call(lambda c: c.codec == codec, position)


@pytest.mark.parametrize(
    ("formats", "sent"),
    [
        ("0 8", PCMU),
        ("0 8", PCMA),
        ("8 0", PCMU),
        ("9 8", PCMA),
        ("9 3 0", PCMU),
        ("opus 0", PCMU),
        ("opus 9 8", PCMA),
    ],
)
async def test_the_codec_that_the_far_end_sends_in_is_heard(
    new_phone: NewPhone, far: OpenEnd, place: Path, formats: str, sent: int
) -> None:
    phone, heard = await new_phone(), place / "heard.wav"
    call = await _up(phone, far, formats, heard)
    async with _speaking(far, Tone(1000, sent)):
        await _until_heard(phone, call, heard, 1000)
        await phone.until_call(lambda c: c.codec == ("pcma/8000/1" if sent else "pcmu/8000/1"))
    assert all(not c.quality.problem for c in phone.locks(call))


async def test_a_far_end_that_changes_its_codec_is_heard_again(
    new_phone: NewPhone, far: OpenEnd, place: Path
) -> None:
    phone, heard = await new_phone(), place / "heard.wav"
    call = await _up(phone, far, "0 8", heard)
    numbers = itertools.count(1)
    for hertz, sent in ((600, PCMU), (1000, PCMA), (1700, PCMU)):
        async with _speaking(far, Tone(hertz, sent), numbers):
            await _until_heard(phone, call, heard, hertz)


async def test_each_codec_is_heard_over_srtp_and_the_lock_stays_closed(
    new_phone: NewPhone, authority: Authority, place: Path
) -> None:
    host, heard = own_host(), place / "heard.wav"
    party = Party(host, Transport.TLS, authority.issue("far", addresses=[host]), 1000, ())
    party.formats, party.attributes = "0 8", ("a=rtpmap:8 PCMA/8000",)
    await party.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, party.server.port, authority.file)
    await phone.until_registered("alice")
    call = await phone.call("bob", record=str(heard))
    await party.take()
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    for sent, codec in ((PCMA, "pcma/8000/1"), (PCMU, "pcmu/8000/1"), (PCMA, "pcma/8000/1")):
        position = len(phone.events)
        party.voice.payload_type = sent
        await _until_codec(phone, codec, position)
        # The sound checked has to be from after the change.
        grown = heard.stat().st_size + _A_SECOND
        while heard.stat().st_size < grown:
            await phone.until_call(lambda c: c.id == call, len(phone.events))
        await _until_heard(phone, call, heard, 1000)
    shown = await phone.until_call(lambda c: c.id == call, len(phone.events))
    assert shown.lock.closed
    assert not shown.quality.problem
    assert party.voice.clear == 0
    await party.leave()
    await party.stop()


async def test_a_codec_that_was_not_agreed_is_said_to_be_unplayable(
    new_phone: NewPhone, far: OpenEnd, place: Path
) -> None:
    phone = await new_phone()
    call = await _up(phone, far, "0", place / "heard.wav")
    async with _speaking(far, Tone(1000, PCMA)):
        shown = await phone.until_call(lambda c: c.id == call and bool(c.quality.problem))
        assert shown.quality.problem == _UNPLAYABLE
        assert shown.quality.unplayable is not None
        out, _ = await phone.run("status")
        assert _UNPLAYABLE in out
    position = len(phone.events)
    await phone.until_call(lambda c: c.id == call and not c.quality.problem, position)
