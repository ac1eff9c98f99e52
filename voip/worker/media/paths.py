"""Ways of a call's voice: whether ICE has found one, and the relay."""

from __future__ import annotations

import errno

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protocol.worker.accounts import AccountSetup

# pj/errno.h
_TIMED_OUT, _PENDING, _NOT_FOUND = 70_009, 70_002, 70_006
_SYSTEM = 120_000

# pjnath/errno.h; from the statuses of STUN on they are the server's.
_STUN_TIMED_OUT, _UNVERIFIED = 370_004, 370_121
_UNAUTHENTICATED, _FORBIDDEN, _WRONG_CREDENTIALS = 370_401, 370_403, 370_441

_KINDS = {
    _UNVERIFIED: CauseKind.RELAY_UNVERIFIED,
    _UNAUTHENTICATED: CauseKind.RELAY_PASSWORD,
    _FORBIDDEN: CauseKind.RELAY_PASSWORD,
    _WRONG_CREDENTIALS: CauseKind.RELAY_PASSWORD,
    _TIMED_OUT: CauseKind.RELAY_SILENT,
    _STUN_TIMED_OUT: CauseKind.RELAY_SILENT,
    _SYSTEM + errno.ECONNREFUSED: CauseKind.RELAY_SILENT,
    _SYSTEM + errno.EHOSTUNREACH: CauseKind.RELAY_SILENT,
    _SYSTEM + errno.ENETUNREACH: CauseKind.RELAY_SILENT,
}


def failure(call: pj.Call, info: pj.CallInfo) -> Cause | None:
    """Cause of a call whose checks have all failed, None of another."""
    for media in info.media:
        try:
            # `ice` points into this object, and into freed memory without it.
            transport = call.getMedTransportInfo(media.index)
        except pj.Error:
            # PJSIP has no transport for some streams that have a status.
            continue
        if transport.ice.failed:
            return Cause(CauseKind.NO_WAY)
    return None


def refusal(call: pj.Call, info: pj.CallInfo, setup: AccountSetup) -> Cause | None:
    """Cause for which a call's relay is not used, None if it can be."""
    for media in info.media:
        try:
            # See above.
            transport = call.getMedTransportInfo(media.index)
        except pj.Error:
            continue
        if cause := refusal_of(transport.ice.relayStatus, setup):
            return cause
    return None


def refusal_of(status: int, setup: AccountSetup) -> Cause | None:
    """Cause of PJSIP's status of an account's relay, None if it has not failed."""
    relay = setup.ice_servers.relay if setup.ice_servers else None
    if relay is None or status in (pj.PJ_SUCCESS, _PENDING, _NOT_FOUND):
        return None
    kind = _KINDS.get(status)
    if kind is not None:
        return Cause(kind, (relay.server_name,))
    words = pj.Endpoint.instance().utilStrError(status)
    return Cause(CauseKind.RELAY_REFUSED, (relay.server_name, words))
