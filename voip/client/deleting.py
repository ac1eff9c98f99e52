"""Deletion of calls from the log, as the user is asked about it."""

from __future__ import annotations

import msgspec

from voip.model import Outcome
from voip.protocol.calls import DeleteHistory, GetHistory, HistoryPage

_MOST_CALLS_AT_ONCE = 200


def calls(number: int) -> str:
    """Count of calls: `1 call`, `1,204 calls`."""
    return f"{number:,} call" if number == 1 else f"{number:,} calls"


def matching(command: DeleteHistory) -> GetHistory:
    """Query for the newest of the rows that a deletion would take."""
    return GetHistory(
        search=command.search,
        limit=_MOST_CALLS_AT_ONCE,
        missed=command.missed,
        account=command.account,
        secure=command.secure,
        person=command.person,
    )


def ended(page: HistoryPage) -> int:
    """Number of matching rows without the calls that have not ended."""
    return page.total - sum(entry.outcome is Outcome.ONGOING for entry in page.entries)


def up_to(command: DeleteHistory, page: HistoryPage) -> DeleteHistory:
    """Command for the rows of a page, which has some, and older ones: a later call stays."""
    return msgspec.structs.replace(command, newest=page.entries[0].id)


def question(command: DeleteHistory, number: int) -> str:
    """Question about `number` calls: `Delete the 3 missed calls of work?`."""
    kind = "missed " if command.missed else "secure " if command.secure else ""
    which = [
        f" of {command.account}" if command.account is not None else "",
        f" that {'was' if number == 1 else 'were'} not secure" if command.secure is False else "",
        f" with {command.person}" if command.person is not None else "",
        f" with “{command.search}”" if command.search else "",
    ]
    if number == 1:
        return f"Delete the {kind}call{''.join(which)}?"
    every = "the" if kind or any(which) else "all"
    return f"Delete {every} {number:,} {kind}calls{''.join(which)}?"
