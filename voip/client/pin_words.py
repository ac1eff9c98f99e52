"""Sentences on a pinned key: its acceptance, and its effect on calls.

Shared by the screen and the command line, so that both say the same.
"""

from __future__ import annotations

from datetime import UTC, datetime

from voip.choices import Means
from voip.protocol.trust import ServerReport

_BY_MEANS = {Means.SCREEN: " on the screen", Means.COMMAND: " by command"}


def accepted(report: ServerReport, now: datetime) -> str:
    """Sentence on the acceptance of a pinned key: by whom, when, how long."""
    if report.pinned_on is None:
        return "Written into accounts.toml by hand. Since when is not known."
    moment = datetime.fromisoformat(report.pinned_on).astimezone(UTC)
    by = f" by {report.pinned_by}" if report.pinned_by else ""
    means = _BY_MEANS[report.pinned_with] if report.pinned_with else ""
    nobody = "" if by else " By whom was not noted."
    return (
        f"Accepted here{by}{means} on {moment:%d %b %Y, %H:%M UTC}, "
        f"{_age((now - moment).days)}.{nobody}"
    )


def _age(days: int) -> str:
    if days < 1:
        return "less than a day ago"
    return f"{days} day{'s' if days > 1 else ''} ago"


def calls_go_on(calls: int, whose: str) -> str:
    """Sentence on an account's calls while its server shows another key."""
    match calls:
        case 0:
            return f"No call with {whose} is up."
        case 1:
            return f"The call with {whose} that is up goes on as it is."
        case _:
            return f"The {calls} calls with {whose} that are up go on as they are."


def calls_end(calls: int, whose: str) -> str:
    """Sentence on an account's calls when its pin is changed or removed."""
    match calls:
        case 0:
            return f"No call with {whose} is up, so none ends."
        case 1:
            return f"The call with {whose} that is up now ends."
        case _:
            return f"The {calls} calls with {whose} that are up now end."
