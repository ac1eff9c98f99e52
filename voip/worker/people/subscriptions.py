"""Subscriptions of accounts to the events of their server's people (RFC 6665)."""

from __future__ import annotations

import pjsua2 as pj

from voip.protocol.worker.people import MOST_WATCHES, Watch, WatchEnded, WatchNotice
from voip.sip.messages import message, texts
from voip.worker.callbacks import guarded
from voip.worker.context import Context
from voip.worker.errors import Refused


class Subscription(pj.Subscription):
    """Subscription that reports each NOTIFY of its account's own server."""

    def __init__(self, context: Context, command: Watch) -> None:
        super().__init__()
        self.context = context
        self.watch = command
        self.is_over = False

    @guarded
    def onNotify(self, prm: pj.OnNotifyParam) -> None:
        connections = self.context.connections
        # Whoever knows a subscription could send its notices from elsewhere.
        if self.watch.account not in connections.of_message(prm.rdata):
            return
        request = prm.rdata.wholeMsg
        kind = next(iter(message.values(request, "Content-Type", "c")), "")
        self.context.send(
            WatchNotice(
                number=self.watch.number,
                account=self.watch.account,
                connection=connections.id_of(prm.rdata.transport),
                content_type=kind[:256],
                body=texts.body_of(request),
            )
        )

    @guarded
    def onSubscriptionEnd(self, prm: pj.OnSubscriptionEndParam) -> None:
        self.is_over = True
        self.context.send(
            WatchEnded(
                number=self.watch.number,
                account=self.watch.account,
                code=prm.code,
                retry_after_s=prm.retryAfter,
            )
        )


class Subscriptions:
    """Subscriptions of a worker by the engine's numbers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_number: dict[int, Subscription] = {}

    def begin(self, account: pj.Account, command: Watch) -> None:
        """Subscribe.

        Raises:
            Refused: there are too many, or one of this number.
            pj.Error: PJSIP cannot send it.
        """
        self._forget_ended()
        if command.number in self._by_number or len(self._by_number) >= MOST_WATCHES:
            raise Refused("no room for another subscription")
        subscription = Subscription(self._context, command)
        subscription.begin(account, f"<{command.uri}>", command.package)
        self._by_number[command.number] = subscription

    def end(self, number: int) -> None:
        """Unsubscribe, if it has not ended."""
        subscription = self._by_number.pop(number, None)
        if subscription is not None:
            subscription.end()

    def end_those_of(self, account: str) -> None:
        """Unsubscribe all of an account."""
        for number, subscription in tuple(self._by_number.items()):
            if subscription.watch.account == account:
                self.end(number)

    def end_all(self) -> None:
        """Unsubscribe all."""
        for number in tuple(self._by_number):
            self.end(number)

    def _forget_ended(self) -> None:
        # Not in its own callback: PJSIP still uses it there.
        self._by_number = {n: one for n, one in self._by_number.items() if not one.is_over}
