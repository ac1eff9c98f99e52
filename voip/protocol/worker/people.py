"""Messages about a worker's subscriptions to what people do (RFC 6665)."""

from __future__ import annotations

from voip.protocol.worker.base import WorkerCommand, WorkerReport


class Watch(WorkerCommand, frozen=True, tag="watch"):
    """Subscribe to the `package` of a URI of checked parts, until `EndWatch`.

    `number` is the engine's own for it.
    """

    number: int
    account: str
    uri: str
    package: str


class EndWatch(WorkerCommand, frozen=True, tag="end_watch"):
    """Unsubscribe; nothing if the subscription has ended."""

    number: int


class WatchNotice(WorkerReport, frozen=True, tag="watch_notice"):
    """Reports a NOTIFY of a subscription, its body as it came on `connection`."""

    number: int
    account: str
    connection: int | None
    content_type: str
    body: bytes

    def __repr__(self) -> str:
        return f"WatchNotice(number={self.number}, account={self.account!r})"


class WatchEnded(WorkerReport, frozen=True, tag="watch_ended"):
    """Reports a subscription that its server refused, ended or did not answer.

    `code` is the answer to SUBSCRIBE, 0 if a NOTIFY ended it. `retry_after_s` is the
    time for which the server wants to be left alone, 0 if it says none.
    """

    number: int
    account: str
    code: int
    retry_after_s: int = 0


AnyWatchCommand = Watch | EndWatch

AnyWatchEvent = WatchNotice | WatchEnded
