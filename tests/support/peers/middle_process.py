"""A telephone system that decrypts between two phones, as a process.

It registers, answers a call with DTLS-SRTP, makes another to `to` with
DTLS-SRTP, and passes on what it hears. Its settings are JSON in its only
argument; it reports events as JSON lines, and ends with its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import select
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
_LOUD_PERCENT = 20

_OUT = os.fdopen(os.dup(1), "w")


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), file=_OUT, flush=True)


class Leg(pj.Call):
    """A call with one of the phones."""

    def __init__(self, middle: Middle, pjsip_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(middle.account, pjsip_id)
        self.context = middle
        self.audio: pj.AudioMedia | None = None
        self.ended = False

    @guarded
    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        self.ended = info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        if self.ended:
            self.audio = None
        tell("call", state=info.stateText, code=info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED and self is self.context.callee:
            self.context.take_caller()

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        self.audio = self.getAudioMedia(-1)
        self.context.join()


class Account(pj.Account):
    def __init__(self, middle: Middle) -> None:
        super().__init__()
        self.context = middle

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        tell("registration", code=prm.code, reason=prm.reason)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self.context.called(prm.callId)


class Middle:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._heard = False
        self.endpoint = pj.Endpoint()
        self.account = Account(self)
        self.caller: Leg | None = None
        self.callee: Leg | None = None

    def run(self) -> None:
        ep.start(self.endpoint, Configure(Role.SECURE, "middle", Audio(), silent=True))
        self.endpoint.audDevManager().setNullDev()
        setup = self._setup()
        transport = create_transport(self.endpoint, Means.of(setup), Network())
        self.account.create(account_config(setup, transport, Network()))
        self.account.setRegistration(True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.endpoint.libHandleEvents(_POLL_MS)
            self._listen()
        self.caller = self.callee = None
        gc.collect()
        self.endpoint.libDestroy()

    def fail(self, _error: Exception) -> None:
        traceback.print_exc()
        os._exit(70)

    def called(self, pjsip_id: int) -> None:
        """Call the other phone when one calls."""
        self.caller, self.callee = Leg(self, pjsip_id), Leg(self)
        self.caller.answer(_options(pj.PJSIP_SC_RINGING))
        self.callee.makeCall(self._settings["to"], _options())

    def take_caller(self) -> None:
        if self.caller is not None:
            self.caller.answer(_options(pj.PJSIP_SC_OK))

    def join(self) -> None:
        """Connect the phones' voices, once both can be heard."""
        legs = [leg.audio for leg in (self.caller, self.callee) if leg and leg.audio]
        if len(legs) == 2:
            legs[0].startTransmit(legs[1])
            legs[1].startTransmit(legs[0])

    def _listen(self) -> None:
        audio = self.caller.audio if self.caller else None
        # pjsua2 has the two the wrong way round: this is the level from the phone.
        if audio is not None and not self._heard and audio.getTxLevel() > _LOUD_PERCENT:
            self._heard = True
            tell("heard")

    def _setup(self) -> AccountSetup:
        user, domain, server = (self._settings[name] for name in ("user", "domain", "server"))
        host, port = parse_host_port(server)
        target = Target(host, port or Transport.TLS.default_port)
        return AccountSetup(
            name="middle",
            user=user,
            domain=domain,
            instance="urn:uuid:00000000-0000-4000-8000-000000000000",
            transport=Transport.TLS,
            server_name=target.address,
            target=target,
            registrar=domain,
            credentials=Credentials(user, self._settings["password"]),
            trust=Trust(self._settings["ca_file"]),
            keying=Keying.DTLS,
        )


def _options(code: int = 0) -> pj.CallOpParam:
    options = pj.CallOpParam(True)
    options.opt.videoCount = options.opt.textCount = 0
    options.statusCode = code
    return options


if __name__ == "__main__":
    # PJSIP writes its log to standard output.
    os.dup2(2, 1)
    gc.disable()
    Middle(json.loads(sys.argv[1])).run()
