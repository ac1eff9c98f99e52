"""The lock in detail as text: its statement, meaning and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tui.terminal.glyphs import Glyphs
from tui.terminal.text import Part, Role
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words import certificates as certificate_words
from tui.words import rows
from tui.words.describing import INDENT, heading, labelled, section
from voip.client import compared_words
from voip.protection import (
    About,
    Compared,
    EndToEnd,
    Fact,
    Keying,
    LockReport,
    StreamReport,
    TlsStatus,
)

_VERDICT = 10
_WORD = 10
_WORDS_IN_A_LINE = 4
_KEYINGS = {
    Keying.SDES: "keys by SDES, inside the TLS connection",
    Keying.DTLS: "keys by DTLS, on the way of the voice",
}


def describe(
    report: LockReport, now: datetime, glyphs: Glyphs, edit_key: str | None = None
) -> list[Paragraph]:
    """Everything in a report, the most important first.

    `edit_key` edits the account, if the lock belongs to one.
    """
    remedy = [report.remedy] if report.remedy else []
    if edit_key is not None:
        remedy.append(f"{edit_key} edits the account.")
    return [
        *_state(report, glyphs),
        *section("What to do", remedy),
        *(_end_to_end(report.end_to_end) if report.end_to_end else ()),
        *section("What it means", report.meaning),
        *_facts("The voice", About.VOICE, report, glyphs),
        *_streams(report.streams),
        *_facts("The way to the server", About.SIGNALLING, report, glyphs),
        *(_tls(report.tls, now) if report.tls else ()),
    ]


def _state(report: LockReport, glyphs: Glyphs) -> Iterator[Paragraph]:
    signed = rows.sign(report.sign, glyphs)
    yield paragraph(signed, Part(" "), signed._replace(text=report.short), hang=INDENT)
    yield paragraph(" " * INDENT, Part(report.why, "strong"), hang=INDENT)


def _facts(title: str, about: About, report: LockReport, glyphs: Glyphs) -> Iterator[Paragraph]:
    facts = [fact for fact in report.facts if fact.about is about]
    if facts:
        yield paragraph()
        yield heading(title)
        yield from (_fact(fact, glyphs) for fact in facts)


def _end_to_end(code: EndToEnd) -> Iterator[Paragraph]:
    yield paragraph()
    yield heading("Words to compare by voice")
    numbered = [
        (Part(f"{number} ", "muted"), Part(f"{word:<{_WORD}}", "strong"))
        for number, word in enumerate(code.words, start=1)
    ]
    for start in range(0, len(numbered), _WORDS_IN_A_LINE):
        line = numbered[start : start + _WORDS_IN_A_LINE]
        yield paragraph(" " * INDENT, *(part for word in line for part in word), hang=INDENT)
    yield from _comparison(code)
    yield paragraph(" " * INDENT, code.meaning, hang=INDENT)


def _comparison(code: EndToEnd) -> Iterator[Paragraph]:
    """The state of the comparison, and who reads which words."""
    if code.comparison is not None:
        words = Part(compared_words.standing(code), _STANDINGS[code.comparison.state])
        yield paragraph(" " * INDENT, words, hang=INDENT)
    if code.reading:
        yield paragraph(" " * INDENT, code.reading, hang=INDENT)


_STANDINGS: dict[Compared, Role] = {
    Compared.PENDING: "strong",
    Compared.EQUAL: "success",
    Compared.REMEMBERED: "success",
    Compared.CHANGED: "error",
    Compared.DIFFERENT: "error",
}


def _fact(fact: Fact, glyphs: Glyphs) -> Paragraph:
    sign, word, role = _HOLDS[fact.holds] if fact.applies else _NOT_ASKED
    return paragraph(
        " " * INDENT,
        Part(f"{getattr(glyphs, sign)} {word:<{_VERDICT}}", role),
        Part(f"{fact.name}: "),
        Part(fact.evidence, "muted"),
        hang=2 * INDENT,
    )


_HOLDS: dict[bool | None, tuple[str, str, Role]] = {
    True: ("check_ok", "holds", "success"),
    False: ("check_failed", "missing", "error"),
    None: ("check_skipped", "not known", "warning"),
}
_NOT_ASKED: tuple[str, str, Role] = ("check_skipped", "not asked", "muted")


def _tls(tls: TlsStatus, now: datetime) -> Iterator[Paragraph]:
    yield paragraph()
    yield heading("Connection to the server")
    yield labelled("TLS", Part(tls.version))
    yield labelled("cipher", Part(tls.cipher))
    yield labelled("server", _trusted(tls))
    yield from certificate_words.describe(tls.chain or ((tls.peer,) if tls.peer else ()), now)


def _trusted(tls: TlsStatus) -> Part:
    if not tls.verified:
        return Part("not verified", "error")
    if tls.pinned:
        return Part("verified by its public key, which the account is pinned to")
    return Part("verified, with its name")


def _streams(streams: tuple[StreamReport, ...]) -> Iterator[Paragraph]:
    for stream in streams:
        yield paragraph()
        yield heading(f"Stream: {stream.kind.word}")
        if not stream.active:
            yield labelled("state", Part("not in use now"))
        if stream.srtp:
            yield labelled("SRTP", Part(stream.suite or "in force, suite not known"))
            yield labelled("keys", Part(_KEYINGS[stream.keying] if stream.keying else "not known"))
        else:
            yield labelled("SRTP", Part("none: this stream is in the clear", "error"))
        if stream.relayed:
            yield labelled("way", Part("goes through a relay"))
        if stream.codec:
            yield labelled("codec", Part(stream.codec))
        packets = f"{stream.accepted:,} authentic, {stream.rejected:,} rejected"
        if stream.srtp:
            yield labelled("packets", Part(packets, "warning" if stream.rejected else "text"))
