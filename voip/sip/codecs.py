"""Codecs of a session in an account's order (RFC 3264 sections 5.1 and 6.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from voip.choices import CODECS

_LINE_END = re.compile(r"\r?\n")
_RTPMAP = re.compile(r"a=rtpmap:(\d{1,3}) +([^/\s]+)/(\d{1,6})")
_OF_FORMAT = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(\d+)\s")
_EVENTS = "telephone-event"

_Lines = Sequence[str]


class _Format(NamedTuple):
    name: str
    clock: int


_STATIC = {
    "0": _Format("pcmu", 8000),
    "3": _Format("gsm", 8000),
    "8": _Format("pcma", 8000),
    "9": _Format("g722", 8000),
    "18": _Format("g729", 8000),
}
"""Payload types that need no rtpmap (RFC 3551 section 6)."""


class Wish(NamedTuple):
    """Wishes of an account.

    `codecs` in order, none for those of the session. `opus_bit_rate` and `opus_dtx` ask
    the far end for its bits per second and for pauses (RFC 7587 section 6.1); what this
    phone sends follows them too.
    """

    codecs: tuple[str, ...]
    opus_bit_rate: int
    opus_dtx: bool


def chosen(session: str, wish: Wish, offer: str = "") -> str:
    """Session with the codecs of the wish alone.

    In the answer to an `offer` that is the first one that both have: the rest of an
    answer would be in the order of the offer. A stream without any codec of the wish is
    left as it is.
    """
    head, *streams = _sections(session)
    offered = _sections(offer)[1:]
    lines = list(head)
    for place, stream in enumerate(streams):
        theirs = _names(offered[place]) if place < len(offered) else None
        lines += _of_stream(stream, wish, theirs)
    return "\r\n".join(lines)


def has_any(session: str, codecs: Sequence[str]) -> bool:
    """True if a voice stream of the session has one of the codecs."""
    return any(_names(stream) & set(codecs) for stream in _sections(session)[1:])


def _of_stream(stream: _Lines, wish: Wish, theirs: set[str] | None) -> list[str]:
    formats = _formats(stream)
    kept = _kept(formats, wish.codecs, theirs) if wish.codecs else list(formats)
    if not kept:
        return list(stream)
    lines = [f"{' '.join(stream[0].split(' ')[:3])} {' '.join(kept)}"]
    for line in stream[1:]:
        match = _OF_FORMAT.match(line)
        if match is None or match[1] in kept:
            opus = match is not None and formats[match[1]].name == "opus"
            lines.append(_opus(line, wish) if opus else line)
    return lines


def _kept(formats: dict[str, _Format], codecs: Sequence[str], theirs: set[str] | None) -> list[str]:
    kept = [number for name in codecs for number in formats if formats[number].name == name]
    if theirs is not None:
        # Without a common one PJSIP compares ours with theirs, and refuses the session.
        kept = [number for number in kept if formats[number].name in theirs][:1] or kept
    clocks = {formats[number].clock for number in kept}
    beside = [
        number
        for number, form in formats.items()
        if form.name not in CODECS and (form.name != _EVENTS or form.clock in clocks)
    ]
    return kept + beside if kept else []


def _opus(line: str, wish: Wish) -> str:
    if not line.startswith("a=fmtp:"):
        return line
    number, _, written = line.partition(" ")
    ours = ("maxaveragebitrate", "usedtx")
    parameters = [one for one in written.split(";") if one.partition("=")[0].strip() not in ours]
    parameters.append(f"maxaveragebitrate={wish.opus_bit_rate}")
    if wish.opus_dtx:
        parameters.append("usedtx=1")
    return f"{number} {';'.join(parameters)}"


def _sections(session: str) -> list[list[str]]:
    """Lines of the session's head, and of each of its streams."""
    sections: list[list[str]] = [[]]
    for line in _LINE_END.split(session):
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    return sections


def _formats(stream: _Lines) -> dict[str, _Format]:
    """Formats of a voice stream by payload type, in order; none of another stream."""
    media, *words = stream[0].split()
    if media != "m=audio":
        return {}
    maps = {
        match[1]: _Format(match[2].lower(), int(match[3]))
        for match in map(_RTPMAP.match, stream)
        if match
    }
    return {
        number: maps.get(number) or _STATIC.get(number) or _Format("", 0) for number in words[2:]
    }


def _names(stream: _Lines) -> set[str]:
    return {form.name for form in _formats(stream).values()}
