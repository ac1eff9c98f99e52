"""A bare endpoint that waits without end, and prints what it woke for.

Run as a file with the address of its UDP socket. It answers requests, and ends with
its standard input.
"""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import pjsua2 as pj

from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure
from voip.worker import endpoint as ep

_WITHOUT_END_MS = 2**31 - 1
_TIMER_MS = 100


class _Endpoint(pj.Endpoint):
    rang = False

    def onTimer(self, prm: pj.OnTimerParam) -> None:  # noqa: N802
        self.rang = True


def main() -> None:
    # PJSIP writes its log to standard output.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    endpoint = _Endpoint()
    ep.start(endpoint, Configure(role=Role.OPEN, user_agent="w", audio=Audio(), silent=True))
    config = pj.TransportConfig()
    config.boundAddress = sys.argv[1]
    number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)
    cast(Any, endpoint).utilTimerSchedule(_TIMER_MS, None)
    while not endpoint.rang:
        _turn(endpoint)
    print("timer", endpoint.transportGetInfo(number).localName, file=out)
    while typed := _typed(endpoint):
        print("file", typed, file=out)
    os._exit(0)


def _typed(endpoint: pj.Endpoint) -> str:
    """The next line of standard input, and PJSIP's work until it comes."""
    os.set_blocking(0, False)
    while True:
        try:
            return os.read(0, 4096).decode().strip()
        except BlockingIOError:
            _turn(endpoint)


def _turn(endpoint: pj.Endpoint) -> None:
    assert pj.waitForWork(0, _WITHOUT_END_MS)
    endpoint.libHandleEvents(0)


if __name__ == "__main__":
    main()
