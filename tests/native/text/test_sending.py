"""Real-time text as it is sent (patches 0141, 0144 and 0145)."""

from __future__ import annotations

import pytest

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.text import far_end
from tests.support.media import t140

_LEVEL = 4
_LONGEST = 64  # bytes: as much as one packet takes


async def test_each_text_is_repeated_as_often_as_agreed(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        await end.probe.tell("write", text="a")
        packets = [await end.read() for _ in range(_LEVEL + 1)]
    assert [packet.payload_type for packet in packets] == [t140.RED] * 5
    assert [packet.text for packet in packets] == [b"a", b"", b"", b"", b""]
    # Each packet has it one place further back, and the last one as its oldest.
    assert [packet.earlier.index(b"a") for packet in packets[1:]] == [3, 2, 1, 0]
    assert all(len(packet.earlier) == _LEVEL for packet in packets)


async def test_names_of_formats_have_no_case(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, in_capitals=True) as end:
        await end.probe.tell("write", text="a")
        sent = [await end.read() for _ in range(2)]
        writer = t140.Writer(level=_LEVEL)
        end.write(writer.packet(b"b"))
        writer.packet(b"c")  # is lost
        end.write(writer.packet(b"d"))
        await end.until(b"bcd")
    assert [packet.payload_type for packet in sent] == [t140.RED] * 2
    assert (sent[0].text, b"a" in sent[1].earlier) == (b"a", True)


async def test_a_repetition_tells_its_age(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        await end.probe.tell("write", text="a")
        packets = [await end.read() for _ in range(_LEVEL + 1)]
    at = packets[0].timestamp
    ages = [
        next(offset for offset, text in packet.blocks if text == b"a") for packet in packets[1:]
    ]
    assert ages == [packet.timestamp - at for packet in packets[1:]]
    assert min(ages) > 0


async def test_a_packet_has_room_for_the_longest_texts(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    texts = [letter * _LONGEST for letter in "abcdef"]
    packets: list[t140.Packet] = []
    async with far_end.called(new_probe, new_server, host) as end:
        for text in texts:
            await end.probe.tell("write", text=text)
            packets.append(await end.read())
            while not packets[-1].text:
                packets.append(await end.read())
        fullest = max(packets, key=lambda packet: sum(len(text) for _, text in packet.blocks))
    assert b"".join(packet.text for packet in packets).decode() == "".join(texts)
    numbers = [packet.sequence for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    # Nothing was sent twice as new, and each repetition is what it was.
    assert {text for text in fullest.earlier if text} <= {text.encode() for text in texts}
    assert sum(len(text) for text in fullest.earlier) >= _LONGEST


async def test_what_follows_a_pause_is_marked(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        await end.probe.tell("write", text="a")
        first = [await end.read() for _ in range(_LEVEL + 1)]
        await end.probe.tell("write", text="b")
        after = await end.read()
    assert [packet.marked for packet in first] == [True, False, False, False, False]
    assert (after.marked, after.text, after.sequence) == (True, b"b", first[-1].sequence + 1)
    assert after.earlier == (b"",) * _LEVEL


async def test_what_waits_is_sent_before_a_call_ends(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        await end.probe.tell("write", text="a")
        await end.read()
        await end.probe.tell("write", text="b")
        await end.probe.tell("hang up")
        after = [await end.read() for _ in range(_LEVEL)]
    assert b"b" in [packet.text for packet in after]


async def test_fewer_repetitions_are_sent_to_who_asks_for_fewer(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, level=1) as end:
        await end.probe.tell("write", text="a")
        packets = [await end.read() for _ in range(2)]
    assert [packet.earlier for packet in packets] == [(b"",), (b"a",)]


async def test_text_is_sent_alone_to_who_knows_no_repetitions(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host, level=0) as end:
        for text in ("a", "b"):
            await end.probe.tell("write", text=text)
            packet = await end.read()
            assert (packet.payload_type, packet.text) == (t140.T140, text.encode())


async def test_nothing_is_sent_while_the_far_end_accepts_nothing(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    async with far_end.called(new_probe, new_server, host) as end:
        caller = end.caller
        held = far_end.session(caller.server.host, end.port, direction="sendonly")
        await end.offer(held)
        await caller.probe.tell("write", text="a")
        refused = await caller.probe.until("not written")
        assert refused["status"]
        await end.offer(far_end.session(caller.server.host, end.port))
        await caller.probe.tell("write", text="b")
        assert (await end.read()).text == b"b"


@pytest.mark.parametrize(
    ("level", "direction", "kind"),
    [
        pytest.param(_LEVEL, "sendrecv", t140.RED, id="repeated"),
        pytest.param(0, "sendrecv", t140.T140, id="plain"),
        pytest.param(_LEVEL, "sendonly", t140.T140, id="only read"),
    ],
)
async def test_the_way_of_a_text_stays_open_while_nothing_is_written(
    new_probe: NewProbe, new_server: NewServer, host: str, level: int, direction: str, kind: int
) -> None:
    async with far_end.called(new_probe, new_server, host, level) as end:
        before = await end.next()
        if direction != "sendrecv":
            await end.offer(far_end.session(end.caller.server.host, end.port, level, direction))
            before = await end.next()
        kept = [await end.next() for _ in range(2)]
    assert [packet.payload_type for packet in kept] == [kind] * 2
    # What a lost one of them had is empty, and so is known to be no text.
    assert {text for packet in kept for _, text in packet.blocks} == {b""}
    numbers = [packet.sequence for packet in (before, *kept)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    # The next text is still the first after a pause.
    assert not any(packet.marked for packet in kept)
