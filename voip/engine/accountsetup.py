"""An account of the file as a worker needs it."""

from __future__ import annotations

from pathlib import Path

import certifi

from voip.engine.accountfields import Account
from voip.model import Transport
from voip.protocol import worker as say


def setup_of(name: str, account: Account, password: str | None) -> say.AccountSetup:
    """What a worker needs to know of an account."""
    credentials = None
    if password is not None:
        credentials = say.Credentials(user=account.auth_user or account.user, password=password)
    trust = None
    if account.transport is Transport.TLS:
        trust = say.Trust(
            ca_file=str(Path(account.ca_file).expanduser()) if account.ca_file else certifi.where(),
            allow_wildcard=account.allow_wildcard,
        )
    return say.AccountSetup(
        name=name,
        user=account.user,
        domain=account.domain,
        transport=account.transport,
        server=account.next_hop,
        registrar=account.registrar,
        display_name=account.display_name,
        register=account.register,
        expires_s=account.expires_s,
        credentials=credentials,
        trust=trust,
        keying=account.media_keying,
    )
