"""Message summaries of voice mail (RFC 3842), valid and hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.model import Voicemail
from voip.sip.messages import mwi

RFC = (
    "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
    "Voice-Message: 2/8 (0/2)\r\n\r\nTo: <alice@atlanta.example.com>\r\n"
)


@pytest.mark.parametrize(
    ("body", "voicemail"),
    [
        (RFC, Voicemail(2, 8, 0, "sip:alice@vmail.example.com")),
        ("Messages-Waiting: no\r\n", Voicemail(0)),
        ("Messages-Waiting: yes\r\n", Voicemail(1)),
        ("Messages-Waiting: yes\r\nVoice-Message: 3/0\r\n", Voicemail(3, 0)),
        ("messages-waiting:YES\nvoice-message :\t4 / 1\n", Voicemail(4, 1)),
        ("Messages-Waiting: no\r\nVoice-Message: 0/8 (0/0)", Voicemail(0, 8, 0)),
        ("Voice-Message: 4/1 (2/0)\r\n", Voicemail(4, 1, 2)),
        ("Voice-Message: 4/1 ( 2 / 0 )\r\n", Voicemail(4, 1, 2)),
        (
            "Messages-Waiting: yes\r\nmessage-account : sip:*97@a\r\n",
            Voicemail(1, mailbox="sip:*97@a"),
        ),
        ("Voice-Message: 4/1 (9999999/0)\r\n", Voicemail(4, 1)),
        ("Voice-Message: 4/1 (-2/0)\r\n", Voicemail(4, 1)),
        ("Voice-Message: 4/1 (2\r\n", Voicemail(4, 1)),
        ("Voice-Message: 4/1\r\nMessage-Account:\r\n", Voicemail(4, 1)),
        (f"Voice-Message: 4/1\r\nMessage-Account: {'x' * 257}\r\n", Voicemail(4, 1)),
        ("Voice-Message: 007/0012\r\n", Voicemail(7, 12)),
        ("Voice-Message: 1/0\r\nVoice-Message: 9/0\r\n", Voicemail(1, 0)),
        ("Messages-Waiting: yes\r\nFax-Message: 5/0\r\n", Voicemail(1)),
        # Hostile or broken
        ("", None),
        ("\r\n\r\n", None),
        ("Messages-Waiting: maybe\r\n", None),
        ("Messages-Waiting: yes\r\nVoice-Message: -1/0\r\n", Voicemail(1)),
        ("Voice-Message: -1/0\r\n", None),
        ("Voice-Message: 99999999999999999999/0\r\n", None),
        (f"Voice-Message: {'9' * 3000}/0\r\n", None),
        ("Voice-Message: 999999/0\r\n", Voicemail(999999, 0)),
        ("Voice-Message: 5/1000000\r\n", Voicemail(5)),
        ("Voice-Message: 1e9/0\r\n", None),
        ("Voice-Message: ٣/0\r\n", None),
        ("Voice-Message: 5\r\n", None),
        ("Voice-Message: 5/0 and more\r\n", None),
        ("\r\nVoice-Message: 5/0\r\n", Voicemail(5, 0)),
        ("Messages-Waiting: no\r\n\r\nVoice-Message: 5/0\r\n", Voicemail(0)),
        ("X" * 100_000, None),
        ("X-A: b\r\n" * 12_500 + "Voice-Message: 5/0\r\n", None),
        ("Voice-Message: 5/0\x1b[2J\r\n", None),
    ],
)
def test_the_counts_of_a_summary(body: str, voicemail: Voicemail | None) -> None:
    assert mwi.voicemail(body) == voicemail


@given(st.text(max_size=200) | st.from_regex(r"Voice-Message: [0-9/ ()\-]{0,30}", fullmatch=True))
def test_any_body_gives_a_small_number_or_none(body: str) -> None:
    result = mwi.voicemail(body)
    assert result is None or 0 <= result.new <= 999_999
    assert result is None or result.old is None or 0 <= result.old <= 999_999
