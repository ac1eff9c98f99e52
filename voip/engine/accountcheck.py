"""Tries an account the way a call would use it, and says which step fails."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from voip.engine.accountfields import DEFAULT_PORTS, Account
from voip.engine.errors import Refusal
from voip.engine.registrar import Live, Registrar
from voip.model import RegistrationState, TlsStatus, Transport
from voip.protocol.client import CheckReport, CheckStep

_TIMEOUT_S = 50.0
_LOOKUP_TIMEOUT_S = 10.0


async def check(registrar: Registrar, name: str) -> CheckReport:
    """Name lookup, connection and certificate, registration.

    Raises:
        Refusal: there is no such account, or it is disabled.
    """
    live = registrar.usable(name)
    account = live.account
    if account is None:
        raise Refusal("bad_account", live.problem or f"account {name} cannot be used")
    lookup = await _look_up(account)
    steps = [lookup]
    if lookup.ok:
        steps += await _register(registrar, live, account)
    else:
        steps += [CheckStep(step, None, "not reached") for step in _later_steps(account)]
    return CheckReport(name=name, ok=all(step.ok for step in steps), steps=tuple(steps))


def _later_steps(account: Account) -> list[str]:
    tls = ["tls", "certificate"] if account.transport is Transport.TLS else []
    return [*tls, "registration"]


async def _look_up(account: Account) -> CheckStep:
    host, _, port = account.next_hop.partition(":")
    number = int(port) if port.isdecimal() else DEFAULT_PORTS[account.transport]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return CheckStep("name", True, f"{host} is an address")
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(
            loop.getaddrinfo(host, number, type=socket.SOCK_STREAM), _LOOKUP_TIMEOUT_S
        )
    except (OSError, TimeoutError) as error:
        return CheckStep("name", False, f"{host} is not found: {error or 'no answer'}")
    addresses = sorted({str(entry[4][0]) for entry in found})
    return CheckStep("name", True, f"{host} is at {', '.join(addresses)}")


async def _register(registrar: Registrar, live: Live, account: Account) -> list[CheckStep]:
    if not account.register:
        return [CheckStep("registration", True, "this account does not register")]
    await registrar.register_now(live.name)
    try:
        await asyncio.wait_for(registrar.settled(live), _TIMEOUT_S)
    except TimeoutError:
        return [CheckStep("registration", False, "the server did not answer")]
    registration = live.registration
    if registration.state is RegistrationState.REGISTERED:
        done = CheckStep("registration", True, f"registered for {registration.expires_s} s")
        return [*_tls_steps(live.tls), done]
    code = f" ({registration.code})" if registration.code else ""
    failed = f"{registration.reason}{code}"
    if account.transport is not Transport.TLS:
        return [CheckStep("registration", False, failed)]
    if live.refusal is None:
        return [*_tls_steps(live.tls), CheckStep("registration", False, failed)]
    unreached = CheckStep("registration", None, "not reached")
    if "certificate" in live.refusal:
        return [
            CheckStep("tls", True, "the server speaks TLS"),
            CheckStep("certificate", False, live.refusal),
            unreached,
        ]
    return [
        CheckStep("tls", False, live.refusal),
        CheckStep("certificate", None, "not reached"),
        unreached,
    ]


def _tls_steps(tls: TlsStatus | None) -> list[CheckStep]:
    if tls is None:
        return []
    names = ", ".join(tls.peer.names) if tls.peer else "unknown"
    return [
        CheckStep("tls", True, f"{tls.version}, {tls.cipher}"),
        CheckStep("certificate", tls.verified, f"verified, for {names}"),
    ]
