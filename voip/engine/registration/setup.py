"""Converts an account of the file to a worker's set-up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import certifi
from msgspec.structs import replace

from voip.causes import Cause
from voip.engine.accounts import client_keys
from voip.engine.accounts.client_keys import ClientKeyError
from voip.engine.accounts.fields import Account
from voip.engine.accounts.instances import Instances
from voip.engine.accounts.own_keys import OwnKeys
from voip.engine.accounts.rules.trust_fields import pin_of
from voip.engine.accounts.secrets import Passwords
from voip.engine.network import relays
from voip.engine.network.ice import Choices, IceTargets
from voip.engine.network.locator import Locator
from voip.engine.trust import system_store
from voip.engine.trust.system_store import NoSystemStore
from voip.protection import SRTP_SUITES, Authorities, Transport
from voip.protocol.worker.accounts import (
    AccountSetup,
    Credentials,
    IceServers,
    OwnKey,
    Relay,
    Target,
    Trust,
)
from voip.security.policy import DEMANDS
from voip.sip.sentences import sentence

AS_WRITTEN = frozenset(Account.__struct_fields__) & frozenset(AccountSetup.__struct_fields__) - {
    "domain",
    "trust",
}
"""Fields that a worker gets unchanged: those of the same name."""


class Sources(NamedTuple):
    """Sources of an account's set-up, for its attempts and its check."""

    passwords: Passwords
    own_keys: OwnKeys
    instances: Instances
    locator: Locator


class SetupError(Exception):
    """Missing basis of an account's trust; the text says what."""


async def setup_of(
    name: str,
    account: Account,
    instance: str,
    target: Target,
    passwords: Passwords,
    password: str | None = None,
    passphrase: str | None = None,
    own_key: OwnKey | None = None,
    ice_servers: IceServers | None = None,
) -> AccountSetup:
    """Build a worker's set-up of an account; secrets not given are looked up.

    Raises:
        PasswordError: the source of a secret cannot be read.
        SetupError: the system's store, or the client's key, cannot be used.
    """
    if password is None:
        password = await passwords.find(name, account)
    credentials = None
    if password is not None:
        credentials = Credentials(user=account.auth_user or account.user, password=password)
    trust = None
    if DEMANDS[account.transport].verified_server:
        if passphrase is None:
            passphrase = await passwords.find_passphrase(name, account)
        trust = await asyncio.to_thread(_trust, account, passphrase)
    return AccountSetup(
        name=name,
        instance=instance,
        domain=account.ascii_domain,
        server_name=account.next_hop_parts[0],
        target=target,
        registrar=account.registrar,
        credentials=credentials,
        trust=trust,
        keying=account.media_keying,
        suites=account.srtp_suites or SRTP_SUITES,
        hidden=account.hide_identity,
        own_key=own_key,
        ice_servers=ice_servers,
        **{field: getattr(account, field) for field in AS_WRITTEN},
    )


def authorities(account: Account) -> Path:
    """Return the PEM file of the authorities that an account trusts.

    Raises:
        SetupError: it is the system's, which has none.
    """
    if account.ca_file:
        return Path(account.ca_file).expanduser()
    if account.trust is Authorities.BUNDLE:
        return Path(certifi.where())
    try:
        return system_store.find()
    except NoSystemStore as error:
        raise SetupError(str(error)) from error


async def ice_servers_of(
    name: str,
    account: Account,
    found: IceTargets,
    passwords: Passwords,
    choices: Choices,
    before: IceServers | None = None,
) -> IceServers:
    """Build the servers of an account's ICE, at the first addresses that answer.

    Those of `before` stay where nothing is found now: their answers may still hold.

    Raises:
        PasswordError: the source of the relay's password cannot be read.
        SetupError: the relay's trust cannot be used, or an account that hides its
            address has no relay.
    """
    before = before or IceServers()
    stun = before.stun
    if found.stuns:
        ask = partial(relays.ask_stun, found.stun_name)
        stun = await choices.stun.first(name, found.stuns, ask, stun)
    relay = before.relay
    if found.relays:
        if relay is None:
            relay = await relay_of(name, account, found, passwords)
        # Any answer will do: its password is for calls.
        stranger = replace(relay, credentials=None)

        def ask_at(target: Target) -> Awaitable[Cause | None]:
            return relays.ask_relay(replace(stranger, target=target))

        target = await choices.relay.first(name, found.relays, ask_at, relay.target)
        relay = replace(relay, target=target)
    elif relay is None and account.hide_identity:
        raise SetupError("; ".join(map(sentence, found.missing)))
    return IceServers(stun, relay)


async def relay_of(name: str, account: Account, found: IceTargets, passwords: Passwords) -> Relay:
    """Build an account's relay at the first address that was found.

    Raises:
        PasswordError: the source of its password cannot be read.
        SetupError: its trust cannot be used.
    """
    password = await passwords.find_relay_password(name, account)
    credentials = None
    if password is not None:
        user = account.turn_user or account.auth_user or account.user
        credentials = Credentials(user=user, password=password)
    trust = None
    if account.turn_transport is Transport.TLS:
        trust = await asyncio.to_thread(_relay_trust, account, found.relay_name)
    return Relay(found.relays[0], found.relay_name, account.turn_transport, credentials, trust)


def _relay_trust(account: Account, relay_name: str) -> Trust:
    # A pin is the key of the account's server, so it says nothing of another host.
    same_host = relay_name.lower() == account.next_hop_parts[0].lower()
    return Trust(
        ca_file=str(authorities(account)),
        allow_wildcard=account.allow_wildcard,
        pin=_pin_to_accept(account) if same_host else None,
    )


def _trust(account: Account, passphrase: str | None) -> Trust:
    try:
        client = client_keys.of_account(account, passphrase)
    except ClientKeyError as error:
        raise SetupError(str(error)) from error
    return Trust(
        ca_file=str(authorities(account)),
        allow_wildcard=account.allow_wildcard,
        pin=_pin_to_accept(account),
        client=client,
    )


def _pin_to_accept(account: Account) -> str | None:
    """Return the only key to accept, None to ask the authorities."""
    # An invalid pin matches no key, where None would accept any.
    return None if account.pin is None else pin_of(account.pin) or account.pin
