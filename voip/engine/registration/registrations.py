"""Registers accounts, retries, and reports why one is not registered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from voip.causes import Cause, CauseKind
from voip.engine.accounts.file import Loaded
from voip.engine.accounts.own_keys import OwnKeys
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.engine.network.failures import is_of_target
from voip.engine.registration.attempts import Attempts
from voip.engine.registration.certificates import Certificates
from voip.engine.registration.failing import FIRST_RETRY_S, because
from voip.engine.registration.live import Live
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import AccountStatus, Publication, Registration, RegistrationState
from voip.protocol.accounts import AccountRemoved, AccountsOrdered
from voip.protocol.worker.accounts import (
    AnyAccountEvent,
    RegisterNow,
    RegistrationEvent,
    RelayFailed,
    ServerSilent,
    Target,
    VoicemailEvent,
)
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent
from voip.sip.sentences import sentence


class Registrations:
    """Keeps workers in line with accounts.toml, and accounts registered.

    `settle` gets each account that its server has just registered.
    """

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        own_keys: OwnKeys,
        attempts: Attempts,
        find_connection: Callable[[Role, int | None], ConnectionEvent | None],
        settle: Callable[[Live], None],
    ) -> None:
        self._hub = hub
        self._settle = settle
        self._workers = workers
        self._certificates = Certificates(hub, workers, own_keys, attempts)
        self._find_connection = find_connection
        self._attempts = attempts
        self._live: dict[str, Live] = {}

    def __iter__(self) -> Iterator[Live]:
        return iter(tuple(self._live.values()))

    def snapshot(self) -> tuple[AccountStatus, ...]:
        return tuple(live.status() for live in self._live.values())

    def get(self, name: str) -> Live:
        """Return a running account.

        Raises:
            Refusal: no account has this name.
        """
        live = self._live.get(name)
        if live is None:
            raise Refusal("no_account", f"there is no account {name}")
        return live

    def usable(self, name: str | None) -> Live:
        """Return the account to call with: the named one, or the first ready.

        Raises:
            Refusal: there is none; the text says why.
        """
        if name is not None:
            live = self.get(name)
            if live.problem:
                raise Refusal("bad_account", live.problem)
            if live.account is None or not live.account.enabled:
                raise Refusal("disabled", f"account {name} is disabled")
            return live
        enabled = [v for v in self._live.values() if v.account and v.account.enabled]
        enabled.sort(key=_readiness)
        for live in enabled:
            return live
        raise Refusal(
            "no_account",
            "there is no account to call with: add one with “offhook account add”, or try "
            "“offhook call echo”",
        )

    async def ready(self, live: Live) -> None:
        """Wait until an account is in its worker, where calls can use it.

        Raises:
            Refusal: it does not get there; the text says why.
        """
        if live.stopped is not None:
            raise Refusal("stopped", f"account {live.name}: {sentence(live.stopped)}")
        worker = self._workers[live.role]
        worker.start()
        try:
            await worker.wait_up()
            # A client that goes away must not leave the account half added.
            await asyncio.shield(self._attempts.spawn(self._attempts.bring_up(live)))
        except WorkerGone as error:
            raise Refusal("no_worker", f"account {live.name}: {error}") from error
        if live.dropped:
            raise Refusal("changed", f"account {live.name} has just been changed: try again")
        if not live.added:
            raise Refusal("bad_account", f"account {live.name}: {live.registration.reason}")
        if live.account is not None and not live.account.register:
            # A silent name server must not delay the call.
            self._attempts.spawn(self._attempts.look_up_again(live))

    def refusal(self, name: str, code: int) -> Cause | None:
        """Return the cause against the server of a request that ended without a connection."""
        live = self._live.get(name)
        return live.refusal_of(code) if live else None

    def find(self, name: str) -> Live | None:
        """Return a running account, None if none has this name."""
        return self._live.get(name)

    def keeps_realtime_text(self, name: str) -> bool:
        """Report if an account keeps the text of its calls."""
        live = self.find(name)
        return live is not None and live.account is not None and live.account.keep_realtime_text

    def find_target(self, role: Role, name: str, asking: str | None) -> Target | None:
        """Return the target in use of the account whose server or domain has a name.

        `asking` is that account; None is any, if all have the same target.
        """
        targets = {
            live.aimed
            for live in self._live.values()
            if asking in (None, live.name) and live.role is role and live.is_of(name)
        }
        return targets.pop() if len(targets) == 1 else None

    def target(self, name: str) -> Target | None:
        """Return the target that an account's requests go to."""
        live = self._live.get(name)
        return live.aimed if live is not None and live.added else None

    def has_other(self, name: str, tried: Sequence[Target]) -> bool:
        """Report if a call of an account could go on to another target now."""
        live = self._live.get(name)
        return live is not None and live.targets.has_other(time.monotonic(), tried)

    def go_on(self, name: str, tried: Sequence[Target]) -> bool:
        """Leave the last target that a call of an account has tried."""
        live = self._live.get(name)
        return live is not None and live.added and self._attempts.go_on(live, tried)

    async def aim(self, name: str) -> None:
        """Send an account's later requests to its target of now.

        Raises:
            WorkerGone, WorkerRefused: its worker cannot.
        """
        live = self._live.get(name)
        if live is not None and live.added:
            await self._attempts.aim(live)

    def on_path(self, name: str) -> None:
        """Register an account again that a lost path had cut off."""
        live = self._live.get(name)
        if live is None or live.stopped is not None or live.account is None:
            return
        cause, failed = live.registration.cause, RegistrationState.FAILED
        # A server that refuses, or asks to be left alone, was reached.
        if live.registration.state is failed and cause and is_of_target(cause, None):
            self._attempts.retry(live, 0.0)

    # Keeping in line

    async def apply(self, loaded: Loaded) -> None:
        """Start, replace and stop accounts as accounts.toml now says.

        Runs one at a time, and not beside `forget`.
        """
        names = loaded.names
        for name in [name for name in self._live if name not in names]:
            await self._attempts.drop(self._live.pop(name))
            self._hub.publish(AccountRemoved(name=name))
        ordered: dict[str, Live] = {}
        for name in names:
            account, problem = loaded.accounts.get(name), loaded.problems.get(name)
            live = self._live.get(name)
            if live is None or not live.goes_on_as(account, problem):
                if live is not None:
                    await self._attempts.drop(live)
                live = Live(name=name, account=account, problem=problem)
                ordered[name] = live
                self._live[name] = live
                self._attempts.publish(live)
                self._attempts.spawn(self._attempts.bring_up(live))
            else:
                self._attempts.change(live, account)
            ordered[name] = live
        # New accounts are last here: clients keep that order until the next report.
        previous_order = list(self._live)
        self._live = ordered
        if list(ordered) != previous_order:
            self._hub.publish(AccountsOrdered(names=tuple(ordered)))
        self._start_workers()

    async def on_worker_up(self, role: Role) -> None:
        """Send a new worker everything it needs."""
        for live in list(self._live.values()):
            if live.role is role:
                live.added = False
                # One account's name, looked up slowly, must not delay the others.
                self._attempts.spawn(self._attempts.bring_up(live))

    def on_worker_down(self, role: Role) -> None:
        for live in self._live.values():
            if live.role is role and live.added:
                live.added = False
                live.connection = live.tls = live.voicemail = None
                self._attempts.cancel(live)
                if live.stopped is not None:
                    continue
                cause = Cause(CauseKind.RESTARTING)
                self._attempts.set(live, because(RegistrationState.UNREGISTERED, cause))

    def close(self) -> None:
        for live in self._live.values():
            self._attempts.cancel(live)
        self._attempts.close()

    async def register_now(self, name: str) -> None:
        """Register an account, also a stopped one.

        Raises:
            Refusal: it cannot be used.
        """
        live = self.usable(name)
        live.failures = 0
        live.awaited = True
        live.targets.forget_failures()
        live.stopped = None
        await asyncio.shield(self._attempts.spawn(self._attempts.register(live)))

    async def renew(self, aor: str) -> None:
        """Register an address again, for a server that keeps one binding each."""
        for live in list(self._live.values()):
            if live.account is None or live.account.aor != aor:
                continue
            if live.registration.state is RegistrationState.REGISTERED:
                with contextlib.suppress(WorkerGone, WorkerRefused):
                    await self._workers[live.role].ask(RegisterNow(name=live.name))

    async def forget(self, name: str) -> None:
        """Remove an account from its worker, so that `apply` adds it again."""
        live = self._live.pop(name, None)
        if live is not None:
            await self._attempts.drop(live)

    # What workers report

    def on_event(self, role: Role, event: AnyAccountEvent) -> None:
        match event:
            case RegistrationEvent():
                self.on_registration(role, event)
            case ServerSilent():
                self.on_silence(role, event)
            case VoicemailEvent():
                self.on_voicemail(role, event)
            case RelayFailed(account=name, cause=cause):
                # Calls go without the relay.
                self._attempts.warn(name, cause)
                self._attempts.leave_relay(self._live.get(name), cause)

    def on_registration(self, role: Role, event: RegistrationEvent) -> None:
        live = self._live.get(event.account)
        if live is None or live.role is not role:
            return
        self._attempts.cancel(live)
        live.connection = event.connection
        connection = self._find_connection(role, event.connection)
        live.tls = connection.tls if connection else None
        if connection is not None and live.stopped is None:
            # The server answered on this connection, so the account has accepted it.
            live.refusal = live.doubtful = None
        if live.stopped is not None:
            return
        if event.active:
            state = RegistrationState.REGISTERED
            registration = Registration(
                state, event.code, "OK", event.expires_s, digest=event.digest
            )
            self._attempts.set(live, registration)
            self._attempts.succeed(live)
            self._settle(live)
            self._certificates.warn(live)
            return
        if event.code // 100 == 2:
            self._attempts.set(live, Registration(RegistrationState.UNREGISTERED, event.code))
            return
        if connection is None:
            live.refusal = live.refusal_of(event.code)
        status = Cause(CauseKind.SIP_STATUS, (event.code, event.reason))
        self._attempts.fail(
            live, live.refusal or event.cause or status, event.code, event.retry_after_s
        )

    def on_silence(self, role: Role, event: ServerSilent) -> None:
        """Leave a target that does not answer any more."""
        live = self._live.get(event.account)
        if live is None or live.role is not role:
            return
        if live.registration.state is RegistrationState.REGISTERED:
            self._attempts.fail(live, Cause(CauseKind.SERVER_SILENT))

    def on_voicemail(self, role: Role, event: VoicemailEvent) -> None:
        """Record voice mail; only the account's own server reports it."""
        live = self._live.get(event.account)
        if live is None or live.role is not role or live.connection != event.connection:
            return
        if live.voicemail != event.voicemail:
            live.voicemail = event.voicemail
            self._attempts.publish(live)

    def note_publication(self, live: Live, publication: Publication | None) -> None:
        """Record what an account's server has of its user's state."""
        if live.publication != publication:
            live.publication = publication
            self._attempts.publish(live)

    def on_connection(self, role: Role, event: ConnectionEvent) -> None:
        """Register again after a dropped connection; report a refused one."""
        for live in self._live.values():
            if live.role is not role or live.account is None:
                continue
            if live.name in event.accounts:
                if live.stopped is None and (event.up or event.cause):
                    is_shared = event.up and len(event.accounts) > 1
                    live.doubtful = live.refusal or live.doubtful if is_shared else None
                    live.refusal = event.cause
                self._certificates.check_pin(live, event)
            if live.connection == event.id and not event.up:
                live.connection = live.tls = None
                if live.registration.state is RegistrationState.REGISTERED:
                    cause = Cause(CauseKind.CONNECTION_DROPPED)
                    self._attempts.set(live, because(RegistrationState.REGISTERING, cause))
                    self._attempts.retry(live, FIRST_RETRY_S / 4)

    def look_at_dates(self) -> None:
        """Report certificates close to their end while nothing else happens."""
        for live in self._live.values():
            self._certificates.warn(live)

    async def look_at_keys(self) -> None:
        """Give workers the own keys that have replaced others."""
        for live in list(self._live.values()):
            await self._certificates.renew(live)

    # Inside

    def _start_workers(self) -> None:
        for live in self._live.values():
            if live.account is not None and live.account.enabled:
                self._workers[live.role].start()


def _readiness(live: Live) -> int:
    if live.stopped is not None:
        return 2
    return 0 if live.registration.state is RegistrationState.REGISTERED else 1
