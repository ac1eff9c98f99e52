"""Tries an account as a call would use it, and reports the failing step.

Each step is reported as soon as it is done: name lookup, TLS, certificate,
registration, STUN server, relay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.engine.accounts.fields import Account
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.secrets import PasswordError
from voip.engine.errors import Refusal
from voip.engine.files.toml import ConfigError
from voip.engine.hub import Hub
from voip.engine.intake import clean_event
from voip.engine.network import ice, relays
from voip.engine.network.failures import SHORT_SILENCE_S, is_of_target
from voip.engine.network.locator import Located
from voip.engine.network.search import Search
from voip.engine.registration.failing import cause_of
from voip.engine.registration.registrations import Registrations
from voip.engine.registration.setup import (
    SetupError,
    Sources,
    authorities,
    relay_of,
    setup_of,
)
from voip.engine.registration.trials import steps
from voip.engine.registration.trials.inspection import Look
from voip.engine.registration.trials.trial import Trial
from voip.engine.supervisor import WorkerGone, WorkerRefused
from voip.protocol.accounts import CheckAccount, CheckEvent, CheckReport, CheckStep
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import AccountSetup, RegistrationEvent, Target
from voip.protocol.worker.process import ConnectionEvent
from voip.security.policy import DEMANDS
from voip.sip.sentences import sentence

_Done = Callable[[CheckStep], None]

_TRIAL = "?trial"
"""Name that the user cannot give to an account."""

_TIMEOUT_S = 50.0  # longer than SIP's timer F, which ends a REGISTER


@dataclass(frozen=True)
class _Course:
    """Search of a check, the report of its steps, and its end in loop time."""

    search: Search
    done: _Done
    ends: float

    def limit(self, others: bool) -> float:
        """Return until when a target may answer, with `others` left."""
        soon = asyncio.get_running_loop().time() + SHORT_SILENCE_S
        return min(soon, self.ends) if others else self.ends

    def start_again(self, account: Account) -> bool:
        """Take back the steps at a target, if there is time for the next."""
        if asyncio.get_running_loop().time() >= self.ends:
            return False
        for name in steps.expected(account):
            self.done(steps.unreached(name))
        return True


class AccountCheck:
    """Checks accounts from the file or from a form."""

    def __init__(
        self,
        hub: Hub,
        file: AccountFile,
        registrations: Registrations,
        sources: Sources,
        new_trial: Callable[[AccountSetup], Trial],
        look: Look,
    ) -> None:
        self._hub = hub
        self._file = file
        self._registrations = registrations
        self._sources = sources
        self._new_trial = new_trial
        self._look = look

    async def check(self, command: CheckAccount) -> CheckReport:
        """Try an account; saves nothing and affects no account of the phone.

        Raises:
            Refusal: no account has this name, or its fields are wrong.
        """
        account = self._account(command)
        located = await self._sources.locator.locate(account.next_hop, account.transport)
        search = Search(located)
        latest: dict[str, CheckStep] = {}

        def done(step: CheckStep) -> None:
            latest[step.step] = step
            self._hub.publish(
                CheckEvent(
                    name=command.name, step=step, lookups=search.lookups, targets=search.targets
                )
            )

        done(steps.of_name(located))
        expected = (*steps.expected(account), *steps.expected_of_ice(account))
        latest.update((name, steps.unreached(name)) for name in expected)
        if located.targets:
            ends = asyncio.get_running_loop().time() + _TIMEOUT_S
            await self._try(command, account, located, _Course(search, done, ends))
            if account.ice:
                target = search.taken or located.targets[0]
                await self._try_ice(command.name, account, target, done)
        return CheckReport(
            name=command.name,
            ok=all(step.ok for step in latest.values()),
            steps=tuple(latest.values()),
            lookups=search.lookups,
            targets=search.targets,
        )

    def _account(self, command: CheckAccount) -> Account:
        if command.fields is not None:
            try:
                return self._file.check(command.name, command.fields)
            except ConfigError as error:
                raise Refusal("bad_account", str(error)) from error
        live = self._registrations.usable(command.name)
        if live.account is None:
            raise Refusal("bad_account", live.problem or f"account {command.name} cannot be used")
        return live.account

    async def _try(
        self, command: CheckAccount, account: Account, located: Located, course: _Course
    ) -> None:
        if not account.register:
            verified = DEMANDS[account.transport].verified_server
            if not verified or await self._look_at_one(account, located, course):
                course.done(CheckStep("registration", True, "this account does not register"))
            return
        try:
            setup = await setup_of(
                command.name,
                account,
                await asyncio.to_thread(self._sources.instances.of, _TRIAL, account.aor),
                located.targets[0],
                self._sources.passwords,
                command.password,
                command.client_passphrase,
            )
        except PasswordError as error:
            course.done(CheckStep("registration", False, str(error)))
            return
        except SetupError as error:
            course.done(CheckStep("tls", False, str(error)))
            return
        setup = replace(setup, name=_TRIAL, trial=True)
        try:
            await self._register_at_one(account, setup, located.targets, course)
        finally:
            # Some servers keep one binding for an address: the trial has replaced it.
            await self._registrations.renew(account.aor)

    async def _try_ice(self, name: str, account: Account, target: Target, done: _Done) -> None:
        """Ask the servers that calls by `target` would ask."""
        found = await ice.find(account, target, self._sources.locator)
        if ice.asks_stun(account):
            cause = await _cause_of_all(found.stuns, partial(relays.ask_stun, found.stun_name))
            done(steps.of_stun(found, cause))
        if account.turn_server is None:
            return
        if not found.relays:
            done(steps.of_relay(account, found, None))
            return
        try:
            relay = await relay_of(name, account, found, self._sources.passwords)
        except (PasswordError, SetupError) as error:
            done(CheckStep("relay", False, str(error)))
            return
        cause = await _cause_of_all(
            found.relays, lambda at: relays.ask_relay(replace(relay, target=at))
        )
        done(steps.of_relay(account, found, cause))

    async def _register_at_one(
        self, account: Account, setup: AccountSetup, targets: Sequence[Target], course: _Course
    ) -> None:
        """Register at the first target that does not fail itself."""
        for number, target in enumerate(targets, 1):
            others = number < len(targets)
            aimed = replace(setup, target=target)
            # A worker each: a late event of one target is never another's.
            async with self._new_trial(aimed) as trial:
                failed = await _register(trial, account, aimed, course, others)
            if not failed or not others or not course.start_again(account):
                return

    async def _look_at_one(self, account: Account, located: Located, course: _Course) -> bool:
        """Try handshakes where nothing is registered; report if calls could work."""
        try:
            trusted = authorities(account)
        except SetupError as error:
            course.done(CheckStep("tls", False, str(error)))
            return False
        for number, target in enumerate(located.targets, 1):
            others = number < len(located.targets)
            look = self._look(located.server_name, (target,), trusted, account.allow_wildcard)
            cause = await _shake_hands(look, account, course, others)
            if cause is None:
                course.search.shook_hands(target)
                return True
            course.search.failed(target, cause)
            if not is_of_target(cause, None) or not others or not course.start_again(account):
                break
        return False


async def _cause_of_all(targets: Sequence[Target], ask: ice.Ask) -> Cause | None:
    """Return None where a target can be used, or why the first cannot."""
    first: Cause | None = None
    for target in targets[: ice.MOST_ADDRESSES]:
        cause = await ask(target)
        if cause is None or cause.kind not in ice.NO_ANSWER:
            return cause
        first = first or cause
    return first


async def _shake_hands(
    look: Awaitable[ServerReport], account: Account, course: _Course, others: bool
) -> Cause | None:
    """Inspect one target; return why calls by it could not work."""
    try:
        async with asyncio.timeout_at(course.limit(others)):
            report = clean_event(await look)
    except TimeoutError:
        late = Cause(CauseKind.CONNECTION_TIMEOUT)
        course.done(CheckStep("tls", False, sentence(late)))
        return late
    except Refusal as error:
        course.done(CheckStep("tls", False, str(error)))
        return steps.cause_of_look(error)
    course.done(CheckStep("tls", True, f"{report.version}, {report.cipher}"))
    step, cause = steps.judged(account, report)
    course.done(step)
    return cause


async def _register(
    trial: Trial, account: Account, setup: AccountSetup, course: _Course, others: bool
) -> bool:
    """Register at one target; report if it is the target that failed."""
    refused: ConnectionEvent | None = None
    reached = False
    search = course.search
    try:
        async with asyncio.timeout_at(course.ends) as limit:
            await trial.register()
            # The start of the worker is no silence of the server.
            limit.reschedule(course.limit(others))
            search.sent()
            while True:
                match await trial.event():
                    case ConnectionEvent(up=True, outgoing=True, tls=tls) if not reached:
                        reached = True
                        search.sent()
                        for step in steps.of_tls(account, tls):
                            course.done(step)
                    case ConnectionEvent(cause=Cause()) as event:
                        refused = event
                    case RegistrationEvent() as outcome:
                        refusal = None if reached else steps.refusal(account, refused)
                        cause = steps.cause(setup, outcome, refusal)
                        of_target = cause is not None and is_of_target(cause, outcome.code)
                        if cause is not None and of_target:
                            search.failed(setup.target, cause)
                        else:
                            search.answered(setup.target)
                        for step in steps.of_outcome(setup, outcome, refusal, cause):
                            course.done(step)
                        return of_target
                    case _:
                        continue
    except TimeoutError:
        failure = Cause(CauseKind.NO_ANSWER)
    except WorkerRefused as error:
        failure = cause_of(error)
    except WorkerGone as error:
        failure = Cause(CauseKind.WORKER_GONE, (str(error),))
    search.failed(setup.target, failure)
    course.done(CheckStep("registration", False, sentence(failure)))
    return is_of_target(failure, None)
