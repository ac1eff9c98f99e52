"""Changes well-formed bytes a little, the same way for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\n\r\n", b"\t", b'"', b"'", b"\\", b";", b"?", b"@",
    b":", b"<", b">", b"|", b"=", b",", b"/", b"{", b"[", b"]", b"}", b"%0d", b"%00", b"%",
    b"\x00", b"\xff", b"\x1b]2;", b"\\u0000", b"\\ud800", b"\xe2\x80\xae", b"\xcc\x80",
    b"\xe2\x80\xa8", b"1e999", b"password=", b"inline:", b"m=audio ", b"a=crypto:", b"sips:",
    b"tel:", b";transport=udp", b";lr", b"Content-Length: 0\r\n", b"Content-Length: 99999\r\n",
    b"From: ", b"Via: ", b"multipart/mixed",
)  # fmt: skip
"""Tokens that end, begin or repeat something in one of the texts."""

_NUMBERS = (
    b"0", b"-1", b"1", b"255", b"65535", b"65536", b"2147483647", b"2147483648", b"4294967295",
    b"4294967296", b"18446744073709551616", b"0" * 40 + b"1", b"9" * 300,
)  # fmt: skip
_NUMBER = re.compile(rb"\d+")
_WORD = re.compile(rb"[^\s;,:=<>@\"/?]+")
_LONG = (300, 2000, 5000)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to four changes, so that most of it still parses."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(_CHANGES)(data, rng)
    return data


def _flip_bit(data: bytes, rng: random.Random) -> bytes:
    start, _ = _piece(data, rng, 0)
    flipped = bytes(byte ^ 1 << rng.randrange(8) for byte in data[start : start + 1])
    return data[:start] + flipped + data[start + 1 :]


def _insert(data: bytes, rng: random.Random) -> bytes:
    start, end = _piece(data, rng, rng.choice((0, 0, 1, 8)))
    return data[:start] + rng.choice((rng.choice(TOKENS), rng.randbytes(3))) + data[end:]


def _cut(data: bytes, rng: random.Random) -> bytes:
    start, end = _piece(data, rng, 40)
    return data[:start] + data[end:]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: _piece(data, rng, 0)[0]]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    start, end = _piece(data, rng, 40)
    return data[:end] + data[start:end] * rng.choice((1, 2, 50)) + data[end:]


def _lengthen(data: bytes, rng: random.Random) -> bytes:
    start, _ = _piece(data, rng, 0)
    filler = data[start : start + 1] if rng.random() < 0.5 else rng.choice((b"a", b"\xff", b" "))
    return data[:start] + filler * rng.choice(_LONG) + data[start:]


def _swap_words(data: bytes, rng: random.Random) -> bytes:
    return _swap(data, rng, list(_WORD.finditer(data)))


def _swap_lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\r\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def _change_line(data: bytes, rng: random.Random) -> bytes:
    """Remove a line, double it, fold it, or end it with a bare line feed."""
    lines = data.split(b"\r\n")
    place = rng.randrange(len(lines))
    line = lines[place]
    half = len(line) // 2
    lines[place : place + 1] = rng.choice(
        (
            [],
            [line] * 2,
            [line] * 70,
            [line[:half], b" " + line[half:]],
            [line + b"\n"],
            [line[:half]],
        )
    )
    return b"\r\n".join(lines)


def _change_number(data: bytes, rng: random.Random) -> bytes:
    matches = list(_NUMBER.finditer(data))
    if not matches:
        return data
    number = rng.choice(matches)
    return data[: number.start()] + rng.choice(_NUMBERS) + data[number.end() :]


def _swap(data: bytes, rng: random.Random, matches: Sequence[re.Match[bytes]]) -> bytes:
    if len(matches) < 2:
        return data
    first, second = sorted(rng.sample(matches, 2), key=lambda match: match.start())
    return b"".join(
        (
            data[: first.start()], second[0], data[first.end() : second.start()], first[0],
            data[second.end() :],
        )
    )  # fmt: skip


def _piece(data: bytes, rng: random.Random, longest: int) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(0, longest))


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit, _insert, _insert, _cut, _truncate, _repeat, _lengthen, _swap_words, _swap_lines,
    _change_line, _change_line, _change_number, _change_number,
)  # fmt: skip
