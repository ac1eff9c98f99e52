"""Voice mail as a server reports it (RFC 3842 message summaries)."""

from __future__ import annotations

import re

_MAX_BODY = 4096
_MAX_DIGITS = 6

_LINE = re.compile(r"^([A-Za-z-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$")
_COUNTS = re.compile(r"([0-9]+)[ \t]*/[ \t]*[0-9]+(?:[ \t]*\(.*)?")


def new_messages(body: str) -> int | None:
    """The number of new voice messages, 0 to 999999; None where it is not said.

    A server that says “yes” and no number is taken to mean one: so many there
    are at least.
    """
    said = _lines(body[:_MAX_BODY])
    counts = _COUNTS.fullmatch(said.get("voice-message", ""))
    if counts is not None:
        digits = counts[1].lstrip("0") or "0"
        return int(digits) if len(digits) <= _MAX_DIGITS else None
    return {"yes": 1, "no": 0}.get(said.get("messages-waiting", "").lower())


def _lines(body: str) -> dict[str, str]:
    """The summary's fields, the first of each name, up to the first empty line."""
    found: dict[str, str] = {}
    for line in re.split(r"\r?\n", body.lstrip("\r\n")):
        if not line:
            break
        match = _LINE.match(line)
        if match is not None:
            found.setdefault(match[1].lower(), match[2])
    return found
