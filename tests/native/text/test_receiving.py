"""Real-time text as it is received (patches 0142 and 0143)."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.text import far_end
from tests.native.text.far_end import LOST
from tests.support.media import t140

_LEVEL = 4
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz"
_LONGEST = 512
"""Bytes of one text that are accepted."""

_PACE_S = 0.05
"""Time between the texts of somebody who writes on."""


def _letters(count: int) -> list[bytes]:
    return [bytes([_ALPHABET[at % 26]]) for at in range(count)]


async def test_text_that_repetitions_carry_is_not_lost(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    texts = _letters(26)
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        for number, text in enumerate(texts):
            packet = end.sealed(writer.packet(text))
            # Every fifth comes, and carries the four before it.
            if number % (_LEVEL + 1) == 0:
                end.send(packet)
        await end.until(b"".join(texts))


async def test_one_mark_stands_for_a_lost_stretch(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        packets = [end.sealed(writer.packet(text)) for text in _letters(20)]
        # Three of the seven that are lost are in no packet that comes.
        for packet in (*packets[:3], *packets[10:]):
            end.send(packet)
        await end.until(b"abc" + LOST + b"".join(_letters(20)[6:]))


@pytest.mark.parametrize("first", [100, 65_530], ids=["", "numbers that begin again"])
async def test_text_keeps_its_order(
    new_probe: NewProbe, new_server: NewServer, host: str, first: int
) -> None:
    texts = _letters(26)
    async with far_end.called(new_probe, new_server, host, level=0) as end:
        writer = t140.Writer(level=0, sequence=first)
        packets = [end.sealed(writer.packet(text)) for text in texts]
        for packet in packets[:3]:
            end.send(packet)
        # Each two exchange their places.
        for one, other in zip(packets[3:25:2], packets[4:25:2], strict=True):
            end.send(other)
            end.send(one)
        end.send(packets[25])
        await end.until(b"".join(texts))


async def test_plain_text_that_is_lost_is_marked(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, level=0) as end:
        writer = t140.Writer(level=0)
        packets = [end.sealed(writer.packet(text)) for text in _letters(12)]
        for number, packet in enumerate(packets):
            if number not in (1, 5, 6, 9):
                end.send(packet)
        await end.until(b"a" + LOST + b"cde" + LOST + b"hi" + LOST + b"kl")


async def test_a_character_of_several_bytes_is_whole_in_two_packets(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    text = "añ€😀".encode()
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        for byte in text:
            end.write(writer.packet(bytes([byte])))
        await end.until(text)


async def test_empty_packets_are_no_loss(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        for text in (b"a", b"", b"", b"", b"", b"b", b"", b"c"):
            packet = end.sealed(writer.packet(text))
            if text:
                end.send(packet)
        await end.until(b"abc")


async def test_a_text_that_is_too_long_is_marked(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, level=0) as end:
        writer = t140.Writer(level=0)
        texts = [b"a", b"b" * _LONGEST, b"c" * (_LONGEST + 1), b"d"]
        for text in texts:
            end.write(writer.packet(text))
        await end.until(texts[0] + texts[1] + LOST + texts[3])


async def test_a_flood_is_marked_and_what_follows_is_read(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, level=0) as end:
        writer = t140.Writer(level=0)
        for _ in range(60):
            end.write(writer.packet(b"x" * 500))
        await end.probe.until("text", lambda _: end.written.endswith(LOST))
        # What a far end may send in a second comes again after the pause.
        for _ in range(10):
            end.write(writer.packet(b""))
        got = len(end.written)
        assert got < 30 * 500
        while not end.written.endswith(b"y"):
            end.write(writer.packet(b"y"))
            await asyncio.sleep(_PACE_S)
    assert end.written.count(LOST) >= 1


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(bytes([0x80 | t140.T140]), id="half a header"),
        pytest.param(bytes([0x80 | t140.T140, 0, 0, 9, t140.T140]) + b"ab", id="short of text"),
        pytest.param(bytes([0x80 | 5, 0, 0, 0, t140.T140]) + b"ab", id="another format"),
        pytest.param(bytes([0x80 | t140.T140, 0, 0, 0] * 9 + [t140.T140]), id="nine levels"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_a_packet_that_cannot_be_read_is_left_out(
    new_probe: NewProbe, new_server: NewServer, host: str, payload: bytes
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        end.write(writer.packet(b"a"))
        odd = writer.packet(b"")[:12] + payload
        end.write(odd)
        end.write(writer.packet(b"b"))
        await end.until(b"ab")


async def test_a_call_that_changes_repeats_no_text_and_loses_none(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        end.write(writer.packet(b"a"))
        end.write(writer.packet(b"b"))
        await end.until(b"ab")
        # The first text behind a hold repeats those before it.
        await end.offer(far_end.session(end.caller.server.host, end.port, direction="inactive"))
        await end.offer(far_end.session(end.caller.server.host, end.port))
        end.sealed(writer.packet(b"c"))
        end.write(writer.packet(b"d"))
        await end.until(b"abcd")
