"""Steps of an account's check, in the words of their report."""

from __future__ import annotations

import time

from voip.causes import Cause, CauseKind
from voip.engine.accounts import pinning
from voip.engine.accounts.fields import Account
from voip.engine.accounts.rules.trust_fields import pin_of
from voip.engine.errors import Refusal
from voip.engine.network import ice
from voip.engine.network.ice import IceTargets
from voip.engine.network.locator import Located
from voip.engine.trust import expiry
from voip.protection import TlsStatus, Transport
from voip.protocol.accounts import CheckStep
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import AccountSetup, RegistrationEvent
from voip.protocol.worker.process import ConnectionEvent
from voip.security.policy import DEMANDS
from voip.sip.sentences import sentence


def refusal(account: Account, refused: ConnectionEvent | None) -> Cause | None:
    """Return why a connection was refused, if one was."""
    if refused is not None and refused.other_key is not None:
        return pinning.other_key(account, refused.other_key)
    return refused.cause if refused else None


def cause(setup: AccountSetup, event: RegistrationEvent, refusal: Cause | None) -> Cause | None:
    """Return why a REGISTER failed; None for one that did not."""
    if event.active:
        return None
    if event.code in (401, 407) and setup.credentials is None:
        return Cause(CauseKind.NO_PASSWORD)
    return refusal or event.cause or Cause(CauseKind.SIP_STATUS, (event.code, event.reason))


def of_outcome(
    setup: AccountSetup, event: RegistrationEvent, refusal: Cause | None, cause: Cause | None
) -> list[CheckStep]:
    if cause is None:
        proven = f", password proven by {event.digest.upper()}" if event.digest else ""
        words = f"registered for {event.expires_s} s{proven}"
        return [CheckStep("registration", True, words)]
    if refusal is not None and DEMANDS[setup.transport].verified_server:
        if not refusal.of_trust:
            return [CheckStep("tls", False, sentence(refusal))]
        return [
            CheckStep("tls", True, "the server speaks TLS"),
            CheckStep("certificate", False, sentence(refusal)),
        ]
    return [CheckStep("registration", False, f"{sentence(cause)} ({event.code})")]


def cause_of_look(refusal: Refusal) -> Cause:
    """Return the cause of a failed inspection."""
    if refusal.kind == "bad_account":
        return Cause(CauseKind.TRUST_SETUP, (str(refusal),))
    match refusal.__cause__:
        case TimeoutError():
            return Cause(CauseKind.CONNECTION_TIMEOUT)
        case OSError() as error:
            return Cause(CauseKind.CONNECTION_FAILED, (error.strerror or str(error),))
        case _:
            return Cause(CauseKind.NO_TLS)


def of_tls(account: Account, tls: TlsStatus | None) -> list[CheckStep]:
    if tls is None:
        return []
    return [
        CheckStep("tls", True, f"{tls.version}, {tls.cipher}"),
        CheckStep("certificate", tls.verified, _trust_words(account, tls)),
    ]


def judged(account: Account, report: ServerReport) -> tuple[CheckStep, Cause | None]:
    """Judge a certificate from a handshake by the account's trust."""
    wrong = report.refused or report.problems
    cause = Cause(CauseKind.CERTIFICATE_REFUSED) if wrong else None
    pin = pin_of(account.pin) if account.pin else None
    if account.pin and not report.refused:
        key = report.chain[0].key_sha256 if report.chain else ""
        cause = None if pin == key else pinning.other_key(account, key)
        wrong = () if cause is None else (sentence(cause),)
    if cause is not None:
        return CheckStep("certificate", False, "; ".join(wrong)), cause
    peer = report.chain[0]
    tls = TlsStatus(report.version, report.cipher, True, peer, report.chain, pin is not None)
    return CheckStep("certificate", True, _trust_words(account, tls)), None


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


def expected(account: Account) -> list[str]:
    """Return the steps after the name's, in order."""
    tls = ["tls", "certificate"] if DEMANDS[account.transport].verified_server else []
    return [*tls, "registration"]


def expected_of_ice(account: Account) -> list[str]:
    """Return the steps of the servers that an account's ICE needs, in order."""
    named = {"stun": ice.asks_stun(account), "relay": account.turn_server is not None}
    return [name for name, is_named in named.items() if account.ice and is_named]


def unreached(name: str) -> CheckStep:
    return CheckStep(name, None, "not reached")


def of_name(located: Located) -> CheckStep:
    if located.cause is not None:
        return CheckStep("name", False, sentence(located.cause))
    if not located.steps:
        return CheckStep("name", True, f"{located.server_name} is an address")
    addresses = ", ".join(dict.fromkeys(target.address for target in located.targets))
    return CheckStep("name", True, f"{located.server_name} is at {addresses}")


def of_stun(found: IceTargets, cause: Cause | None) -> CheckStep:
    cause = _missing(found, CauseKind.STUN_NOT_FOUND) or cause
    words = sentence(cause) if cause else f"{found.stun_name} answers"
    return CheckStep("stun", cause is None, words)


def of_relay(account: Account, found: IceTargets, cause: Cause | None) -> CheckStep:
    cause = _missing(found, CauseKind.RELAY_NOT_FOUND) or cause
    if cause is not None:
        return CheckStep("relay", False, sentence(cause))
    proof = "proves its name, and " if account.turn_transport is Transport.TLS else ""
    words = f"{found.relay_name} {proof}gives this account an address"
    return CheckStep("relay", True, words)


def _missing(found: IceTargets, kind: CauseKind) -> Cause | None:
    return next((cause for cause in found.missing if cause.kind is kind), None)
