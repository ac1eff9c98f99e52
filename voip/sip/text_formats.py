"""Payload types of real-time text, which keep their meaning in a session (RFC 3264 8.3.2).

PJSIP numbers its own offers within a call anew: a far end that had offered other numbers,
and goes on with them, would not be heard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE_END = re.compile(r"\r?\n")
_RTPMAP = re.compile(r"a=rtpmap:(\d{1,3}) +(t140|red)/1000$", re.IGNORECASE)
_FORMAT = re.compile(r"(a=(?:rtpmap|fmtp):)(\d{1,3})( .*)$")


def types_of(session: str) -> dict[str, str]:
    """Payload types of the session's text, by their names in small letters."""
    return _types(_text(_LINE_END.split(session)))


def with_types(session: str, types: Mapping[str, str]) -> str:
    """Session whose text has these payload types, as far as it has these names."""
    lines = _LINE_END.split(session)
    text = _text(lines)
    changes = {number: types.get(name, number) for name, number in _types(text).items()}
    if not changes or len(set(changes.values())) < len(changes):
        return session
    start = next(place for place, line in enumerate(lines) if line.startswith("m=text "))
    lines[start : start + len(text)] = [_changed(line, changes) for line in text]
    return "\r\n".join(lines)


def _text(lines: list[str]) -> list[str]:
    """Lines of the first stream of text."""
    text: list[str] = []
    for line in lines:
        if text and line.startswith("m="):
            break
        if text or line.startswith("m=text "):
            text.append(line)
    return text


def _types(text: list[str]) -> dict[str, str]:
    return {match[2].lower(): match[1] for line in text if (match := _RTPMAP.match(line))}


def _changed(line: str, changes: Mapping[str, str]) -> str:
    if line.startswith("m="):
        media, port, profile, *formats = line.split(" ")
        return " ".join((media, port, profile, *(changes.get(one, one) for one in formats)))
    match = _FORMAT.match(line)
    if match is None:
        return line
    rest = match[3]
    if line.startswith("a=fmtp:") and re.fullmatch(r" \d{1,3}(/\d{1,3})*", rest):
        # The repetitions are of this format (RFC 2198 section 5).
        rest = " " + "/".join(changes.get(one, one) for one in rest[1:].split("/"))
    return f"{match[1]}{changes.get(match[2], match[2])}{rest}"
