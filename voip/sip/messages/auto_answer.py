"""Requests of a caller to be answered without a person.

There are two habits of telephones: `answer-after` in Call-Info, and an Alert-Info with
`info=alert-autoanswer`. Both are wishes of whoever called, and prove nothing.
"""

from __future__ import annotations

import re

from voip.sip.messages.message import unfolded_head

_CALL_INFO = re.compile(r"^Call-Info[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_ALERT_INFO = re.compile(r"^Alert-Info[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_URI = re.compile(r"<[^>]*>")
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_SECONDS = re.compile(r"\d{1,2}", re.ASCII)
_ALERT = "alert-autoanswer"


def answer_after_s(message: str) -> int | None:
    """Seconds after which an INVITE asks to be answered, None if it does not."""
    head = unfolded_head(message)
    for value in _values(_CALL_INFO, head):
        if "answer-after" in value:
            return _seconds(value["answer-after"])
    for value in _values(_ALERT_INFO, head):
        if value.get("info") == _ALERT:
            return _seconds(value.get("delay", "0"))
    return None


def _values(header: re.Pattern[str], head: str) -> list[dict[str, str]]:
    """Parameters of each value of a header; of one that is named twice the first."""
    values = []
    for row in header.findall(head):
        # A URI or a text may hold parameters of its own.
        for value in _QUOTED.sub("", _URI.sub("", row)).split(","):
            pairs = [part.partition("=") for part in reversed(value.split(";"))]
            values.append({name.strip().lower(): text.strip().lower() for name, _, text in pairs})
    return values


def _seconds(text: str) -> int | None:
    return int(text) if _SECONDS.fullmatch(text) else None
