"""Certificates and keys of accounts that end or change while the accounts run."""

from __future__ import annotations

import logging
import time

from voip.engine.accounts import pinning
from voip.engine.accounts.own_keys import OwnKeyError, OwnKeys
from voip.engine.accounts.rules.trust_fields import pin_of
from voip.engine.hub import Hub
from voip.engine.registration.attempts import Attempts
from voip.engine.registration.failing import because
from voip.engine.registration.live import Live
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.engine.trust.expiry import Notices
from voip.model import RegistrationState
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.accounts import UseOwnKey
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent

log = logging.getLogger(__name__)


class Certificates:
    """Compares the keys of running accounts with what they should be."""

    def __init__(
        self, hub: Hub, workers: dict[Role, Supervisor], own_keys: OwnKeys, attempts: Attempts
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._own_keys = own_keys
        self._attempts = attempts
        self._notices = Notices()

    def check_pin(self, live: Live, event: ConnectionEvent) -> None:
        """Stop an account whose server shows another key than the pinned one."""
        account, key = live.account, event.other_key
        if account is None or key is None or not account.pin or key == pin_of(account.pin):
            return
        live.refusal = live.stopped = pinning.stopped(live.name, account, key)
        self._attempts.cancel(live)
        self._attempts.set(live, because(RegistrationState.FAILED, live.stopped))
        text = f"account {live.name} has stopped: {live.registration.reason}"
        log.error("%s", text)
        self._hub.publish(NoticeEvent(level="error", text=text))

    def warn(self, live: Live) -> None:
        """Warn of an account's certificates close to their end, once a day."""
        words = live.status().warning
        if words and self._notices.due(live.name, time.time()):
            text = f"account {live.name}: {words}"
            log.warning("%s", text)
            self._hub.publish(NoticeEvent(level="warning", text=text))
            self._attempts.publish(live)

    async def renew(self, live: Live) -> None:
        """Give an account's worker the own key that has replaced another."""
        async with live.busy:
            if live.account is None or not live.added:
                return
            try:
                own_key = await self._own_keys.find(live.name, live.account)
                if own_key is not None and own_key != live.own_key:
                    command = UseOwnKey(name=live.name, own_key=own_key)
                    await self._workers[live.role].ask(command)
                    live.own_key = own_key
            except (OwnKeyError, WorkerGone, WorkerRefused) as error:
                log.warning("account %s: %s", live.name, error)
