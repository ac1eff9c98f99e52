"""The target of a REFER is the network's text: only its checked parts are used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.sip.messages.referred import Referred, read

_TAGS = "%3Bto-tag%3D1%3Bfrom-tag%3D2"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("sip:carol@pbx.test", Referred("sip:carol@pbx.test", "<sip:carol@pbx.test>", None)),
        ("sip:carol@pbx.test;method=INVITE",
         Referred("sip:carol@pbx.test", "<sip:carol@pbx.test>", None)),
        ('"Carol, <home>" <sip:carol@pbx.test;transport=udp>;x=y',
         Referred("sip:carol@pbx.test;transport=udp",
                  '"Carol, <home>" <sip:carol@pbx.test;transport=udp>', None)),
        ("<sip:carol@pbx.test?Route=x&Subject=y>",
         Referred("sip:carol@pbx.test", "<sip:carol@pbx.test>", None)),
        (f"<sip:c@pbx.test?Replaces=a%40b{_TAGS}%3Bearly-only>",
         Referred("sip:c@pbx.test", "<sip:c@pbx.test>", "a@b;to-tag=1;from-tag=2;early-only")),
        (f"<sip:c@pbx.test?replaces=a%40b{_TAGS}%3Bx%3Dy>",
         Referred("sip:c@pbx.test", "<sip:c@pbx.test>", "a@b;to-tag=1;from-tag=2")),
        ("<sip:c@pbx.test?Replaces=a%40b%3Bto-tag%3D1>", None),
        ("<sip:c@pbx.test?Replaces=a%40b>", None),
        (f"<sip:c@pbx.test?Replaces=a{_TAGS}&Replaces=b{_TAGS}>", None),
        (f"<sip:c@pbx.test?Replaces=a%0D%0AX:y{_TAGS}>", None),
        (f"<sip:c@pbx.test?Replaces=a{_TAGS}%3Bto-tag%3D3>", None),
        ("", None),
        ("<sip:never-closed", None),
    ],
)  # fmt: skip
def test_the_target(value: str, expected: Referred | None) -> None:
    assert read(value) == expected


@given(st.text(alphabet='<>",;:\\?&=% siptelReplaces-tagfrom012\r\n', max_size=300))
def test_any_value_is_read_and_makes_no_other_header(value: str) -> None:
    target = read(value)
    if target is not None and target.replaces is not None:
        assert not set(target.replaces) & set("\r\n ,")
