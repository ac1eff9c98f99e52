"""Certificates that end soon: who is told, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from voip.protection import TlsStatus

SOON = timedelta(days=14)
_A_DAY_S = 86_400.0


def warning(tls: TlsStatus | None, client_ends: datetime | None, now: float) -> str | None:
    """Warning of an end that would stop an account, None while nothing ends.

    `tls` is the connection to its server, `client_ends` when the certificate
    ends that the account shows, `now` seconds since the epoch.
    """
    moment = datetime.fromtimestamp(now, UTC)
    found = []
    if tls is not None and tls.peer is not None:
        ends = datetime.fromisoformat(tls.peer.not_after)
        words = _ending("the server's", ends, moment)
        if words and tls.pinned:
            words += "; accepted all the same, because its key is pinned"
        found.append(words)
    if client_ends is not None:
        found.append(_ending("this account's own", client_ends, moment))
    return "; ".join(words for words in found if words) or None


def when(not_after: str, now: float) -> str:
    """When a certificate ends, in words; `not_after` is as in `Certificate`."""
    ends, moment = datetime.fromisoformat(not_after), datetime.fromtimestamp(now, UTC)
    return _when(ends, moment)


def _ending(what: str, ends: datetime, moment: datetime) -> str | None:
    if ends - moment > SOON:
        return None
    # What is wrong stands first: the screen has 21 cells for it.
    return f"cert {_when(ends, moment)}: {what}"


def _when(ends: datetime, moment: datetime) -> str:
    date = ends.strftime("%Y-%m-%d")
    if ends <= moment:
        return f"has expired on {date}"
    days = (ends - moment).days
    if days < 1:
        return f"ends within a day, on {date}"
    return f"ends in {days} day{'s' if days > 1 else ''}, on {date}"


class Notices:
    """Who was warned when; an account is told of once a day at most."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def due(self, name: str, now: float) -> bool:
        """True if an account is to be warned of now, which then counts as done."""
        last = self._told.get(name)
        if last is not None and now - last < _A_DAY_S:
            return False
        self._told[name] = now
        return True
