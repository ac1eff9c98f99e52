"""Publications of accounts' own presence at their servers (RFC 3903)."""

from __future__ import annotations

import pjsua2 as pj

from voip.protocol.worker.accounts import AccountSetup
from voip.protocol.worker.people import Publish, PublishEnded
from voip.sip.messages import message, pidf
from voip.worker.callbacks import guarded
from voip.worker.context import Context
from voip.worker.headers import header


class Publication(pj.Publication):
    """One PUBLISH, which reports the answer of its account's own server."""

    def __init__(self, context: Context, setup: AccountSetup, command: Publish) -> None:
        super().__init__()
        self.context = context
        self.setup = setup
        self.command = command
        self.is_over = False

    @guarded
    def onPublishEnd(self, prm: pj.OnPublishEndParam) -> None:
        self.is_over = True
        answer, code = prm.rdata.wholeMsg, prm.code
        # Whoever saw the request could answer it from elsewhere.
        if not answer or self.setup.name not in self.context.connections.of_message(prm.rdata):
            answer, code = "", 0
        self.context.send(
            PublishEnded(
                number=self.command.number,
                account=self.setup.name,
                code=code,
                reason=message.phrase(answer)[:256],
                entity_tag=message.entity_tag(answer),
                expires_s=message.seconds(answer, "Expires"),
                min_expires_s=message.seconds(answer, "Min-Expires"),
                retry_after_s=message.retry_after_s(answer),
                cause=message.unusable_challenge(answer, self.setup.minimum_digest),
            )
        )


class Publications:
    """Requests that wait for their answer, also those of accounts that are gone."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: list[Publication] = []

    def __bool__(self) -> bool:
        self._waiting = [one for one in self._waiting if not one.is_over]
        return bool(self._waiting)

    def close(self) -> None:
        """Wait for no answer any more: PJSIP's memory is about to go."""
        self._waiting.clear()

    def send(self, account: pj.Account, setup: AccountSetup, command: Publish) -> None:
        """Send a PUBLISH by the account's own connection.

        Raises:
            pj.Error: PJSIP cannot send it.
        """
        self._waiting = [one for one in self._waiting if not one.is_over]
        options = pj.SipTxOption()
        options.headers.push_back(header("Event", pidf.PACKAGE))
        options.headers.push_back(header("Expires", str(command.expires_s)))
        if command.entity_tag is not None:
            options.headers.push_back(header("SIP-If-Match", command.entity_tag))
        if command.body:
            options.contentType = pidf.TYPE
            options.msgBody = command.body
        publication = Publication(self._context, setup, command)
        publication.send(account, command.uri, options)
        self._waiting.append(publication)
