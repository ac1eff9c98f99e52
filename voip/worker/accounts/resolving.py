"""Addresses of an account's server before any request shows them."""

from __future__ import annotations

import socket

_SIP_PORT = 5060


def addresses(server: str) -> list[str]:
    """Addresses of host[:port], as host:port; none if it does not resolve."""
    host, port = _parts(server)
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return [_joined(str(address[0]), port) for *_, address in results]


def _parts(server: str) -> tuple[str, int]:
    head, colon, tail = server.rpartition(":")
    if colon and tail.isdigit() and (head.endswith("]") or ":" not in head):
        return head.strip("[]"), int(tail)
    return server.strip("[]"), _SIP_PORT


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
