"""Numbers as a country writes them, for the eye."""

from __future__ import annotations

from functools import lru_cache

from voip.sip.plans import Plan


@lru_cache(maxsize=4096)
def grouped(number: str, country: str = "") -> str:
    """`number` with spaces; without its country only one with “+” gets them."""
    return Plan(country).grouped(number)


def load() -> None:
    """Load what knows the countries; it takes as long as drawing a screen."""
    grouped("+12015550123")
