"""Failures that another target of a server may not have."""

from __future__ import annotations

from voip.causes import Cause, CauseKind

SHORT_SILENCE_S = 4.0
"""Seconds for a target's answer where another target is left."""

_KINDS = frozenset(
    {
        CauseKind.TLS_TOO_OLD,
        CauseKind.NO_TLS,
        CauseKind.NO_COMMON_CIPHER,
        CauseKind.SERVER_NAME_UNKNOWN,
        CauseKind.CONNECTION_CLOSED,
        CauseKind.CONNECTION_TIMEOUT,
        CauseKind.CONNECTION_FAILED,
        CauseKind.CONNECTION_DROPPED,
        CauseKind.NO_ANSWER,
        CauseKind.NO_NETWORK,
        CauseKind.SERVER_SILENT,
        # PJSIP refuses an address of a family that the machine lacks.
        CauseKind.WORKER_REFUSED,
    }
)
_CODES = (408, 502, 503, 504)
"""PJSIP's own timeout and lost connections, and RFC 3263 section 4.3."""


def is_of_target(cause: Cause, code: int | None) -> bool:
    """Report if another target of the account's server may do better."""
    return cause.kind in _KINDS or cause.of_trust or code in _CODES
