"""Ports given out by the system, so that tests in parallel never meet."""

from __future__ import annotations

import itertools
import random
import socket
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"

_LOWEST, _ABOVE = 10_000, 16_000
"""Ports that Linux gives to nobody who names none (ip(7)), below those of voice."""


def _in_turn() -> Iterator[int]:
    # Drawn one by one, a server would now and then get one port twice; and the usual
    # generator may begin alike in several processes.
    start = random.SystemRandom().randrange(_ABOVE - _LOWEST)
    return itertools.cycle((*range(_LOWEST + start, _ABOVE), *range(_LOWEST, _LOWEST + start)))


_PORTS = _in_turn()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago, for a program that binds it itself."""
    while True:
        port = next(_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def free_sip_port() -> int:
    """A port that is free for TCP and UDP alike."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
