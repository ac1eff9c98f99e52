"""Session timers (RFC 4028) and reliable ringing (RFC 3262) of an account."""

from __future__ import annotations

import pjsua2 as pj

from voip.choices import Prack, SessionTimer
from voip.protocol.worker.accounts import AccountSetup

_TIMERS = {
    SessionTimer.OFF: pj.PJSUA_SIP_TIMER_INACTIVE,
    SessionTimer.OPTIONAL: pj.PJSUA_SIP_TIMER_OPTIONAL,
    SessionTimer.ALWAYS: pj.PJSUA_SIP_TIMER_ALWAYS,
    SessionTimer.REQUIRED: pj.PJSUA_SIP_TIMER_REQUIRED,
}
_PRACKS = {
    Prack.OFF: pj.PJSUA_100REL_NOT_USED,
    Prack.OPTIONAL: pj.PJSUA_100REL_OPTIONAL,
    Prack.REQUIRED: pj.PJSUA_100REL_MANDATORY,
}


def configure(calls: pj.AccountCallConfig, setup: AccountSetup) -> None:
    """Use session timers and PRACK as the account wants them."""
    calls.timerUse = _TIMERS[setup.session_timer]
    calls.timerSessExpiresSec = setup.session_expires_s
    calls.timerMinSESec = setup.session_min_s
    calls.prackUse = _PRACKS[setup.prack]
