"""Payload types of real-time text that stay within a call."""

from __future__ import annotations

import pytest

from voip.sip.text_formats import types_of, with_types

_OURS = "\r\n".join(
    (
        "v=0", "m=audio 9 RTP/SAVP 98", "a=rtpmap:98 opus/48000/2",
        "m=text 9 RTP/SAVP 100 98", "a=rtpmap:100 red/1000", "a=fmtp:100 98/98/98",
        "a=rtpmap:98 t140/1000", "a=sendrecv", "m=video 0 RTP/AVP 100", "",
    )
)  # fmt: skip


def _theirs(*lines: str) -> str:
    return "\r\n".join(("v=0", "m=audio 9 RTP/SAVP 0", *lines, ""))


def test_an_offer_keeps_the_numbers_of_the_far_end() -> None:
    theirs = _theirs(
        "m=text 9 RTP/SAVP 112 111", "a=rtpmap:112 RED/1000", "a=fmtp:112 111/111/111",
        "a=rtpmap:111 T140/1000",
    )  # fmt: skip
    assert types_of(theirs) == {"red": "112", "t140": "111"}
    assert with_types(_OURS, types_of(theirs)).split("\r\n") == [
        "v=0", "m=audio 9 RTP/SAVP 98", "a=rtpmap:98 opus/48000/2",
        "m=text 9 RTP/SAVP 112 111", "a=rtpmap:112 red/1000", "a=fmtp:112 111/111/111",
        "a=rtpmap:111 t140/1000", "a=sendrecv", "m=video 0 RTP/AVP 100", "",
    ]  # fmt: skip


def test_what_the_far_end_lacks_keeps_our_number() -> None:
    changed = with_types(_OURS, types_of(_theirs("m=text 9 RTP/SAVP 96", "a=rtpmap:96 t140/1000")))
    assert "m=text 9 RTP/SAVP 100 96\r\n" in changed
    assert "a=fmtp:100 96/96/96\r\n" in changed


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((), id="no text"),
        pytest.param(("m=text 9 RTP/SAVP 111",), id="no names"),
        pytest.param(("m=text 9 RTP/SAVP 1111", "a=rtpmap:1111 t140/1000"), id="no such number"),
        pytest.param(("m=text 9 RTP/SAVP 100", "a=rtpmap:100 t140/1000"), id="a number of ours"),
        pytest.param(("m=text 9 RTP/SAVP 98", "a=rtpmap:98 t140/8000"), id="another clock"),
    ],
)
def test_a_session_stays_as_it_is(lines: tuple[str, ...]) -> None:
    assert with_types(_OURS, types_of(_theirs(*lines))) == _OURS


def test_a_session_without_text_stays_as_it_is() -> None:
    assert with_types(_theirs(), {"t140": "111"}) == _theirs()
