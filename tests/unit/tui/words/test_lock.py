"""The lock in detail in a user's words."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from tests.unit.security.test_lock_report import ACCOUNT, CALL, TLS, WORDS
from tests.unit.security.test_policy import PLAIN
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.words import lock as lock_words
from voip.protection import LockReport
from voip.security import lock_report

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def read(report: LockReport, glyphs: Glyphs = UNICODE) -> str:
    text = lock_words.describe(report, NOW, glyphs)
    return "\n".join("".join(part.text for part in one.parts) for one in text)


def test_a_closed_lock() -> None:
    report = lock_report.report(CALL, TLS)
    text = read(report)
    assert text.startswith(
        "[server] encrypted to the server; it can listen\n"
        "  encrypted to pbx.example.com; beyond it, unknown\n"
    )
    assert "What to do" not in text
    for sentence in report.meaning:
        assert f"\n  {sentence}\n" in text
    assert "  ✓ holds     the account uses TLS: the account says TLS\n" in text
    assert "  TLS       TLSv1.3\n  cipher    TLS_AES_256_GCM_SHA384\n" in text
    assert "Certificate 1 of 1, the server's\n  subject   CN=pbx\n" in text
    assert "  names     pbx.example.com, 192.0.2.1\n  issuer    CN=Example CA\n" in text
    assert "  from      01 Jan 2026, 00:00 UTC\n  until     01 Jan 2027, 00:00 UTC\n" in text
    assert f"  SHA-256   {' '.join(['ABAB'] * 16)}" in text
    order = ("What it means", "The voice", "Stream: voice", "The way to the server", "Certificate")
    assert [text.index(title) for title in order] == sorted(text.index(title) for title in order)
    assert (
        "Stream: voice\n"
        "  SRTP      AES_256_CM_HMAC_SHA1_80\n"
        "  keys      keys by SDES, inside the TLS connection\n"
        "  codec     opus/48000/2\n"
        "  packets   2,130 authentic, 0 rejected"
    ) in text


def test_a_stream_through_a_relay_says_so() -> None:
    [stream] = CALL.streams
    relayed = lock_report.report(replace(CALL, streams=(replace(stream, relayed=True),)), TLS)
    assert "  way       goes through a relay\n" in read(relayed)
    assert "relay" not in read(lock_report.report(CALL, TLS))


def test_an_open_lock_says_first_what_to_do() -> None:
    report = lock_report.report(replace(CALL, streams=(PLAIN,)), TLS)
    lines = read(report, ASCII).splitlines()
    assert lines[:2] == ["[UNSAFE] NOT encrypted: voice in the clear", f"  {report.why}"]
    assert lines[3:5] == ["What to do", f"  {report.remedy}"]
    assert any(line.startswith("  FAIL missing   the voice is encrypted") for line in lines)
    assert "  SRTP      none: this stream is in the clear" in lines


def test_the_words_of_the_ends_are_numbered_in_two_lines_of_four() -> None:
    report = lock_report.report(CALL, TLS, WORDS)
    assert report.end_to_end is not None
    lines = [line.rstrip() for line in read(report).splitlines()]
    place = lines.index("Words to compare by voice")
    assert lines[place + 1 : place + 4] == [
        "  1 grace     2 lottery   3 oak       4 spider",
        "  5 mother    6 cube      7 chief     8 genre",
        f"  {report.end_to_end.meaning}",
    ]
    # The user reads the words out during a call: no scrolling.
    assert place < lines.index("What it means")
    assert "Words" not in read(lock_report.report(CALL, TLS))


def test_what_is_not_known_is_no_failure() -> None:
    report = lock_report.report(replace(ACCOUNT, connection=None), None)
    assert "  – not known " in read(report)


def test_what_made_the_server_trusted() -> None:
    for tls, words in (
        (TLS, "verified, with its name"),
        (replace(TLS, pinned=True), "verified by its public key, which the account is pinned to"),
        (replace(TLS, verified=False, pinned=True), "not verified"),
    ):
        assert f"  server    {words}\n" in read(lock_report.report(CALL, tls))
