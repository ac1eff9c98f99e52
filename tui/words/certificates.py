"""A server's certificates as text to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph
from tui.words.describing import heading, labelled
from tui.words.phrases import count
from voip.protection import Certificate

SOON_DAYS = 30
"""Days before its end from which a certificate is marked to expire soon."""

_GROUP = 4


def describe(chain: Sequence[Certificate], now: datetime) -> Iterator[Paragraph]:
    """A chain, the server's own certificate first."""
    for place, certificate in enumerate(chain):
        whose = "the server's" if place == 0 else "of the issuer of the one before"
        yield paragraph()
        yield heading(f"Certificate {place + 1} of {len(chain)}, {whose}")
        yield from _certificate(certificate, now)


def expiry(certificate: Certificate, now: datetime) -> Part | None:
    """Remark on a certificate's end, or None while it is far."""
    ends = datetime.fromisoformat(certificate.not_after)
    days = (ends - now).days
    if ends <= now:
        past = (now - ends).days
        return Part(f"expired {count(past, 'day')} ago" if past else "expired today", "error")
    if days > SOON_DAYS:
        return None
    return Part(f"expires in {count(days, 'day')}" if days else "expires within a day", "warning")


def fingerprint(sha256: str) -> str:
    """A digest in groups of four, for reading aloud."""
    groups = (sha256[place : place + _GROUP] for place in range(0, len(sha256), _GROUP))
    return " ".join(groups).upper()


def day(moment: str) -> str:
    """A moment (RFC 3339) to the minute."""
    return datetime.fromisoformat(moment).strftime("%d %b %Y, %H:%M UTC")


def _certificate(certificate: Certificate, now: datetime) -> Iterator[Paragraph]:
    yield labelled("subject", Part(certificate.subject))
    if certificate.names:
        yield labelled("names", Part(", ".join(certificate.names)))
    yield labelled("issuer", Part(certificate.issuer))
    yield labelled("from", Part(day(certificate.not_before)))
    ending = expiry(certificate, now)
    yield labelled(
        "until", Part(day(certificate.not_after)), *((Part("  "), ending) if ending else ())
    )
    yield labelled("SHA-256", Part(fingerprint(certificate.sha256)))
    if certificate.key_sha256:
        key = f"{certificate.key}, SHA-256 {fingerprint(certificate.key_sha256)}"
        yield labelled("key", Part(key))
    if certificate.signature:
        yield labelled("signed", Part(f"with {certificate.signature}"))
