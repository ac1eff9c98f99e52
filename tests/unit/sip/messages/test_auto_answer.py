"""Callers who ask to be answered at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.sip.messages.auto_answer import answer_after_s


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Call-Info: <sip:pbx.example.com>;answer-after=0",), 0),
        (("call-info: <sip:x>; Answer-After = 5",), 5),
        (("Call-Info: <x:y>;purpose=icon, <sip:x>;answer-after=2",), 2),
        (("Call-Info: <x:y>", " ;answer-after=3"), 3),
        (("Alert-Info: <http://www.notused.com>;info=alert-autoanswer;delay=4",), 4),
        (("Alert-Info: <http://127.0.0.1>;info=alert-autoanswer",), 0),
        (("Alert-Info: info=alert-autoanswer",), 0),
        (("Alert-Info: ;Info=Alert-AutoAnswer",), 0),
        ((), None),
        (("Call-Info: <sip:x;answer-after=0>",), None),
        (('Call-Info: <sip:x>;purpose=";answer-after=0"',), None),
        (("Call-Info: <sip:x>;answer-after",), None),
        (("Call-Info: <sip:x>;answer-after=soon",), None),
        (("Call-Info: <sip:x>;answer-after=-1",), None),
        (("Call-Info: <sip:x>;answer-after=100",), None),
        (("Call-Info: <sip:x>;answer-after=\u0663",), None),
        (("Call-Info: <sip:x>;no-answer-after=0",), None),
        (("Alert-Info: <sip:x>;info=alert-group",), None),
        (("Alert-Info: <sip:x?info=alert-autoanswer>",), None),
        (("Alert-Info: <sip:x>;info=alert-autoanswer;delay=1h",), None),
        (("X-Call-Info: <sip:x>;answer-after=0",), None),
        (("Subject: Call-Info: <sip:x>;answer-after=0",), None),
    ],
)
def test_a_wish_is_read(headers: tuple[str, ...], seconds: int | None) -> None:
    lines = "".join(f"{header}\r\n" for header in headers)
    assert answer_after_s(f"INVITE sip:x SIP/2.0\r\n{lines}\r\n") == seconds
    assert answer_after_s(f"INVITE sip:x SIP/2.0\r\n\r\n{lines}") is None


@given(st.text(max_size=300))
def test_no_text_is_anything_but_a_short_time(text: str) -> None:
    for header in ("Call-Info", "Alert-Info"):
        seconds = answer_after_s(f"INVITE sip:x SIP/2.0\r\n{header}: {text}\r\n\r\n")
        assert seconds is None or 0 <= seconds < 100
