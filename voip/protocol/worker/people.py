"""Messages about a worker's subscriptions (RFC 6665) and publications (RFC 3903)."""

from __future__ import annotations

from voip.causes import Cause
from voip.protocol.worker.base import WorkerCommand, WorkerReport

MOST_WATCHES = 1024
"""Subscriptions of a worker at once: each has a dialog of PJSIP's, and those are counted."""


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


class Publish(WorkerCommand, frozen=True, tag="publish"):
    """Send one PUBLISH of an account's own presence; zero `expires_s` removes it.

    `number` is the engine's own for it. `entity_tag` names the publication that it
    changes, refreshes or removes; it is as the server gave it, which the worker has
    checked. The `body` is a document of PIDF, empty to refresh or remove.
    """

    number: int
    account: str
    uri: str
    expires_s: int
    entity_tag: str | None = None
    body: str = ""


class PublishEnded(WorkerReport, frozen=True, tag="publish_ended"):
    """Reports the answer to a PUBLISH, its `code` 0 where the server gave none.

    `entity_tag`, `expires_s` and `min_expires_s` are None where it names none.
    `cause` is one of our own, where the status does not say it.
    """

    number: int
    account: str
    code: int
    reason: str = ""
    entity_tag: str | None = None
    expires_s: int | None = None
    min_expires_s: int | None = None
    retry_after_s: float = 0.0
    cause: Cause | None = None


AnyWatchCommand = Watch | EndWatch | Publish

AnyWatchEvent = WatchNotice | WatchEnded

AnyPublishEvent = PublishEnded
