"""A bare phone of the worker's endpoint that prints its socket options.

Run as a file with the transport, the server and a file of authorities.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import stat
import sys
import time
from pathlib import Path
from typing import Any, cast

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.settings import Audio, Network
from voip.protocol.worker.accounts import Trust
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure
from voip.worker import endpoint as ep
from voip.worker.tls.transports import Means, create_transport

_OPTIONS = ("TCP_NODELAY", "TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
_PATIENCE_S = 20


class _Account(pj.Account):
    registered = False

    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        self.registered = prm.code // 100 == 2


def main() -> None:
    transport = Transport(sys.argv[1])
    secure = transport is Transport.TLS
    # PJSIP writes its log to standard output.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    endpoint = pj.Endpoint()
    role = Role.SECURE if secure else Role.OPEN
    ep.start(endpoint, Configure(role=role, user_agent="options", audio=Audio(), silent=True))
    trust = Trust(ca_file=sys.argv[3]) if secure else None
    number = create_transport(
        endpoint, Means(transport, False, sys.argv[2].partition(":")[0], trust), Network()
    )
    # The options' values have been freed by now, and their memory is used again.
    gc.collect()
    kept = [cast(Any, pj).SockOpt(1, 1, value) for value in range(5000)]
    account = _account(transport, number)
    until = time.monotonic() + _PATIENCE_S
    while not account.registered and time.monotonic() < until:
        endpoint.libHandleEvents(10)
    print(json.dumps({"registered": account.registered, "found": _connections()}), file=out)
    out.flush()
    del kept
    os._exit(0)


def _account(transport: Transport, number: int) -> _Account:
    config = pj.AccountConfig()
    config.idUri = "sip:alice@pbx.test"
    config.regConfig.registrarUri = f"sip:{sys.argv[2]};transport={transport.value}"
    config.sipConfig.transportId = number
    account = _Account()
    account.create(config)
    return account


def _connections() -> list[dict[str, int]]:
    """Options of each TCP connection of this process."""
    rows = []
    for entry in Path("/proc/self/fd").iterdir():
        fd = int(entry.name)
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
        except OSError:
            continue  # the descriptor that the list was read with
        with socket.socket(fileno=os.dup(fd)) as one:
            if one.type != socket.SOCK_STREAM or one.family != socket.AF_INET:
                continue
            options = {n: one.getsockopt(socket.IPPROTO_TCP, getattr(socket, n)) for n in _OPTIONS}
            options["SO_KEEPALIVE"] = one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            rows.append(options)
    return rows


if __name__ == "__main__":
    main()
