"""Text messages (RFC 3428) of an account: sent, and received for the engine."""

from __future__ import annotations

from typing import Protocol

import pjsua2 as pj

from voip.protocol.worker.accounts import AccountSetup
from voip.protocol.worker.messages import SendText, TextReceived, TextSent
from voip.sip.messages import identities, message, texts
from voip.worker import headers
from voip.worker.context import Context


class Sender(Protocol):
    """Account that sends: `voip.worker.accounts.account.Account`."""

    @property
    def caller(self) -> pj.Account:
        """PJSIP's account for what the far end sees."""

    @property
    def is_hidden(self) -> bool:
        """Report if the far end must not learn the account's address."""


def send(sender: Sender, command: SendText) -> None:
    """Send a text by the account's own connection.

    Raises:
        pj.Error: PJSIP cannot send it.
    """
    options = pj.SipTxOption()
    options.targetUri = command.uri
    if sender.is_hidden:
        options.headers.push_back(headers.header("Privacy", "id"))
    # RFC 2046 section 4.1.1: a line of text/plain ends with CRLF.
    text = command.text.replace("\n", "\r\n")
    # Of its parameters the To header may hold none (RFC 3261 section 19.1.1).
    to = command.uri.partition(";")[0]
    pj.sendText(sender.caller, to, text, command.number, options)


def answer(endpoint: pj.Endpoint, number: int, code: int) -> None:
    """Answer a text that was received; nothing if its sender has given up.

    Raises:
        pj.Error: PJSIP cannot send the answer.
    """
    accept = texts.ACCEPTED if code == texts.NOT_READABLE else ""
    endpoint.answerTextMessage(number, code, accept)


def report(context: Context, account: str, prm: pj.OnTextMessageParam) -> None:
    """Give the engine a text that was received, to be answered."""
    request = prm.rdata.wholeMsg
    body = texts.body_of(request)
    context.send(
        TextReceived(
            number=prm.id,
            account=account,
            connection=context.connections.id_of(prm.rdata.transport),
            remote=(message.sender(request) or "")[:4096],
            content_type=_first(request, "Content-Type", "c"),
            content_encoding=_first(request, "Content-Encoding", "e"),
            body=body,
            mark=texts.mark(request, body),
            asserted=identities.asserted(request),
        )
    )


def report_sent(context: Context, setup: AccountSetup, prm: pj.OnInstantMessageStatusParam) -> None:
    """Report the end of a text that was sent."""
    context.send(
        TextSent(
            number=int(prm.userData),
            account=setup.name,
            code=prm.code,
            reason=prm.reason[:256],
            cause=message.unusable_challenge(prm.rdata.wholeMsg, setup.minimum_digest),
            answered=bool(prm.rdata.wholeMsg),
        )
    )


def _first(request: str, *names: str) -> str:
    return next(iter(message.values(request, *names)), "")[:512]
