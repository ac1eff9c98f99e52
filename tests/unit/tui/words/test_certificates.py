"""A server's certificates in a user's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from tests.unit.security.test_lock_report import CERTIFICATE
from tui.terminal.text import Part
from tui.words import certificates as certificate_words
from voip.protection import Certificate

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def read(*chain: Certificate) -> str:
    text = certificate_words.describe(chain, NOW)
    return "\n".join("".join(part.text for part in one.parts) for one in text)


def test_the_key_and_the_signature_are_told_where_they_are_known() -> None:
    certificate = replace(
        CERTIFICATE, key="EC P-256", key_sha256="cd" * 32, signature="ecdsa-with-SHA256"
    )
    assert read(certificate).endswith(
        f"  key       EC P-256, SHA-256 {' '.join(['CDCD'] * 16)}\n"
        "  signed    with ecdsa-with-SHA256"
    )
    assert read(replace(certificate, key_sha256="", signature="")).endswith(
        f"  SHA-256   {' '.join(['ABAB'] * 16)}"
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=31), None),
        (timedelta(days=30), Part("expires in 30 days", "warning")),
        (timedelta(days=1), Part("expires in 1 day", "warning")),
        (timedelta(hours=23), Part("expires within a day", "warning")),
        (timedelta(0), Part("expired today", "error")),
        (timedelta(days=-2), Part("expired 2 days ago", "error")),
    ],
)
def test_the_end_of_a_certificate(left: timedelta, words: Part | None) -> None:
    ends = (NOW + left).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert certificate_words.expiry(replace(CERTIFICATE, not_after=ends), NOW) == words
