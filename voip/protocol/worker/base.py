"""Commands to a worker and its events, in common; the roles of workers."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """`secure` has TLS transports only, `open` UDP and TCP, `echo` answers."""

    SECURE = "secure"
    OPEN = "open"
    ECHO = "echo"

    @property
    def tls_only(self) -> bool:
        """The worker has no way to send in the clear; a new role has to say so here."""
        return self in _TLS_ONLY


_TLS_ONLY = frozenset({Role.SECURE, Role.ECHO})


class WorkerCommand(msgspec.Struct, frozen=True, tag_field="do"):
    """Something the engine asks of a worker."""


class WorkerReport(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that happened in a worker."""
