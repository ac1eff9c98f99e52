"""Failure of a registration: its cause, and when to try again."""

from __future__ import annotations

from voip.causes import Cause, CauseKind
from voip.engine.accounts.own_keys import OwnKeyError
from voip.engine.accounts.secrets import PasswordError
from voip.engine.registration.setup import SetupError
from voip.engine.supervisor import WorkerRefused
from voip.model import Registration, RegistrationState
from voip.sip.sentences import sentence

FIRST_RETRY_S = 2.0
_LONGEST_RETRY_S = 120.0
_AUTH_RETRY_S = 60.0
_OF_THE_PASSWORD = (401, 403, 404, 407)


def because(state: RegistrationState, cause: Cause, code: int | None = None) -> Registration:
    """A registration in a state for a cause, with the server's status."""
    return Registration(state, code, sentence(cause), cause=cause)


def cause_of(error: PasswordError | OwnKeyError | SetupError | WorkerRefused) -> Cause:
    """The cause that keeps an account out of its worker."""
    match error:
        case PasswordError(cause=cause):
            return cause
        case OwnKeyError():
            return Cause(CauseKind.OWN_KEY, (str(error),))
        case SetupError():
            return Cause(CauseKind.TRUST_SETUP, (str(error),))
        case WorkerRefused():
            return Cause(CauseKind.WORKER_REFUSED, (str(error),))


def delay_s(failures: int, code: int | None) -> float:
    """Seconds until the next attempt, after `failures` in a row."""
    delay: float = min(FIRST_RETRY_S * 2 ** (failures - 1), _LONGEST_RETRY_S)
    # Asking again at once with the same password locks accounts.
    return max(delay, _AUTH_RETRY_S) if code in _OF_THE_PASSWORD else delay
