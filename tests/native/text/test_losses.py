"""Real-time text both ways, of which one packet in ten is lost.

OFFHOOK_TEST_LOSSES asks for more runs than a few, each with other losses.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence

import pytest

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.text import far_end
from tests.support.media import t140

_RUNS = int(os.environ.get("OFFHOOK_TEST_LOSSES", "2"))
_CHARACTERS = 500
_LOSS = 0.1
_LEVEL = 4
_LETTERS = "aéñ€😀ßж漢"


def _text(seed: int) -> str:
    return "".join(random.Random(seed).choices(_LETTERS, k=_CHARACTERS))


def _expected(texts: Sequence[bytes], came: Sequence[bool]) -> bytes:
    """Text of the packets that came, with a mark for each stretch that none carries."""
    parts: list[bytes] = []
    for number, text in enumerate(texts):
        if any(came[number : number + _LEVEL + 1]):
            parts.append(text)
        elif text and parts[-1:] != [far_end.LOST]:
            parts.append(far_end.LOST)
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(_RUNS))
async def test_text_that_is_received(
    new_probe: NewProbe, new_server: NewServer, host: str, seed: int
) -> None:
    chance = random.Random(seed)
    texts = [char.encode() for char in _text(seed)]
    # The end of a text can be lost without a trace: these packets come.
    came = [chance.random() >= _LOSS for _ in texts] + [True] * (_LEVEL + 1)
    came[0] = True
    async with far_end.called(new_probe, new_server, host) as end:
        writer = t140.Writer()
        for text, comes in zip([*texts, *[b""] * (_LEVEL + 1)], came, strict=True):
            packet = end.sealed(writer.packet(text))
            if comes:
                end.send(packet)
            await asyncio.sleep(0.005)
        await end.until(_expected(texts, came))


@pytest.mark.parametrize("seed", range(_RUNS))
async def test_text_that_is_sent(
    new_probe: NewProbe, new_server: NewServer, host: str, seed: int
) -> None:
    chance = random.Random(seed)
    text = _text(seed)
    sent: dict[int, bytes] = {}
    restored: dict[int, bytes] = {}
    came: dict[int, bool] = {}
    async with far_end.called(new_probe, new_server, host) as end:
        for start in range(0, _CHARACTERS, 10):
            await end.probe.tell("write", text=text[start : start + 10])
            packet = await end.read()
            while True:
                sent[packet.sequence] = packet.text
                came[packet.sequence] = chance.random() >= _LOSS
                if came[packet.sequence]:
                    for age, earlier in enumerate(reversed(packet.earlier), 1):
                        restored.setdefault(packet.sequence - age, earlier)
                    restored[packet.sequence] = packet.text
                if packet.text:
                    break
                packet = await end.read()
        for _ in range(_LEVEL):
            packet = await end.read()
            for age, earlier in enumerate(reversed(packet.earlier), 1):
                restored.setdefault(packet.sequence - age, earlier)
    assert b"".join(sent[number] for number in sorted(sent)).decode() == text
    for piece in sent.values():
        piece.decode()  # no character is cut
    carried = {
        number: piece
        for number, piece in sent.items()
        if any(came.get(later, True) for later in range(number, number + _LEVEL + 1))
    }
    assert {number: restored.get(number) for number in carried} == carried
