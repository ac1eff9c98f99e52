"""Codec that a call's far end sends in (RFC 3264 section 7)."""

from __future__ import annotations

import time

import pjsua2 as pj

_PAUSE_S = 1.0
_MOST_CHANGES = 100
"""Most changes in a call: each costs memory until the call ends."""


class CodecFollower:
    """Follower of the codec that the far end sends in, among those agreed.

    PJMEDIA decodes one at a time: the stream is started again with the other.
    """

    def __init__(self, call: pj.Call) -> None:
        self._call = call
        self._changed_at = -_PAUSE_S
        self._changes = 0
        self._counted = 0

    def follow(self, index: int) -> None:
        """Change to the codec in which the stream `index` receives packets now.

        At most once a second. Packets in other codecs than those agreed stay
        unplayable.
        """
        now = time.monotonic()
        if now - self._changed_at < _PAUSE_S or self._changes == _MOST_CHANGES:
            return
        try:
            self._call.usePayloadType(index, self._call.getStreamStat(index).otherPt)
        except pj.Error:
            return
        self._changed_at = now
        self._changes += 1

    def unplayable(self, total: int) -> int:
        """Unplayable packets since the last count, from their `total`."""
        # A stream that was started again counts from 0.
        count = total - self._counted if total >= self._counted else total
        self._counted = total
        return count
