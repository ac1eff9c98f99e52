"""The lock in detail, as text to read: what it says, means, and rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tui.drawing import Part, Role
from tui.glyphs import Glyphs
from tui.words import count
from tui.wrapping import Paragraph, paragraph
from voip.model import Certificate, Fact, Keying, LockReport, LockState, StreamReport, TlsStatus

SOON_DAYS = 30
"""From how many days before its end on a certificate is told to expire soon."""

_INDENT = 2
_LABEL = 10
_GROUP = 4
_KEYINGS = {
    Keying.SDES: "keys by SDES, inside the TLS connection",
    Keying.DTLS: "keys by DTLS, on the way of the voice",
}


def describe(report: LockReport, now: datetime, glyphs: Glyphs) -> list[Paragraph]:
    """Everything in a report, what matters most to a person first."""
    return [
        _state(report, glyphs),
        *_section("What to do", [report.remedy] if report.remedy else []),
        *_section("What it means", report.meaning),
        paragraph(),
        _heading("What it rests on"),
        *(_fact(fact, glyphs) for fact in report.facts),
        *(_tls(report.tls, now) if report.tls else ()),
        *_streams(report.streams),
    ]


def expiry(certificate: Certificate, now: datetime) -> Part | None:
    """What a certificate's end means to a person, None while it is far."""
    ends = datetime.fromisoformat(certificate.not_after)
    days = (ends - now).days
    if ends <= now:
        past = (now - ends).days
        return Part(f"expired {count(past, 'day')} ago" if past else "expired today", "error")
    if days > SOON_DAYS:
        return None
    return Part(f"expires in {count(days, 'day')}" if days else "expires within a day", "warning")


def fingerprint(sha256: str) -> str:
    """A digest in groups of four that can be read to somebody."""
    groups = (sha256[place : place + _GROUP] for place in range(0, len(sha256), _GROUP))
    return " ".join(groups).upper()


def _state(report: LockReport, glyphs: Glyphs) -> Paragraph:
    closed = report.state is LockState.CLOSED
    sign = glyphs.lock_closed if closed else glyphs.lock_open
    role: Role = "secure" if closed else "insecure"
    words = "The lock is closed" if closed else "The lock is open"
    return paragraph(Part(f"{sign} {words}: ", role), Part(report.why, "strong"), hang=_INDENT)


def _section(title: str, sentences: tuple[str, ...] | list[str]) -> Iterator[Paragraph]:
    if sentences:
        yield paragraph()
        yield _heading(title)
    for sentence in sentences:
        yield paragraph(" " * _INDENT, sentence, hang=_INDENT)


def _heading(title: str) -> Paragraph:
    return paragraph(Part(title, "accent"))


def _fact(fact: Fact, glyphs: Glyphs) -> Paragraph:
    sign, word, role = _HOLDS[fact.holds]
    return paragraph(
        " " * _INDENT,
        Part(f"{getattr(glyphs, sign)} {word:<{_LABEL}}", role),
        Part(f"{fact.name}: "),
        Part(fact.evidence, "muted"),
        hang=2 * _INDENT,
    )


_HOLDS: dict[bool | None, tuple[str, str, Role]] = {
    True: ("check_ok", "holds", "success"),
    False: ("check_failed", "missing", "error"),
    None: ("check_skipped", "not known", "warning"),
}


def _tls(tls: TlsStatus, now: datetime) -> Iterator[Paragraph]:
    yield paragraph()
    yield _heading("Connection to the server")
    yield _labelled("TLS", Part(tls.version))
    yield _labelled("cipher", Part(tls.cipher))
    verified = Part("verified, name and all") if tls.verified else Part("not verified", "error")
    yield _labelled("server", verified)
    chain = tls.chain or ((tls.peer,) if tls.peer else ())
    for place, certificate in enumerate(chain):
        whose = "the server's" if place == 0 else "that of who signed the one before"
        yield paragraph()
        yield _heading(f"Certificate {place + 1} of {len(chain)}, {whose}")
        yield from _certificate(certificate, now)


def _certificate(certificate: Certificate, now: datetime) -> Iterator[Paragraph]:
    yield _labelled("subject", Part(certificate.subject))
    if certificate.names:
        yield _labelled("names", Part(", ".join(certificate.names)))
    yield _labelled("issuer", Part(certificate.issuer))
    yield _labelled("from", Part(_day(certificate.not_before)))
    ending = expiry(certificate, now)
    yield _labelled(
        "until", Part(_day(certificate.not_after)), *((Part("  "), ending) if ending else ())
    )
    yield _labelled("SHA-256", Part(fingerprint(certificate.sha256)))


def _streams(streams: tuple[StreamReport, ...]) -> Iterator[Paragraph]:
    for stream in streams:
        yield paragraph()
        yield _heading(f"Stream: {stream.kind}")
        if not stream.active:
            yield _labelled("state", Part("not in use now"))
        if stream.srtp:
            yield _labelled("SRTP", Part(stream.suite or "in force, suite not known"))
            yield _labelled("keys", Part(_KEYINGS[stream.keying] if stream.keying else "not known"))
        else:
            yield _labelled("SRTP", Part("none: this stream is in the clear", "error"))
        if stream.codec:
            yield _labelled("codec", Part(stream.codec))
        packets = f"{stream.accepted:,} authentic, {stream.rejected:,} rejected"
        if stream.srtp:
            yield _labelled("packets", Part(packets, "warning" if stream.rejected else "text"))


def _labelled(label: str, *parts: Part) -> Paragraph:
    head = Part(f"{' ' * _INDENT}{label:<{_LABEL}}", "muted")
    return paragraph(head, *parts, hang=_INDENT + _LABEL)


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%d %b %Y, %H:%M UTC")
