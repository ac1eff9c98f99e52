"""Attempts to register an account: one after the other, at one target each.

A target that fails rests for a time of its own, and the next one is tried at
once. With none left the account waits for the first to be rested.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from voip import routing
from voip.background import Background
from voip.causes import Cause, CauseKind
from voip.engine.accounts import client_keys
from voip.engine.accounts.fields import Account
from voip.engine.accounts.own_keys import OwnKeyError
from voip.engine.accounts.secrets import PasswordError
from voip.engine.hub import Hub
from voip.engine.network import ice, probe
from voip.engine.network.failures import SHORT_SILENCE_S, is_of_target
from voip.engine.registration.failing import (
    because,
    cause_of,
    retry_s,
    return_s,
    spread,
    unasked_s,
)
from voip.engine.registration.live import Live
from voip.engine.registration.setup import SetupError, Sources, ice_servers_of, setup_of
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import Registration, RegistrationState
from voip.protocol.accounts import AccountEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.accounts import (
    CloseAccount,
    IceServers,
    LeaveConnection,
    OpenAccount,
    RegisterNow,
    Target,
    UseIceServers,
    UseTarget,
)
from voip.protocol.worker.base import Role
from voip.sip.sentences import sentence

log = logging.getLogger(__name__)

_SILENCE_S = 45.0  # longer than SIP's timer F, which ends a REGISTER
_ICE_SEARCH_S = 5.0
"""Longest search for STUN server and relay: calls that move wait for it."""


class Attempts:
    """Brings accounts into their workers and registers them there.

    `leave` takes back what an account has published, before it goes.
    """

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        sources: Sources,
        leave: Callable[[Live], Awaitable[None]],
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._sources = sources
        self._leave = leave
        self._choices = ice.Choices(ice.Choice(), ice.Choice())
        self._background = Background()

    def publish(self, live: Live) -> None:
        if not live.dropped:
            self._hub.publish(AccountEvent(account=live.status()))

    def change(self, live: Live, account: Account | None) -> None:
        """Use other rules of incoming calls, if there are; tell clients."""
        if live.account != account:
            live.account = account
            self.publish(live)

    def set(self, live: Live, registration: Registration) -> None:
        """Change the registration, and tell clients."""
        live.registration = registration
        self.publish(live)

    def warn(self, account: str, cause: Cause) -> None:
        """Tell clients of a cause that keeps no account from working."""
        text = f"account {account}: {sentence(cause)}"
        self._hub.publish(NoticeEvent(level="warning", text=text))

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run work that outlasts whoever waits for it; `close` ends it."""
        return self._background.begin(work)

    def close(self) -> None:
        self._background.cancel()

    async def bring_up(self, live: Live) -> None:
        """Add an account to its worker, if that runs, and register it."""
        account = live.account
        if account is None or not account.enabled or self._workers[live.role].ready is None:
            return
        async with live.busy:
            if live.added or live.dropped:
                return
            try:
                added = await self._add(live, account)
            except (PasswordError, OwnKeyError, SetupError, WorkerRefused) as error:
                live.added = False
                if live.stopped is None:
                    # An earlier refusal of the server does not explain this failure.
                    live.refusal = None
                    self.fail(live, cause_of(error))
                return
            except WorkerGone:
                live.added = False
                return  # reported again when the worker comes up
        if not added or live.stopped is not None:
            return
        if account.register:
            await self.register(live)
        elif live.registration.state is not RegistrationState.OFFLINE:
            # What is due would send a REGISTER.
            self.cancel(live)
            self.set(live, Registration(RegistrationState.OFFLINE))

    async def register(self, live: Live) -> None:
        """Send a REGISTER to the account's target of now."""
        self.cancel(live)
        if not live.added:
            await self.bring_up(live)
            return
        async with live.busy:
            if live.account is None or not live.added or live.stopped is not None:
                return  # already reported
            self.set(live, Registration(RegistrationState.REGISTERING))
            target = await self._find_target(live, live.account)
            if target is None or live.dropped or live.stopped is not None:
                return
            others = live.targets.has_other(time.monotonic())
            patience_s = SHORT_SILENCE_S if others else _SILENCE_S
            self._later(live, patience_s, lambda: self.fail(live, Cause(CauseKind.NO_ANSWER)))
            try:
                await self._aim(live, target)
                if live.stopped is None:
                    await self._workers[live.role].ask(RegisterNow(live.name, hurried=others))
            except WorkerRefused as error:
                self.fail(live, cause_of(error))
            except WorkerGone:
                return

    async def move(self, live: Live) -> None:
        """Register from another address of this machine, over a new connection."""
        account = live.account
        async with live.busy:
            if account is None or not live.added or live.dropped:
                return
            live.moved = True
            # Those were failures in another network.
            live.targets.forget_failures()
            if account.register and live.stopped is None:
                cause = Cause(CauseKind.NETWORK_CHANGED)
                self.set(live, because(RegistrationState.REGISTERING, cause))
            try:
                await self._workers[live.role].ask(LeaveConnection(name=live.name))
            except (WorkerGone, WorkerRefused) as error:
                log.info("account %s: %s", live.name, error)
                return
        self.look_for_ice(live)
        if account.register:
            await self.register(live)

    async def drop(self, live: Live) -> None:
        """Remove an account that is over from its worker."""
        live.dropped = True
        self.cancel(live)
        if not live.added:
            return
        live.added = False
        await self._leave(live)
        try:
            await self._workers[live.role].ask(CloseAccount(name=live.name))
        except (WorkerGone, WorkerRefused) as error:
            log.info("account %s: %s", live.name, error)

    def succeed(self, live: Live) -> None:
        """Stay with the account's target, until a better one is rested."""
        live.failures = 0
        live.awaited = False
        live.targets.works()
        self._go_back_later(live)

    def fail(self, live: Live, cause: Cause, code: int | None = None, least_s: float = 0.0) -> None:
        """Try the next target at once, or wait until one is rested.

        `least_s` is the time for which the server wants to be left alone.
        """
        if live.stopped is not None:
            return  # another failure must not hide the cause, nor start it again
        live.failures += 1
        now = time.monotonic()
        targets = live.targets
        if targets.current is None or not is_of_target(cause, code):
            self.set(live, because(RegistrationState.FAILED, cause, code))
            wait_s = spread(retry_s(live.failures, code, live.awaited))
            if code is None:
                wait_s = spread(unasked_s(live.failures))
            self.retry(live, max(wait_s, least_s))
            return
        self._rest(live, targets.current, code, least_s, live.awaited)
        if targets.advance(now):
            self.set(live, because(RegistrationState.REGISTERING, cause, code))
            self.retry(live, 0.0)
        else:
            self.set(live, because(RegistrationState.FAILED, cause, code))
            self.retry(live, targets.wait_s(now))

    def go_on(self, live: Live, tried: Sequence[Target]) -> bool:
        """Leave the last target that a call has tried; report if there is another."""
        targets, now = live.targets, time.monotonic()
        if live.stopped is not None or not tried or targets.current is None:
            return False
        # A registration or another call may have left it already.
        if targets.current == tried[-1]:
            if len(targets) < 2:
                return False
            self._rest(live, targets.current)
        return targets.current not in tried or targets.advance(now, tried)

    async def aim(self, live: Live) -> None:
        """Have the worker send an account's requests to the target of now.

        Raises:
            WorkerGone, WorkerRefused: it cannot.
        """
        if live.targets.current is not None:
            await self._aim(live, live.targets.current)
        # A failed account waits as long as its server asked, or its password demands.
        waits = live.registration.state is RegistrationState.FAILED
        if live.account is not None and live.account.register and not waits:
            self.retry(live, 0.0)

    async def look_up_again(self, live: Live) -> None:
        """Look up the server of an account that no REGISTER looks up now."""
        async with live.busy:
            account = live.account
            if account is None or not live.added:
                return
            located = await self._sources.locator.locate(account.next_hop, account.transport)
            if located.cause is not None or not live.added:
                return  # the old targets may still work
            live.targets.replace(located.targets, time.monotonic())
            with contextlib.suppress(WorkerGone, WorkerRefused):
                await self.aim(live)

    def look_for_ice(self, live: Live) -> None:
        """Look up an account's STUN server and relay again, for calls to come and to move."""
        if live.account is None or not live.account.ice or not live.added:
            return
        if live.ice_search is not None:
            # Its answers may be those of the network before.
            live.ice_search.cancel()
        live.ice_search = self.spawn(self._look_for_ice(live, live.account))

    def leave_relay(self, live: Live | None, cause: Cause) -> None:
        """Go to another address of a relay that a call could not use."""
        relay = live.ice_servers.relay if live is not None and live.ice_servers else None
        if live is None or relay is None or cause.kind not in ice.NO_ANSWER:
            return
        self._choices.relay.failed(live.name, relay.target)
        self.look_for_ice(live)

    def retry(self, live: Live, delay_s: float) -> None:
        """Register after a time, in place of what was due."""
        self._later(live, delay_s, lambda: self.spawn(self.register(live)))

    def cancel(self, live: Live) -> None:
        """Cancel what is due."""
        if live.timer is not None:
            live.timer.cancel()
            live.timer = None

    # Inside

    def _later(self, live: Live, delay_s: float, due: Callable[[], object]) -> None:
        self.cancel(live)
        if not live.dropped:
            live.timer = asyncio.get_running_loop().call_later(delay_s, due)

    async def _add(self, live: Live, account: Account) -> bool:
        live.own_key = await self._sources.own_keys.find(live.name, account)
        target = await self._find_target(live, account)
        if target is None:
            return False
        sources = self._sources
        instance = await asyncio.to_thread(sources.instances.of, live.name, account.aor)
        live.ice_servers = None
        if account.ice:
            found = await ice.find(account, target, sources.locator)
            for cause in found.missing:
                self.warn(live.name, cause)
            live.ice_servers = await ice_servers_of(
                live.name, account, found, sources.passwords, self._choices
            )
        setup = await setup_of(
            live.name, account, instance, target, sources.passwords,
            own_key=live.own_key, ice_servers=live.ice_servers,
        )  # fmt: skip
        live.client_ends = await asyncio.to_thread(client_keys.ends, account)
        if live.dropped:
            return False
        # Set before the worker answers: a drop in between must remove the account
        # again.
        live.added = True
        live.aim(target)
        await self._workers[live.role].ask(OpenAccount(account=setup))
        return True

    async def _find_target(self, live: Live, account: Account) -> Target | None:
        """Look the server up again, and return the target to use; None fails."""
        located = await self._sources.locator.locate(account.next_hop, account.transport)
        live.targets.replace(located.targets, time.monotonic())
        if located.cause is not None:
            self.fail(live, located.cause)
        return live.targets.current

    async def _aim(self, live: Live, target: Target) -> None:
        """Tell the worker of a target that it does not have."""
        before = live.aimed
        if before != target:
            await self._workers[live.role].ask(UseTarget(name=live.name, target=target))
            live.aim(target)
            if before is not None and before.is_ipv6 != target.is_ipv6:
                self.look_for_ice(live)

    async def _look_for_ice(self, live: Live, account: Account) -> None:
        target, sources = live.aimed, self._sources
        if target is None:
            return
        before = live.ice_servers or IceServers()
        # Without its relay a hidden account would offer the addresses that it hides.
        is_kept = account.hide_identity or before.fits(target)
        try:
            async with asyncio.timeout(_ICE_SEARCH_S):
                servers = await ice_servers_of(
                    live.name, account, await ice.find(account, target, sources.locator),
                    sources.passwords, self._choices, before if is_kept else None,
                )  # fmt: skip
            if servers != live.ice_servers and live.added:
                live.ice_servers = servers
                command = UseIceServers(name=live.name, ice_servers=servers)
                await self._workers[live.role].ask(command)
        except (
            TimeoutError, PasswordError, SetupError, WorkerGone, WorkerRefused,
        ) as error:  # fmt: skip
            # Those that the worker has may still answer.
            log.info("account %s: no other STUN server or relay: %s", live.name, error)

    def _rest(
        self,
        live: Live,
        target: Target,
        code: int | None = None,
        least_s: float = 0.0,
        awaited: bool = False,
    ) -> None:
        """Let a target, which has failed, rest."""
        now, failures = time.monotonic(), live.targets.failures(target) + 1
        wait_s = max(spread(retry_s(failures, code, awaited)), least_s)
        if not least_s and routing.local_address(target.address, target.port) is None:
            # It was asked nothing, and a new address of this machine may lead to it.
            wait_s = min(wait_s, spread(unasked_s(failures)))
        back_s = max(spread(return_s(failures)), least_s)
        live.targets.rest(target, now + wait_s, now + back_s)

    def _go_back_later(self, live: Live) -> None:
        better = live.targets.better()
        if better is not None:
            target, returns = better
            wait_s = max(returns - time.monotonic(), 0.0)
            self._later(live, wait_s, lambda: self.spawn(self._go_back(live, target, live.timer)))

    async def _go_back(self, live: Live, target: Target, timer: asyncio.TimerHandle | None) -> None:
        """Register with a better target if it can be reached again."""
        account = live.account
        if account is None:
            return
        current = live.aimed or target
        back = await probe.is_back(account.transport, account.ascii_domain, target, current)
        if live.timer is not timer:
            return  # the account failed meanwhile, stopped or is over: that goes first
        if not back:
            self._rest(live, target)
            self._go_back_later(live)
            return
        live.targets.use(target)
        await self.register(live)
