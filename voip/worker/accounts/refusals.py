"""Notice of a closed port over UDP, where SIP's own socket gets none.

The system tells it (ICMP, RFC 1122 section 4.1.3.3) to a socket that has one
peer; PJSIP's has all.
"""

from __future__ import annotations

import contextlib
import socket

from voip.causes import Cause, CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup, Target

CODE = 503
"""Status by which PJSIP reports a connection that failed."""

_NOTHING = b"\r\n\r\n"
"""Empty lines, which SIP passes over (RFC 3261 section 7.5)."""


class Refusal:
    """Watch for a closed port of an account's server, until `end`."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    @property
    def is_watching(self) -> bool:
        return self._socket is not None

    def watch(self, setup: AccountSetup, *, again: bool = False) -> None:
        """Send empty lines to a server over UDP, in place of an earlier watch.

        `again` goes on with the earlier one: a router counts each socket of its own.
        """
        if not again:
            self.end()
        if setup.transport is not Transport.UDP:
            return
        # A network that is away for a moment: the request itself tells.
        with contextlib.suppress(OSError):
            self._socket = self._socket or _connected(setup.target)
            self._socket.send(_NOTHING)

    def end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def seen(self) -> Cause | None:
        """Cause of a port that is closed, once; None while nothing says so."""
        if self._socket is None:
            return None
        try:
            self._socket.recv(1)
        except ConnectionRefusedError as error:
            self.end()
            return Cause(CauseKind.CONNECTION_FAILED, (error.strerror or str(error),))
        except BlockingIOError:
            return None
        except OSError:
            self.end()
        return None


def _connected(target: Target) -> socket.socket:
    family = socket.AF_INET6 if target.is_ipv6 else socket.AF_INET
    end = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        end.connect((target.address, target.port))
    except OSError:
        end.close()
        raise
    return end
