"""Sentences on a comparison of words: its result, and what to do."""

from __future__ import annotations

from datetime import datetime

from voip.protection import Compared, EndToEnd

DIFFERENT = (
    "Somebody between the two phones decrypts this call and can listen: often the telephone "
    "system itself, or else an attacker. Say nothing private. Pressed by mistake? Stay, and "
    "answer again."
)

FORGETTING = (
    "Their phone is then a phone that was never compared, and the words have to be compared again."
)


def standing(code: EndToEnd) -> str:
    """One or two sentences on the comparison of a call's words."""
    comparison = code.comparison
    if comparison is None:
        return ""
    remembered = "What was compared before stays remembered. " if comparison.on else ""
    return {
        Compared.PENDING: f"Not compared yet. {_next_time(code, 'Once equal, their')}",
        Compared.EQUAL: f"EQUAL: you compared them in this call. {_next_time(code, 'Their')}",
        Compared.DIFFERENT: f"DIFFERENT: you compared them in this call. {remembered}"
        "Say nothing private, and end the call.",
        Compared.REMEMBERED: f"Compared on {day(comparison.on)}: the same key. "
        "You need not compare again.",
        Compared.CHANGED: f"ANOTHER KEY than was compared on {day(comparison.on)}. Their phone may "
        "be another one, or has made a new key: many do when they start, an Offhook every 90 days. "
        "Or somebody is between you. Say nothing private until you have compared the words again.",
    }[comparison.state]


def day(moment: str | None) -> str:
    """The day of a moment (RFC 3339, UTC), as in 12 Mar 2026."""
    return datetime.fromisoformat(moment).strftime("%d %b %Y") if moment else "a day not known"


def _next_time(code: EndToEnd, their: str) -> str:
    if code.address is None:
        return "They gave no address to remember: your answer holds for this call only."
    return f"{their} phone is recognised next time, until it makes a new key."
