"""Anonymous calls (RFC 3323 section 4.1).

They use a second, anonymous account beside the one that registers: PJSIP
would put the account's user into the Contact of its calls. `Privacy: id`
(RFC 3325 section 9.3) asks the server to withhold the identity. There is no
P-Preferred-Identity: a server that does not know the header would pass it on to
the far end.
"""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from voip.worker.accounts.attribution import ANONYMOUS_USER
from voip.worker.callbacks import guarded
from voip.worker.context import Context

ANONYMOUS = f'"Anonymous" <sip:{ANONYMOUS_USER}@anonymous.invalid>'
"""Anonymous address of RFC 3323 section 4.1.1.3."""


class Anonymous(pj.Account):
    """Account that the far end sees in place of its owner; never registered.

    Calls to it, by the Contact of an earlier call, go to its owner by `receive`.
    """

    def __init__(self, context: Context, receive: Callable[[pj.OnIncomingCallParam], None]) -> None:
        super().__init__()
        self.context = context
        self._receive = receive

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._receive(prm)


def config(own: pj.AccountConfig) -> pj.AccountConfig:
    """Owner's configuration, anonymous and without registration."""
    own.idUri = ANONYMOUS
    own.regConfig.registrarUri = ""
    own.mwiConfig.enabled = False
    return own


def ask_for_privacy(options: pj.CallOpParam) -> None:
    """Add the request for privacy to a message of a call."""
    header = pj.SipHeader()
    header.hName = "Privacy"
    header.hValue = "id"
    options.txOption.headers.push_back(header)
