"""Tries an account as a call would use it, and reports the failing step.

Each step is reported as soon as it is done: name lookup, TLS, certificate,
registration.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.engine.accounts import pinning
from voip.engine.accounts.fields import Account
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.instances import Instances
from voip.engine.accounts.secrets import PasswordError, Passwords
from voip.engine.accounts.trust_fields import pin_of
from voip.engine.errors import Refusal
from voip.engine.files.toml import ConfigError
from voip.engine.hub import Hub
from voip.engine.intake import clean_event
from voip.engine.network.locator import Located, Locator
from voip.engine.registration.inspection import Look
from voip.engine.registration.registrations import Registrations
from voip.engine.registration.setup import SetupError, authorities, setup_of
from voip.engine.registration.trial import Trial
from voip.engine.supervisor import StartProcess, WorkerGone, WorkerRefused
from voip.engine.trust import expiry
from voip.protection import TlsStatus
from voip.protocol.accounts import CheckAccount, CheckEvent, CheckReport, CheckStep
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import AccountSetup, RegistrationEvent
from voip.protocol.worker.process import ConnectionEvent
from voip.security.policy import DEMANDS
from voip.sip.sentences import sentence

_Done = Callable[[CheckStep], None]

_TRIAL = "?trial"
"""Name that the user cannot give to an account."""

_TIMEOUT_S = 50.0  # longer than SIP's timer F, which ends a REGISTER


class AccountCheck:
    """Checks accounts from the file or from a form."""

    def __init__(
        self,
        hub: Hub,
        file: AccountFile,
        passwords: Passwords,
        instances: Instances,
        registrations: Registrations,
        user_agent: str,
        start_process: StartProcess,
        locator: Locator,
        look: Look,
    ) -> None:
        self._hub = hub
        self._file = file
        self._passwords = passwords
        self._instances = instances
        self._registrations = registrations
        self._user_agent = user_agent
        self._start_process = start_process
        self._locator = locator
        self._look = look

    async def check(self, command: CheckAccount) -> CheckReport:
        """Try an account; saves nothing and affects no account of the phone.

        Raises:
            Refusal: no account has this name, or its fields are wrong.
        """
        account = self._account(command)
        steps = {name: CheckStep(name, None, "not reached") for name in _expected(account)}

        def done(step: CheckStep) -> None:
            steps[step.step] = step
            self._hub.publish(CheckEvent(name=command.name, step=step))

        await self._try(command, account, done)
        ordered = tuple(steps.values())
        return CheckReport(name=command.name, ok=all(step.ok for step in ordered), steps=ordered)

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

    async def _try(self, command: CheckAccount, account: Account, done: _Done) -> None:
        located = await self._locator.locate(account.next_hop, account.transport)
        done(_name_step(located))
        if not located.targets:
            return
        if not account.register:
            verified = DEMANDS[account.transport].verified_server
            if not verified or await self._look_at(account, located, done):
                done(CheckStep("registration", True, "this account does not register"))
            return
        try:
            setup = await setup_of(
                command.name,
                account,
                await asyncio.to_thread(self._instances.of, _TRIAL, account.aor),
                located.targets[0],
                self._passwords,
                command.password,
                command.client_passphrase,
            )
        except PasswordError as error:
            done(CheckStep("registration", False, str(error)))
            return
        except SetupError as error:
            done(CheckStep("tls", False, str(error)))
            return
        setup = replace(setup, name=_TRIAL, trial=True)
        try:
            async with Trial(setup, self._user_agent, self._start_process) as trial:
                await _register(trial, account, setup, done)
        finally:
            # Some servers keep one binding for an address: the trial has replaced it.
            await self._registrations.renew(account.aor)

    async def _look_at(self, account: Account, located: Located, done: _Done) -> bool:
        """Try a handshake where nothing is registered; report if calls could work."""
        try:
            raw = await self._look(
                located.server_name,
                located.targets,
                authorities(account),
                account.allow_wildcard,
            )
        except (Refusal, SetupError) as error:
            done(CheckStep("tls", False, str(error)))
            return False
        report = clean_event(raw)
        done(CheckStep("tls", True, f"{report.version}, {report.cipher}"))
        step = _judged(account, report)
        done(step)
        return step.ok is True


async def _register(trial: Trial, account: Account, setup: AccountSetup, done: _Done) -> None:
    refused: ConnectionEvent | None = None
    reached = False
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await trial.register()
            while True:
                match await trial.event():
                    case ConnectionEvent(up=True, outgoing=True, tls=tls) if not reached:
                        reached = True
                        for step in _tls_steps(account, tls):
                            done(step)
                    case ConnectionEvent(cause=Cause()) as event:
                        refused = event
                    case RegistrationEvent() as outcome:
                        refusal = None if reached else refused
                        for step in _outcome(account, setup, outcome, refusal):
                            done(step)
                        return
                    case _:
                        continue
    except TimeoutError:
        done(CheckStep("registration", False, sentence(Cause(CauseKind.NO_ANSWER))))
    except (WorkerGone, WorkerRefused) as error:
        done(CheckStep("registration", False, str(error)))


def _outcome(
    account: Account,
    setup: AccountSetup,
    outcome: RegistrationEvent,
    refused: ConnectionEvent | None,
) -> list[CheckStep]:
    if outcome.active:
        proven = f", password proven by {outcome.digest.upper()}" if outcome.digest else ""
        words = f"registered for {outcome.expires_s} s{proven}"
        return [CheckStep("registration", True, words)]
    refusal = refused.cause if refused else None
    if refused is not None and refusal is not None and DEMANDS[setup.transport].verified_server:
        if refused.other_key is not None:
            refusal = pinning.other_key(account, refused.other_key)
        if not refusal.of_trust:
            return [CheckStep("tls", False, sentence(refusal))]
        return [
            CheckStep("tls", True, "the server speaks TLS"),
            CheckStep("certificate", False, sentence(refusal)),
        ]
    status = Cause(CauseKind.SIP_STATUS, (outcome.code, outcome.reason))
    cause = refusal or outcome.cause or status
    if outcome.code in (401, 407) and setup.credentials is None:
        cause = Cause(CauseKind.NO_PASSWORD)
    return [CheckStep("registration", False, f"{sentence(cause)} ({outcome.code})")]


def _tls_steps(account: Account, tls: TlsStatus | None) -> list[CheckStep]:
    if tls is None:
        return []
    return [
        CheckStep("tls", True, f"{tls.version}, {tls.cipher}"),
        CheckStep("certificate", tls.verified, _trust_words(account, tls)),
    ]


def _judged(account: Account, report: ServerReport) -> CheckStep:
    """Judge a certificate from a handshake by the account's trust."""
    wrong = report.refused or report.problems
    pin = pin_of(account.pin) if account.pin else None
    if account.pin and not report.refused:
        key = report.chain[0].key_sha256 if report.chain else ""
        wrong = () if pin == key else (sentence(pinning.other_key(account, key)),)
    if wrong:
        return CheckStep("certificate", False, "; ".join(wrong))
    peer = report.chain[0]
    tls = TlsStatus(report.version, report.cipher, True, peer, report.chain, pin is not None)
    return CheckStep("certificate", True, _trust_words(account, tls))


def _trust_words(account: Account, tls: TlsStatus) -> str:
    peer = tls.peer
    if peer is None:
        return "nothing is known of it"
    ending = expiry.when(peer.not_after, time.time())
    if tls.pinned:
        on = pinning.accepted_on(account)
        since = f", accepted on {on}" if on else ""
        return f"its key is pinned{since}; the certificate {ending}"
    return f"verified, for {', '.join(peer.names)}; issued by {peer.issuer}; {ending}"


def _expected(account: Account) -> list[str]:
    tls = ["tls", "certificate"] if DEMANDS[account.transport].verified_server else []
    return ["name", *tls, "registration"]


def _name_step(located: Located) -> CheckStep:
    if located.cause is not None:
        return CheckStep("name", False, sentence(located.cause))
    if not located.steps:
        return CheckStep("name", True, f"{located.server_name} is an address")
    addresses = ", ".join(dict.fromkeys(target.address for target in located.targets))
    return CheckStep("name", True, f"{located.server_name} is at {addresses}")
