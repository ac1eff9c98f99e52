"""Messages about text messages (SIP MESSAGE, RFC 3428) of a worker's accounts."""

from __future__ import annotations

from voip.causes import Cause
from voip.protocol.worker.base import WorkerCommand, WorkerReport


class SendText(WorkerCommand, frozen=True, tag="send_text"):
    """Send a text to a URI of checked parts; `TextSent` reports the end of it.

    `number` is the engine's own for it.
    """

    number: int
    account: str
    uri: str
    text: str

    def __repr__(self) -> str:
        return f"SendText(number={self.number}, account={self.account!r})"


class AnswerText(WorkerCommand, frozen=True, tag="answer_text"):
    """Answer a `TextReceived` with a final status."""

    number: int
    code: int


class TextReceived(WorkerReport, frozen=True, tag="text_received"):
    """Reports a text that waits for its `AnswerText`.

    `number` is the worker's own for it. `remote` is the From header, `asserted` the
    sender's identity by the account's server. `body` is as it came. `mark` is the
    same for a repetition.
    """

    number: int
    account: str
    connection: int | None
    remote: str
    content_type: str
    content_encoding: str
    body: bytes
    mark: str
    asserted: str | None = None

    def __repr__(self) -> str:
        return f"TextReceived(number={self.number}, account={self.account!r})"


class TextSent(WorkerReport, frozen=True, tag="text_sent"):
    """Reports the final status of a text that was sent.

    `cause` is one of our own, where the status does not say it. One that nobody has
    `answered` has a status of PJSIP's own.
    """

    number: int
    account: str
    code: int
    reason: str
    cause: Cause | None = None
    answered: bool = True


AnyTextCommand = SendText | AnswerText

AnyTextEvent = TextReceived | TextSent
