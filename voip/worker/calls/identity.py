"""Identity of a call's far end, as the account's server gives it."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.protocol.worker.calls import IdentityEvent
from voip.sip.messages import identities
from voip.worker.accounts.account import Account
from voip.worker.context import Context


class IdentifiedCall(Protocol):
    """Call whose far end may become another."""

    context: Context
    account: Account
    number: int


class FarEndIdentity:
    """Reports each change of the identity: a transfer in a telephone system is one."""

    def __init__(self, call: IdentifiedCall) -> None:
        self._call = call
        self._reported: str | None = None

    def note(self, received: pj.SipRxData) -> None:
        """Read a message of the far end in the call."""
        asserted = identities.asserted(received.wholeMsg)
        if asserted is None or asserted == self._reported:
            return
        call = self._call
        # Another account's server knows nothing of this call.
        if call.account.name in call.context.connections.of_message(received):
            self._reported = asserted
            call.context.send(IdentityEvent(call=call.number, asserted=asserted))
