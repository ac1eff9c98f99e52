"""Cleaned texts of the network and of users."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = (
    "a", " ", "Front desk", "+34 600 111 222", "e\N{COMBINING ACUTE ACCENT}",
    "好", "ｆｕｌｌ", "한", "\N{HANGUL CHOSEONG KIYEOK}", "مرحبا", "ก็",
    "\N{COMBINING ENCLOSING CIRCLE}", "\N{COMBINING ACUTE ACCENT}", "\N{VARIATION SELECTOR-16}",
    "❤\N{VARIATION SELECTOR-16}", "❤",
    "\N{ZERO WIDTH JOINER}", "👩\N{ZERO WIDTH JOINER}🚀", "🇪🇸", "👍🏽", "🔒", "…",
    "\N{REPLACEMENT CHARACTER}", "\N{HANGUL FILLER}", "\N{NO-BREAK SPACE}",
    "{", "}", "[bold]", "%s",
)  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=30).map("".join),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40),
    st.builds(lambda piece, times: (piece * times)[:256],
              st.sampled_from(_PIECES), st.integers(1, 256)),
)  # fmt: skip
"""Up to 256 characters: wide, combining, joined, zero-width."""
