"""Base of a worker's commands and events; the roles of workers."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """Role of a worker.

    `secure` has TLS transports only, `open` UDP and TCP, `echo` answers. `ringer` has
    neither transports nor calls: it rings, on a device of its own.
    """

    SECURE = "secure"
    OPEN = "open"
    ECHO = "echo"
    RINGER = "ringer"

    @property
    def tls_only(self) -> bool:
        """Report if the worker cannot send in the clear; a new role must be added."""
        return self in _TLS_ONLY


_TLS_ONLY = frozenset({Role.SECURE, Role.ECHO, Role.RINGER})


class WorkerCommand(msgspec.Struct, frozen=True, tag_field="do"):
    """Request of the engine to a worker."""


class WorkerReport(msgspec.Struct, frozen=True, tag_field="kind"):
    """Event in a worker."""
