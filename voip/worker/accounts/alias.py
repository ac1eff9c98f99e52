"""Second account of PJSIP's for the calls of an account by another address."""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from voip.protocol.worker.accounts import AccountSetup
from voip.worker.callbacks import guarded
from voip.worker.context import Context
from voip.worker.messages import texts


class Alias(pj.Account):
    """Account that the far end sees in place of its owner; never registered.

    Calls to it go to its owner by `receive`, its texts are those of the account `owner`.
    """

    def __init__(
        self,
        context: Context,
        owner: AccountSetup,
        receive: Callable[[pj.OnIncomingCallParam], None],
    ) -> None:
        super().__init__()
        self.context = context
        self._owner = owner
        self._receive = receive

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._receive(prm)

    @guarded
    def onTextMessage(self, prm: pj.OnTextMessageParam) -> None:
        texts.report(self.context, self._owner.name, prm)

    @guarded
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:
        texts.report_sent(self.context, self._owner, prm)


def without_registration(owner: pj.AccountConfig, contact: str = "") -> pj.AccountConfig:
    """Owner's configuration without registration, and with a Contact if given."""
    owner.regConfig.registrarUri = ""
    owner.mwiConfig.enabled = False
    owner.sipConfig.contactForced = contact
    return owner
