"""Notice of a closed port over UDP, where SIP's own socket gets none.

The system tells it (ICMP, RFC 1122 section 4.1.3.3) to a socket that has one
peer; PJSIP's has all.
"""

from __future__ import annotations

import contextlib
import socket

from voip.causes import Cause, CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup

CODE = 503
"""Status by which PJSIP reports a connection that failed."""

_NOTHING = b"\r\n\r\n"
"""Empty lines, which SIP passes over (RFC 3261 section 7.5)."""


class Refusal:
    """Watch for a closed port of an account's server, until `end`."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def watch(self, setup: AccountSetup) -> None:
        """Send empty lines to a server over UDP, in place of an earlier watch."""
        self.end()
        if setup.transport is not Transport.UDP:
            return
        family = socket.AF_INET6 if setup.target.is_ipv6 else socket.AF_INET
        # A network that is away for a moment: the request itself tells.
        with contextlib.suppress(OSError):
            self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.connect((setup.target.address, setup.target.port))
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
