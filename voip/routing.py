"""Routes of this machine, as its kernel chooses them; nothing is sent."""

from __future__ import annotations

import socket


def local_address(address: str, port: int) -> str | None:
    """Address of this machine that packets to another get; None without a route.

    `address` is an IPv4 or IPv6 literal, `port` 1-65535.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, port))
            local: str = probe.getsockname()[0]
    except OSError:
        return None
    return local
