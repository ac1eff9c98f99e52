"""Failed registrations: the cause, and the time of the next attempt."""

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


def delay_s(failures: int, code: int | None) -> float:
    """Return seconds until the next attempt, after `failures` in a row."""
    delay: float = min(FIRST_RETRY_S * 2 ** (failures - 1), _LONGEST_RETRY_S)
    # A server may lock the account after repeated attempts with a wrong password.
    return max(delay, _AUTH_RETRY_S) if code in _OF_THE_PASSWORD else delay
