"""`offhook register`: registers an account now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from voip.cli.common import with_engine
from voip.client.errors import CommandFailed, NoEngine
from voip.model import AccountStatus, RegistrationState
from voip.protocol.accounts import AccountEvent, RegisterAccount
from voip.protocol.client import ErrorInfo, NumberedEvent
from voip.protocol.phone import Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client

_PATIENCE_S = 60.0


@click.command()
@click.argument("account")
def register(account: str) -> None:
    """Register ACCOUNT now; returns when its server has answered."""
    with_engine(lambda engine: _register(engine, account))


async def _register(engine: Client, name: str) -> None:
    await engine.ask(Subscribe())
    await engine.ask(RegisterAccount(account=name))
    try:
        status = await asyncio.wait_for(settled(engine.events(), name), _PATIENCE_S)
    except TimeoutError:
        text = f"account {name} has not registered within {_PATIENCE_S:.0f} seconds"
        raise CommandFailed(ErrorInfo(kind="timeout", message=text)) from None
    registration = status.registration
    if registration.state is not RegistrationState.REGISTERED:
        text = f"account {name} is not registered: {registration.reason}".rstrip(": ")
        raise CommandFailed(ErrorInfo(kind="not_registered", message=text, code=registration.code))


async def settled(events: AsyncIterator[NumberedEvent], name: str) -> AccountStatus:
    """Wait until an account's server has answered, or has failed to.

    An event from before the attempt may still report the account as registered.
    """
    tries = False
    async for numbered in events:
        event = numbered.event
        if not isinstance(event, AccountEvent) or event.account.name != name:
            continue
        state = event.account.registration.state
        if state is RegistrationState.REGISTERING:
            tries = True
        elif tries or state is RegistrationState.FAILED:
            return event.account
    raise NoEngine("the engine ended before the account was registered")
