"""A bare PJSIP phone with one account, as a process.

Its settings are JSON in its only argument: `user`, `domain`, `server`, `password`,
`ca_file`, and `transport` unless it is TLS. It reports events as JSON lines.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from typing import Any

import pjsua2 as pj

from voip.protection import Keying, Transport
from voip.protocol.settings import Audio, Network
from voip.protocol.worker.accounts import AccountSetup, Credentials, Target, Trust
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure
from voip.sip.dialing import parse_host_port
from voip.worker import endpoint as ep
from voip.worker.accounts.configuration import config as account_config
from voip.worker.callbacks import guarded
from voip.worker.tls.transports import Means, create_transport

_POLL_MS = 10

_OUT = os.fdopen(os.dup(1), "w")


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), file=_OUT, flush=True)


def options(code: int = 0) -> pj.CallOpParam:
    """Options of a call, or of an answer with a status, with sound alone."""
    made = pj.CallOpParam(True)
    made.opt.videoCount = made.opt.textCount = 0
    made.statusCode = code
    return made


class BareAccount(pj.Account):
    def __init__(self, phone: BarePhone) -> None:
        super().__init__()
        self.context = phone

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        tell("registration", code=prm.code, reason=prm.reason)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self.context.called(prm.callId)


class BarePhone:
    """Phone without a sound device; `keying` is its account's."""

    keying = Keying.SDES

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.endpoint = pj.Endpoint()
        self.account = BareAccount(self)

    @classmethod
    def main(cls) -> None:
        # PJSIP writes its log to standard output.
        os.dup2(2, 1)
        gc.disable()
        cls(json.loads(sys.argv[1])).run()

    def run(self) -> None:
        raise NotImplementedError

    def called(self, pjsip_id: int) -> None:
        """Take a call that comes in."""
        raise NotImplementedError

    def begin(self) -> None:
        """Start PJSIP, and register."""
        setup = self._setup()
        role = Role.SECURE if setup.transport is Transport.TLS else Role.OPEN
        ep.start(self.endpoint, Configure(role, "bare", Audio(), silent=True))
        self.endpoint.audDevManager().setNullDev()
        transport = create_transport(self.endpoint, Means.of(setup), Network())
        self.account.create(account_config(setup, transport, Network()))
        self.account.setRegistration(True)

    def turn(self) -> None:
        self.endpoint.libHandleEvents(_POLL_MS)

    def end(self) -> None:
        """End PJSIP, once its objects are gone."""
        gc.collect()
        self.endpoint.libDestroy()

    def fail(self, _error: Exception) -> None:
        traceback.print_exc()
        os._exit(70)

    def _setup(self) -> AccountSetup:
        user, domain, server = (self.settings[name] for name in ("user", "domain", "server"))
        transport = Transport(self.settings.get("transport", Transport.TLS))
        host, port = parse_host_port(server)
        target = Target(host, port or transport.default_port)
        return AccountSetup(
            name=user,
            user=user,
            domain=domain,
            instance="urn:uuid:00000000-0000-4000-8000-000000000000",
            transport=transport,
            server_name=target.address,
            target=target,
            registrar=domain,
            credentials=Credentials(user, self.settings["password"]),
            trust=Trust(self.settings["ca_file"]) if transport is Transport.TLS else None,
            keying=self.keying,
        )
