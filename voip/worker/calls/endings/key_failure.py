"""Failure of DTLS to agree keys in a call (RFC 5764)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.protection import Stream

_KINDS = {
    pj.PJMEDIA_DTLS_FAILURE_CERTIFICATE: CauseKind.KEYS_CERTIFICATE,
    pj.PJMEDIA_DTLS_FAILURE_KEY: CauseKind.KEYS_WEAK,
    pj.PJMEDIA_DTLS_FAILURE_VERSION: CauseKind.KEYS_VERSION,
    pj.PJMEDIA_DTLS_FAILURE_SUITE: CauseKind.KEYS_SUITE,
    pj.PJMEDIA_DTLS_FAILURE_REFUSED: CauseKind.KEYS_REFUSED,
    pj.PJMEDIA_DTLS_FAILURE_OTHER: CauseKind.KEYS_FAILED,
}


_LIMIT_S = 8.0


class KeyWait:
    """Time for which a call has lacked keys without a reported failure.

    `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def is_over(self, streams: tuple[Stream, ...]) -> bool:
        """True if a stream in use has lacked keys for too long."""
        if all(stream.srtp for stream in streams if stream.active):
            self._since = None
            return False
        now = self._clock()
        self._since = now if self._since is None else self._since
        return now - self._since > _LIMIT_S


def cause(call: pj.Call, info: pj.CallInfo) -> Cause | None:
    """Cause of a failed handshake in a stream of the call, None without one."""
    for media in info.media:
        try:
            # `srtp` points into this object, and into freed memory without it.
            transport = call.getMedTransportInfo(media.index)
        except pj.Error:
            # PJSIP has no transport for some streams that have a status.
            continue
        if kind := _KINDS.get(transport.srtp.dtlsFailure):
            return Cause(kind)
    return None
