"""Test line of this machine: an account on loopback over TLS."""

from __future__ import annotations

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.settings import Network
from voip.protocol.worker.accounts import AccountSetup, Target
from voip.worker.accounts.book import Accounts
from voip.worker.accounts.configuration import config as account_config
from voip.worker.tls.transports import create_listener

NAME = "echo"


def open_line(endpoint: pj.Endpoint, accounts: Accounts, certificate: str, key: str) -> int:
    """Listen with a certificate and a key (PEM files); return the port.

    Raises:
        pj.Error: PJSIP could not listen.
    """
    transport, port = create_listener(endpoint, certificate, key)
    setup = AccountSetup(
        name=NAME,
        user=NAME,
        domain="127.0.0.1",
        instance="urn:uuid:00000000-0000-4000-8000-000000000000",
        transport=Transport.TLS,
        server_name="127.0.0.1",
        target=Target("127.0.0.1", port),
        registrar="",
        register=False,
    )
    account = accounts.make(setup, transport)
    config = account_config(setup, transport, Network())
    config.sipConfig.proxies = pj.StringVector()
    account.create(config)
    accounts.keep(account)
    return port
