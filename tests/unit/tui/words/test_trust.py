"""A server in a user's words, before it is trusted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.unit.security.test_lock_report import CERTIFICATE
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.words import trust as trust_words
from tui.words.trust import Standing, Viewer
from voip.protocol.trust import ServerReport

NOW = datetime(2026, 3, 14, tzinfo=UTC)
KEY, OTHER = "cd" * 32, "ef" * 32
PROBLEM = "no authority that is trusted issued the server's certificate"
GOOD = ServerReport(
    host="pbx.example.com", port=5061, version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384",
    chain=(replace(CERTIFICATE, key_sha256=KEY), CERTIFICATE),
)  # fmt: skip
BAD = replace(GOOD, problems=(PROBLEM,))


VIEWER = Viewer("account work", NOW, calls=1, leave_key="enter", accept_key="A")
IN_FORM = VIEWER._replace(whose="the account", calls=None)


def read(report: ServerReport, glyphs: Glyphs = UNICODE, viewer: Viewer = VIEWER) -> list[str]:
    text = trust_words.describe(report, viewer, glyphs)
    return ["".join(part.text for part in one.parts) for one in text]


@pytest.mark.parametrize(
    ("report", "standing", "can_be_pinned"),
    [
        (GOOD, Standing.TRUSTED, True),
        (BAD, Standing.UNTRUSTED, True),
        (replace(BAD, pin=KEY), Standing.PINNED, False),
        (replace(GOOD, pin=OTHER), Standing.CHANGED, True),
        (replace(BAD, pin=OTHER), Standing.CHANGED, True),
        (replace(GOOD, refused=("TLS 1.0",)), Standing.REFUSED, False),
        (replace(GOOD, refused=("TLS 1.0",), pin=OTHER), Standing.REFUSED, False),
        (replace(GOOD, refused=("TLS 1.0",), pin=KEY), Standing.REFUSED, False),
        (replace(BAD, chain=()), Standing.UNTRUSTED, False),
        (replace(BAD, chain=(CERTIFICATE,)), Standing.UNTRUSTED, False),
    ],
)
def test_what_a_server_is_to_an_account(
    report: ServerReport, standing: Standing, can_be_pinned: bool
) -> None:
    assert trust_words.standing(report) is standing
    assert trust_words.can_be_pinned(report) is can_be_pinned


def test_what_is_wrong_comes_first_and_what_to_compare_next() -> None:
    half = "  " + " ".join(["CDCD"] * 8)
    assert read(BAD, ASCII)[:8] == [
        f"{ASCII.check_failed} Not trusted by account work",
        f"  {PROBLEM}",
        "",
        "SHA-256 of the server's public key",
        half,
        half,
        "",
        "What to do",
    ]


def test_all_of_it_is_there() -> None:
    lines = read(BAD)
    for line in (
        "  server    pbx.example.com, port 5061",
        "  TLS       TLSv1.3",
        "  cipher    TLS_AES_256_GCM_SHA384",
        "Certificate 1 of 2, the server's",
        "  names     pbx.example.com, 192.0.2.1",
        "  issuer    CN=Example CA",
        "  until     01 Jan 2027, 00:00 UTC",
        f"  SHA-256   {' '.join(['ABAB'] * 16)}",
        "Certificate 2 of 2, of the issuer of the one before",
    ):
        assert line in lines


def test_a_pin_that_holds_says_what_it_stands_in_for() -> None:
    lines = read(replace(BAD, pin=KEY, pinned_on="2026-01-01T00:00:00Z"))
    assert lines[:4] == [
        "✓ This is the key that account work is pinned to",
        "  Accepted here on 01 Jan 2026, 00:00 UTC, 72 days ago. By whom was not noted.",
        "  Without a pin it would be refused:",
        f"    {PROBLEM}",
    ]


def test_of_a_changed_key_both_are_shown_one_beneath_the_other() -> None:
    lines = read(replace(GOOD, pin=OTHER))
    assert "  Without a pin it would be trusted: an authority vouches for it." in lines
    before = lines.index("Accepted until now: SHA-256 of the public key")
    now = lines.index("Shown by the server: SHA-256 of the public key")
    assert lines[before + 1 : before + 3] == ["  " + " ".join(["EFEF"] * 8)] * 2
    assert lines[before + 3] == ("  Written into accounts.toml by hand. Since when is not known.")
    assert lines[now + 1 : now + 3] == ["  " + " ".join(["CDCD"] * 8)] * 2


def test_of_a_changed_key_the_safe_way_is_told_before_there_is_anything_to_accept() -> None:
    assert read(replace(GOOD, pin=OTHER))[:11] == [
        "✗ The server shows another key than before",
        "  Nothing is sent to a server with this key.",
        "  This may be an attack: somebody between you and the server. Or the server was given "
        "a new key.",
        "  The call with account work that is up goes on as it is.",
        "",
        "What to do",
        "  enter leaves everything as it is. That is safe.",
        "  Ask the server's administrator whether the key is a new one, and let them read its "
        "SHA-256 to you: face to face or by another telephone, not with this account.",
        "  Only if it is the one that is shown now, accept it with A.",
        "",
        "Accepted until now: SHA-256 of the public key",
    ]


def test_an_account_in_a_form_has_no_calls_and_a_pin_that_nobody_wrote_into_the_file() -> None:
    lines = read(replace(GOOD, pin=OTHER), viewer=IN_FORM)
    assert "  The form has it." in lines
    assert not any("that is up" in line for line in lines)


@pytest.mark.parametrize("question", [trust_words.accepting, trust_words.replacing])
def test_a_question_has_the_key_and_what_becomes_of_calls(
    question: Callable[[ServerReport, Viewer], str],
) -> None:
    assert question(GOOD, VIEWER).splitlines()[:2] == [" ".join(["CDCD"] * 8)] * 2
    assert question(GOOD, VIEWER).endswith("The call with account work that is up now ends.")
    assert question(GOOD, IN_FORM).endswith(
        "When the form is saved, calls with the account that are up end."
    )


def test_taking_a_pin_away_says_what_becomes_of_the_server_as_it_is() -> None:
    assert "The server as it is now would be accepted. " in trust_words.taking_away(GOOD, VIEWER)
    assert "The server as it is now would be refused. " in trust_words.taking_away(BAD, VIEWER)
    assert trust_words.taking_away(BAD, VIEWER).endswith(
        "The call with account work that is up now ends."
    )


def test_a_server_that_is_refused_says_so_with_all_that_is_wrong() -> None:
    lines = read(replace(BAD, refused=("the server's key is too short",)))
    assert lines[:3] == [
        "✗ This server is refused, and a pin would not change that",
        "  the server's key is too short",
        f"  {PROBLEM}",
    ]
    assert "  Only the server's administrator can fix this." in lines


def test_a_key_that_is_not_known_is_said_to_be_so() -> None:
    lines = read(replace(BAD, chain=()))
    assert lines[lines.index("SHA-256 of the server's public key") + 1] == "  not known"
