"""Bodies of text messages: what is read, and what is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.sip.messages import texts
from voip.sip.messages.texts import Body, Unreadable, body_of, mark, read

_CPIM = (
    "From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
    "To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n"
    "DateTime: 2000-12-13T13:40:00-08:00\r\n"
    "\r\n"
    "Content-type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "Grüße"
).encode()


def _multipart(*parts: str, boundary: str = "b1") -> bytes:
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f"preamble\r\n{body}--{boundary}--\r\nepilogue".encode()


def _part(kind: str, text: str, extra: str = "") -> str:
    return f"Content-Type: {kind}\r\n{extra}\r\n{text}"


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", b"hello", "hello"),
        ("", b"hello", "hello"),
        ("TEXT/Plain;charset=UTF-8", "für dich".encode(), "für dich"),
        ('text/plain; format=flowed; charset="iso-8859-1"', "für".encode("latin-1"), "für"),
        ("text/plain; charset=utf-16", "für".encode("utf-16"), "für"),
        ("text/plain", b"\xff\xfe!", "\N{REPLACEMENT CHARACTER}" * 2 + "!"),
        ("text/plain", b"", ""),
        (
            "multipart/alternative; boundary=b1",
            _multipart(_part("text/html", "<b>no</b>"), _part("text/plain", "yes")),
            "yes",
        ),
        ('multipart/mixed; boundary="b1"', _multipart("\r\nno headers"), "no headers"),
        (
            "multipart/mixed;boundary=b1",
            _multipart(
                _part("text/plain", "w=C3=BCrde=\r\n gehen",
                      "Content-Transfer-Encoding: quoted-printable\r\n")
            ),
            "würde gehen",
        ),
        (
            "multipart/mixed;boundary=b1",
            _multipart(
                _part("text/plain", base64.b64encode("würde".encode()).decode(),
                      "Content-Transfer-Encoding: base64\r\n")
            ),
            "würde",
        ),
        (
            "multipart/mixed;boundary=b1",
            _multipart(_part("text/plain; charset=klingon", "no"), _part("text/plain", "yes")),
            "yes",
        ),
    ],
)  # fmt: skip
def test_what_is_read(kind: str, body: bytes, text: str) -> None:
    assert read(kind, "", body).text == text


def test_the_sender_in_cpim_is_only_said() -> None:
    body = read("message/cpim", "", _CPIM)
    assert body == Body("Grüße", "MR SANDERS <im:piglet@100akerwood.com>")


def test_cpim_within_a_multipart_body() -> None:
    whole = _multipart("Content-Type: message/cpim\r\n\r\n" + _CPIM.decode())
    assert read("multipart/mixed; boundary=b1", "", whole).text == "Grüße"


def _nested(depth: int) -> tuple[str, bytes]:
    kind, body = "text/plain", b"deep"
    for level in range(depth):
        head = f"--n{level}\r\nContent-Type: {kind}\r\n\r\n".encode()
        kind, body = (
            f"multipart/mixed; boundary=n{level}",
            head + body + f"\r\n--n{level}--".encode(),
        )
    return kind, body


def test_nesting_is_read_to_a_depth() -> None:
    kind, body = _nested(3)
    assert read(kind, "", body).text == "deep"


@pytest.mark.parametrize(
    ("kind", "encoding", "body", "code"),
    [
        ("text/html", "", b"<b>", 415),
        ("application/im-iscomposing+xml", "", b"<isComposing/>", 415),
        ("text", "", b"x", 415),
        ("text/plain; charset=klingon", "", b"x", 415),
        ("text/plain", "gzip", b"x", 415),
        ("multipart/mixed", "", b"--b1\r\n\r\nx\r\n--b1--", 415),
        (f"multipart/mixed; boundary={'b' * 71}", "", b"x", 415),
        ("multipart/mixed; boundary=b1", "", _multipart(_part("image/png", "x")), 415),
        ("message/cpim", "", b"From: x\r\nText without headers of its own", 415),
        (*_nested(4)[:1], "", _nested(4)[1], 415),
        (
            "multipart/mixed; boundary=b1", "",
            _multipart(*[_part("image/png", "x")] * 16, _part("text/plain", "one too many")), 415,
        ),
        ("text/plain", "", b"x" * (texts.MAX_BYTES + 1), 413),
        ("text/plain; charset=iso-8859-1", "", b"\xfc" * (texts.MAX_BYTES // 2 + 1), 413),
    ],
)  # fmt: skip
def test_what_is_refused(kind: str, encoding: str, body: bytes, code: int) -> None:
    with pytest.raises(Unreadable) as refused:
        read(kind, encoding, body)
    assert refused.value.code == code


@given(st.text(max_size=80), st.binary(max_size=300))
def test_nothing_else_is_raised(kind: str, body: bytes) -> None:
    for one in (kind, "multipart/mixed; boundary=b", "message/cpim", f"text/plain; charset={kind}"):
        try:
            read(one, "", body)
        except Unreadable as refused:
            assert refused.code in (413, 415)


def _request(call_id: str = "1", cseq: int = 1, tag: str = "a", branch: str = "z") -> str:
    return (
        f"MESSAGE sip:alice@pbx.test SIP/2.0\r\nVia: SIP/2.0/UDP x;branch={branch}\r\n"
        f'From: "Bob" <sip:bob@pbx.test>;tag={tag}\r\nCall-ID: {call_id}\r\n'
        f"CSeq: {cseq} MESSAGE\r\n\r\n"
    )


def test_a_repetition_has_the_mark_of_the_first() -> None:
    first = mark(_request(), b"hello")
    assert mark(_request(branch="other"), b"hello") == first
    others = (_request("2"), _request(cseq=2), _request(tag="b"))
    assert len({first, *(mark(other, b"hello") for other in others)}) == 4
    assert mark(_request(), b"another text of a careless sender") != first


@pytest.mark.parametrize(
    ("length", "body"),
    [("Content-Length: 3", b"f\xfcr"), ("l: 2", b"f\xfc"), ("Content-Length: x", b"f\xfcr!"),
     ("Subject: none", b"f\xfcr!")],
)  # fmt: skip
def test_a_body_is_as_long_as_it_says(length: str, body: bytes) -> None:
    request = f"MESSAGE sip:a@b SIP/2.0\r\n{length}\r\n\r\n".encode() + b"f\xfcr!"
    assert body_of(request.decode("utf-8", "surrogateescape")) == body
