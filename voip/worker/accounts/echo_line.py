"""The test line of this machine: an account that listens on loopback over TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.worker.process import AccountSetup
from voip.worker.accounts.account import Account
from voip.worker.accounts.account import config as account_config
from voip.worker.endpoint import create_listener

if TYPE_CHECKING:
    from voip.worker.loop import Worker

NAME = "echo"


def open_line(worker: Worker, certificate: str, key: str) -> int:
    """Listen with a certificate and a key (PEM files); the port.

    Raises:
        pj.Error: PJSIP could not.
    """
    transport, port = create_listener(worker.endpoint, certificate, key)
    setup = AccountSetup(
        name=NAME,
        user=NAME,
        domain="127.0.0.1",
        transport=Transport.TLS,
        server=f"127.0.0.1:{port}",
        registrar="",
        register=False,
    )
    account = Account(worker, setup, transport)
    config = account_config(setup, transport)
    config.sipConfig.proxies = pj.StringVector()
    account.create(config)
    worker.accounts[setup.name] = account
    return port
