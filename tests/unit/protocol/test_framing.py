"""JSON lines are the same however the bytes are divided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.protocol.calls import PlaceCall
from voip.protocol.client import Request
from voip.protocol.framing import MAX_LINE, Decoder, FramingError, LineSplitter, encode

LIMIT = 8
LINES = st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=8)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted(min(cut, len(data)) for cut in cuts)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def fed(splitter: LineSplitter, parts: list[bytes]) -> list[bytes | None]:
    return [line for part in parts for line in splitter.feed(part)]


@given(LINES, st.binary(max_size=20), st.lists(st.integers(0, 140), max_size=30))
def test_any_chunking_gives_the_same_lines(
    lines: list[bytes], rest: bytes, cuts: list[int]
) -> None:
    rest = rest.replace(b"\n", b"")
    data = b"".join(line + b"\n" for line in lines) + rest
    expected = [line if len(line) < LIMIT else None for line in lines]
    assert fed(LineSplitter(LIMIT), chunks(data, cuts)) == expected


@given(st.integers(0, 3 * LIMIT), st.integers(1, LIMIT))
def test_line_after_an_oversized_one_is_intact(excess: int, step: int) -> None:
    data = b"x" * (LIMIT + excess) + b"\nnext\n"
    parts = [data[i : i + step] for i in range(0, len(data), step)]
    assert fed(LineSplitter(LIMIT), parts) == [None, b"next"]


def test_rest_waits_for_its_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b'{"a":') == []
    assert splitter.feed(b"1}") == []
    assert splitter.feed(b"\n\n") == [b'{"a":1}', b""]


def test_splitter_keeps_no_more_than_a_line() -> None:
    splitter = LineSplitter(LIMIT)
    for _ in range(1000):
        assert splitter.feed(b"xxxx") == []
    assert splitter.feed(b"\nok\n") == [None, b"ok"]


def test_longest_line_that_is_written_is_read() -> None:
    line = encode({"a": "b"}, limit=10)
    assert line == b'{"a":"b"}\n'
    assert LineSplitter(10).feed(line) == [b'{"a":"b"}']


def test_encode_refuses_what_does_not_fit() -> None:
    with pytest.raises(FramingError) as caught:
        encode({"a": "b"}, limit=9)
    assert str(caught.value) == "a message of 10 bytes is over the limit of 9"
    with pytest.raises(FramingError):
        encode("x" * MAX_LINE)


@given(st.text(st.characters(codec="utf-8")))
def test_encoded_text_is_one_line(text: str) -> None:
    line = encode(text)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_encode_refuses_bytes_that_are_no_text() -> None:
    # Python decodes non-UTF-8 arguments and file names to surrogates.
    with pytest.raises(FramingError):
        encode(PlaceCall(target="\udcff"))


def test_decoder_reads_what_encode_writes() -> None:
    request = Request(id=7, command=PlaceCall(target="bob", hangup_after_s=1.5))
    assert Decoder[Request](Request).decode(encode(request)) == request


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"not json",
        b'"\xff"',
        b'{"id":1,"command":{"do":"hello"}} x',
        b"[" * 100_000,
        b'{"id":1,"command":' + b'{"x":' * 50_000,
        b"[]",
        b"null",
        b'{"id":1}',
        b'{"command":{"do":"hello"}}',
        b'{"id":"1","command":{"do":"hello"}}',
        b'{"id":1.5,"command":{"do":"hello"}}',
        b'{"id":1,"command":{}}',
        b'{"id":1,"command":{"do":"explode"}}',
        b'{"id":1,"command":{"do":"hello","more":1}}',
        b'{"id":1,"command":{"do":"hello"},"more":1}',
        b'{"id":1,"command":{"do":"stop","force":"yes"}}',
        b'{"id":1,"command":{"do":"call","target":null}}',
    ],
)
def test_decoder_raises_framing_errors_alone(line: bytes) -> None:
    with pytest.raises(FramingError) as caught:
        Decoder[Request](Request).decode(line)
    assert str(caught.value) != ""


@given(st.binary(max_size=200))
def test_decoder_of_any_bytes(line: bytes) -> None:
    with pytest.raises(FramingError):
        Decoder[Request](Request).decode(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":1,"command":{"do":"hunter2"}}',
        b'{"id":1,"command":{"do":"stop","hunter2":true}}',
    ],
)
def test_error_does_not_quote_the_line(line: bytes) -> None:
    with pytest.raises(FramingError) as caught:
        Decoder[Request](Request).decode(line)
    assert "hunter2" not in str(caught.value)
