"""Failed registrations and events: the cause, and the time of the next attempt."""

from __future__ import annotations

import random

from voip.causes import Cause, CauseKind
from voip.engine.accounts.own_keys import OwnKeyError
from voip.engine.accounts.secrets import PasswordError
from voip.engine.registration.setup import SetupError
from voip.engine.supervisor import WorkerRefused
from voip.model import Registration, RegistrationState
from voip.sip.sentences import sentence

FIRST_RETRY_S = 2.0
_QUICK_RETRIES = 3
"""Retries that follow a start quickly: a person waits at the screen."""

_ALL_FAILED_S = 30.0
_OTHERS_WORK_S = 90.0
_LONGEST_RETRY_S = 1800.0
_LONGEST_UNASKED_S = 120.0
"""Longest wait where no server was asked: a longer one would spare none."""

LONGEST_EVENT_RETRY_S = 3600.0
_LONGEST_ASKED_S = 86400.0
_EVENT_REFUSALS = frozenset((403, 404, 405, 489, 501, 603, 604))
"""Answers that another SUBSCRIBE or PUBLISH does not change soon."""

_MOST_DOUBLINGS = 10
_AUTH_RETRY_S = 120.0
_OF_THE_PASSWORD = (401, 403, 404, 407)


def because(state: RegistrationState, cause: Cause, code: int | None = None) -> Registration:
    """Build a registration in a state for a cause, with the server's status."""
    return Registration(state, code, sentence(cause), cause=cause)


def cause_of(error: PasswordError | OwnKeyError | SetupError | WorkerRefused) -> Cause:
    """Return the cause that keeps an account out of its worker."""
    match error:
        case PasswordError(cause=cause):
            return cause
        case OwnKeyError():
            return Cause(CauseKind.OWN_KEY, (str(error),))
        case SetupError():
            return Cause(CauseKind.TRUST_SETUP, (str(error),))
        case WorkerRefused():
            return Cause(CauseKind.WORKER_REFUSED, (str(error),))


def retry_s(failures: int, code: int | None, awaited: bool) -> float:
    """Return the upper bound of the wait after `failures` in a row, in seconds.

    RFC 5626 section 4.5, while no target works; the first retries are quicker where
    a person awaits them.
    """
    if code in _OF_THE_PASSWORD:
        # A server may lock the account after repeated attempts with a wrong password.
        return max(_doubled(_ALL_FAILED_S, failures), _AUTH_RETRY_S)
    if not awaited:
        return _doubled(_ALL_FAILED_S, failures)
    if failures <= _QUICK_RETRIES:
        return _doubled(FIRST_RETRY_S, failures - 1)
    return _doubled(_ALL_FAILED_S, failures - _QUICK_RETRIES)


def return_s(failures: int) -> float:
    """Return the upper bound of the wait for a target while another works."""
    return _doubled(_OTHERS_WORK_S, failures)


def unasked_s(failures: int) -> float:
    """Return the upper bound of the wait after a failure before any server was asked."""
    return min(_doubled(FIRST_RETRY_S, failures - 1), _LONGEST_UNASKED_S)


def refused_event_s(failures: int, code: int, retry_after_s: float) -> float:
    """Return the wait after a SUBSCRIBE or PUBLISH that its server did not accept.

    `failures` counts those before it, `retry_after_s` is what the server asks for.
    """
    wait = _doubled(_ALL_FAILED_S, failures, LONGEST_EVENT_RETRY_S)
    if code in _EVENT_REFUSALS:
        wait = LONGEST_EVENT_RETRY_S
    return max(wait, min(retry_after_s, _LONGEST_ASKED_S))


def spread(bound_s: float) -> float:
    """Draw a wait: phones of a server that was away must not come back together."""
    return bound_s * random.uniform(0.5, 1.0)


def _doubled(seconds: float, times: int, longest: float = _LONGEST_RETRY_S) -> float:
    doubled: float = seconds * 2 ** min(times, _MOST_DOUBLINGS)
    return min(doubled, longest)
