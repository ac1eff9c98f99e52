"""Each target briefly in every check, and the findings of longer runs."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.mutation import TOKENS
from tests.fuzz.seeds import SEEDS, TARGETS


@st.composite
def _mutations(draw: st.DrawFn, name: str) -> bytes:
    """A well-formed text of the target with a few changes, or any bytes."""
    data = draw(st.sampled_from(SEEDS[TARGETS[name]]) | st.binary(max_size=64))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        piece = draw(st.sampled_from(TOKENS) | st.binary(max_size=4) | st.just(data[start:end] * 3))
        data = data[:start] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(_mutations(name))
    def check(data: bytes) -> None:
        TARGETS[name](data)

    check()


@pytest.mark.parametrize("name", TARGETS)
def test_well_formed_text(name: str) -> None:
    for seed in SEEDS[TARGETS[name]]:
        TARGETS[name](seed)


_LONG = 100_000


@pytest.mark.parametrize(
    ("name", "data"),
    [
        # The reading time grew with the cube of the length.
        ("party", b" " * _LONG + b"a"),
        ("party", b'"' + b"\\" * _LONG),
        # A newline was accepted as the end of a label.
        ("host_and_port", b"1\n.0.0.1"),
        # PJSIP looks for sips: anywhere, and refuses URIs over 255 characters.
        ("dialing", b"sips:bob:x@sips:5061;transport=tls"),
        ("dialing", b"%F0%9F%93%9E" * 20 + b"@b.test"),
        # Quotes opened on another line, and continued lines.
        ("masked", b'\x07nonce="|'),
        ("masked", b"\x08|"),
        ("masked", b"\x03|"),
        ("masked", b"\x0apassword=|"),
        ("masked", b"\x06a=crypto:65535   |"),
        # A header's content was read as the body.
        ("sip_message", b"m=audio 1 RTP/SAVP 0\r\n\r\nm=audio 5 RTP/AVP 0\r\n"),
        ("sip_message", b"m=audio \r\n5 RTP/SAVP\n\nm=audio 5 RTP/AVP 0\n"),
    ],
)
def test_what_was_found(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_a_certificate_of_no_known_version_is_one_that_cannot_be_read() -> None:
    valid, unknown = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x1d"
    [_, pem, _] = SEEDS[targets.certificate]
    der = ssl.PEM_cert_to_DER_cert(pem.decode())
    assert valid in der
    targets.certificate(ssl.DER_cert_to_PEM_cert(der.replace(valid, unknown, 1)).encode())
