"""Calls of somebody who hides who they are (RFC 3323 section 4.1).

From, Contact and dialog are those of a second, anonymous account beside the
one that registers; PJSIP makes a call's Contact of its account's user, and
nothing else would take that out. `Privacy: id` (RFC 3325 section 9.3) asks the
server to keep to itself what it knows. There is no P-Preferred-Identity: the
server knows who logs in, and one that does not know the header would hand it
on to the very person it is kept from.
"""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from voip.worker.accounts.attribution import ANONYMOUS_USER
from voip.worker.callbacks import guarded
from voip.worker.context import Context

ANONYMOUS = f'"Anonymous" <sip:{ANONYMOUS_USER}@anonymous.invalid>'
"""RFC 3323 section 4.1.1.3."""


class Anonymous(pj.Account):
    """An account as those see it who are called; never registered.

    Whoever calls it, by the Contact of a call that was, calls its owner, which
    has `receive`.
    """

    def __init__(self, context: Context, receive: Callable[[pj.OnIncomingCallParam], None]) -> None:
        super().__init__()
        self.context = context
        self._receive = receive

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._receive(prm)


def config(own: pj.AccountConfig) -> pj.AccountConfig:
    """The owner's configuration made anonymous: same way, same demands, no registration."""
    own.idUri = ANONYMOUS
    own.regConfig.registrarUri = ""
    own.mwiConfig.enabled = False
    return own


def ask_for_privacy(options: pj.CallOpParam) -> None:
    """Put the request for privacy into a message of a call."""
    header = pj.SipHeader()
    header.hName = "Privacy"
    header.hValue = "id"
    options.txOption.headers.push_back(header)
