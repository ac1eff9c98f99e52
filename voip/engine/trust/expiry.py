"""Warns of certificates that end soon, once a day for an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from voip.protection import TlsStatus

SOON = timedelta(days=14)
_A_DAY_S = 86_400.0


def warning(tls: TlsStatus | None, client_ends: datetime | None, now: float) -> str | None:
    """Warn of an end that would stop an account; None while nothing ends.

    `tls` is the connection to its server, `client_ends` the end of the account's client
    certificate, `now` seconds since the epoch.
    """
    moment = datetime.fromtimestamp(now, UTC)
    warnings = []
    if tls is not None and tls.peer is not None:
        ends = datetime.fromisoformat(tls.peer.not_after)
        words = _ending("the server's", ends, moment)
        if words and tls.pinned:
            words += "; accepted all the same, because its key is pinned"
        warnings.append(words)
    if client_ends is not None:
        warnings.append(_ending("this account's own", client_ends, moment))
    return "; ".join(words for words in warnings if words) or None


def when(not_after: str, now: float) -> str:
    """Describe the end of a certificate; `not_after` is as in `Certificate`."""
    ends, moment = datetime.fromisoformat(not_after), datetime.fromtimestamp(now, UTC)
    return _when(ends, moment)


def _ending(what: str, ends: datetime, moment: datetime) -> str | None:
    if ends - moment > SOON:
        return None
    # The screen has 21 cells: the problem comes first.
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
    """Accounts and when each was last warned of: at most once a day."""

    def __init__(self) -> None:
        self._last_warned: dict[str, float] = {}

    def due(self, name: str, now: float) -> bool:
        """Report if an account needs a warning now, which then counts as given."""
        last = self._last_warned.get(name)
        if last is not None and now - last < _A_DAY_S:
            return False
        self._last_warned[name] = now
        return True
