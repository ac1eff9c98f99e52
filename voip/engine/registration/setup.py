"""Converts an account of the file to a worker's set-up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import certifi

from voip.engine.accounts import client_keys
from voip.engine.accounts.client_keys import ClientKeyError
from voip.engine.accounts.fields import Account
from voip.engine.accounts.instances import Instances
from voip.engine.accounts.own_keys import OwnKeys
from voip.engine.accounts.secrets import Passwords
from voip.engine.accounts.trust_fields import pin_of
from voip.engine.network.locator import Locator
from voip.engine.trust import system_store
from voip.engine.trust.system_store import NoSystemStore
from voip.protection import SRTP_SUITES, Authorities
from voip.protocol.worker.accounts import AccountSetup, Credentials, OwnKey, Target, Trust
from voip.security.policy import DEMANDS

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


def _trust(account: Account, passphrase: str | None) -> Trust:
    try:
        client = client_keys.of_account(account, passphrase)
    except ClientKeyError as error:
        raise SetupError(str(error)) from error
    return Trust(
        ca_file=str(authorities(account)),
        allow_wildcard=account.allow_wildcard,
        # An invalid pin matches no key, where None would accept any.
        pin=None if account.pin is None else pin_of(account.pin) or account.pin,
        client=client,
    )
