"""Decision on a call that asks to take the place of another (RFC 3891); pure."""

from __future__ import annotations

import msgspec

from voip.causes import Cause, CauseKind
from voip.model import CallState

_NO_SUCH_CALL = 481
_DECLINE = 603


class NotReplaced(msgspec.Struct, frozen=True):
    """Refusal of a call by a status."""

    code: int
    cause: Cause


_UNKNOWN = NotReplaced(_NO_SUCH_CALL, Cause(CauseKind.NO_CALL_TO_REPLACE))
"""Answer to a stranger: whether there is such a call is not for others to learn."""

_OVER = NotReplaced(_DECLINE, Cause(CauseKind.NO_CALL_TO_REPLACE))
_DECLINED = NotReplaced(_DECLINE, Cause(CauseKind.NOT_REPLACED))


class Named(msgspec.Struct, frozen=True):
    """Call that a caller names, as it is now.

    `ending`: a side is about to end it. `shared`: it is in a conference. `passed_on`: a
    transfer of it is under way. `awaited`: another caller is about to take its place.
    """

    account: str
    state: CallState
    ending: bool = False
    shared: bool = False
    passed_on: bool = False
    awaited: bool = False


def refusal(named: Named | None, account: str, trusted: bool) -> NotReplaced | None:
    """Refusal of a call to `account` that names another; None to answer it.

    `trusted`: its connection has the protection that the account demands.
    """
    if named is None or named.account != account or not trusted:
        return _UNKNOWN
    if named.ending:
        return _OVER
    # A call that still rings has nobody to take over from; the others of a conference
    # did not agree to a new party.
    if not named.state.answered or named.shared or named.passed_on or named.awaited:
        return _DECLINED
    return None
