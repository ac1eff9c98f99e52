"""Failure of DTLS to agree keys in a call (RFC 5764), in words."""

from __future__ import annotations

import time
from collections.abc import Callable

import pjsua2 as pj

from voip.protection import Stream

_CAUSES = {
    pj.PJMEDIA_DTLS_FAILURE_CERTIFICATE: (
        "the far end's certificate is not the one that it announced"
    ),
    pj.PJMEDIA_DTLS_FAILURE_KEY: "the far end's key is too weak",
    pj.PJMEDIA_DTLS_FAILURE_VERSION: "the far end speaks no version of DTLS that is still safe",
    pj.PJMEDIA_DTLS_FAILURE_SUITE: "the far end has no encryption that this phone accepts",
    pj.PJMEDIA_DTLS_FAILURE_REFUSED: "the far end refused the handshake (DTLS)",
    pj.PJMEDIA_DTLS_FAILURE_OTHER: "the handshake with the far end failed (DTLS)",
}

_NO_KEYS = "no keys could be agreed for the call: "

UNFINISHED = f"{_NO_KEYS}the far end did not finish the handshake in time"
"""Words for a call that is still without keys after a while."""

_LIMIT_S = 8.0


class KeyWait:
    """Time for which a call has lacked keys, where no failure ends it sooner.

    `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def is_over(self, streams: tuple[Stream, ...]) -> bool:
        """A stream in use has been without keys for too long."""
        if all(stream.srtp for stream in streams if stream.active):
            self._since = None
            return False
        now = self._clock()
        self._since = now if self._since is None else self._since
        return now - self._since > _LIMIT_S


def words(call: pj.Call, info: pj.CallInfo) -> str | None:
    """The reason why a stream of the call can have no keys any more."""
    for media in info.media:
        try:
            # It owns what `srtp` points to: without it that is freed memory.
            transport = call.getMedTransportInfo(media.index)
        except pj.Error:
            # A status does not mean that there is an object behind it.
            continue
        if cause := _CAUSES.get(transport.srtp.dtlsFailure):
            return _NO_KEYS + cause
    return None
