"""Voice mail counts in message summaries (RFC 3842)."""

from __future__ import annotations

import re

_MAX_BODY = 4096
_MAX_DIGITS = 6

_LINE = re.compile(r"^([A-Za-z-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$")
_COUNTS = re.compile(r"([0-9]+)[ \t]*/[ \t]*[0-9]+(?:[ \t]*\(.*)?")


def new_messages(body: str) -> int | None:
    """Number of new voice messages, 0 to 999999; None if not reported.

    “yes” without a number counts as one: there is at least one.
    """
    said = _lines(body[:_MAX_BODY])
    counts = _COUNTS.fullmatch(said.get("voice-message", ""))
    if counts is not None:
        digits = counts[1].lstrip("0") or "0"
        return int(digits) if len(digits) <= _MAX_DIGITS else None
    return {"yes": 1, "no": 0}.get(said.get("messages-waiting", "").lower())


def _lines(body: str) -> dict[str, str]:
    """Fields of a summary before its first empty line, the first per name."""
    found: dict[str, str] = {}
    for line in re.split(r"\r?\n", body.lstrip("\r\n")):
        if not line:
            break
        match = _LINE.match(line)
        if match is not None:
            found.setdefault(match[1].lower(), match[2])
    return found
