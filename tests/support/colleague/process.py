"""A PJSIP phone that transfers and is transferred to, as a process.

It registers, answers every call with the status `answer`, follows each REFER without
a question, and lets a call take the place of another (RFC 3891), as PJSIP does it. In every call
it sends the file `tone`, and records all that it hears. Its settings are JSON in its
only argument; a line of its standard input answers what rings. It reports events as
JSON lines, and ends with its standard input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import sys
import time
import traceback
from typing import Any

import pjsua2 as pj

from voip.protection import Transport
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
_GOODBYE_S = 2.0

_OUT = os.fdopen(os.dup(1), "w")


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), file=_OUT, flush=True)


class Call(pj.Call):
    def __init__(self, colleague: Colleague, pjsip_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(colleague.account, pjsip_id)
        self.context = colleague
        self.ended = False

    @guarded
    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        self.ended = info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        tell("call", state=info.stateText, code=info.lastStatusCode, remote=info.remoteUri)

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        info = self.getInfo()  # its media are part of it, and freed with it
        if any(media.status == pj.PJSUA_CALL_MEDIA_ACTIVE for media in info.media):
            audio = self.getAudioMedia(-1)
            self.context.player.startTransmit(audio)
            audio.startTransmit(self.context.recorder)

    @guarded
    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:  # noqa: N802
        tell("referred", target=prm.dstUri)
        self.context.referred.append((self, prm.dstUri))
        prm.statusCode = pj.PJSIP_SC_ACCEPTED

    @guarded
    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:  # noqa: N802
        prm.newCall = self.context.keep(Call(self.context))


class Account(pj.Account):
    def __init__(self, colleague: Colleague) -> None:
        super().__init__()
        self.context = colleague

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        tell("registration", code=prm.code, reason=prm.reason)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        call = self.context.keep(Call(self.context, prm.callId))
        call.answer(_answer(self.context.answer))


class Colleague:
    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._calls: list[Call] = []
        self.referred: list[tuple[Call, str]] = []
        self.answer: int = settings["answer"]
        self.endpoint = pj.Endpoint()
        self.account = Account(self)
        self.player = pj.AudioMediaPlayer()
        self.recorder = pj.AudioMediaRecorder()

    def run(self) -> None:
        setup = self._setup()
        role = Role.SECURE if setup.transport is Transport.TLS else Role.OPEN
        ep.start(self.endpoint, Configure(role, "colleague", Audio(), silent=True))
        self.endpoint.audDevManager().setNullDev()
        self.player.createPlayer(self._settings["tone"])
        self.recorder.createRecorder(self._settings["recording"])
        transport = create_transport(self.endpoint, Means.of(setup), Network())
        self.account.create(account_config(setup, transport, Network()))
        self.account.setRegistration(True)
        while not self._has_ended():
            self._turn()
        self.endpoint.hangupAllCalls()
        deadline = time.monotonic() + _GOODBYE_S
        while self._calls and time.monotonic() < deadline:
            self._turn()
        self._calls.clear()
        del self.player, self.recorder
        gc.collect()
        self.endpoint.libDestroy()

    def _has_ended(self) -> bool:
        """Read the standard input: each piece answers the calls that ring."""
        if not select.select([sys.stdin], [], [], 0)[0]:
            return False
        if not os.read(sys.stdin.fileno(), 100):
            return True
        for call in self._calls:
            if call.getInfo().state == pj.PJSIP_INV_STATE_EARLY:
                call.answer(_answer(pj.PJSIP_SC_OK))
        return False

    def _turn(self) -> None:
        self.endpoint.libHandleEvents(_POLL_MS)
        while self.referred:
            self._follow(*self.referred.pop(0))
        self._calls = [call for call in self._calls if not call.ended]

    def _follow(self, call: Call, target: str) -> None:
        new = self.keep(Call(self))
        new.makeCall(target, _answer(0))
        # A transferor who has left learns nothing more.
        with contextlib.suppress(pj.Error):
            call.answerTransfer(new.getId(), 0)

    def keep(self, call: Call) -> Call:
        self._calls.append(call)
        return call

    def fail(self, _error: Exception) -> None:
        traceback.print_exc()
        os._exit(70)

    def _setup(self) -> AccountSetup:
        user, domain, server = (self._settings[name] for name in ("user", "domain", "server"))
        transport = Transport(self._settings["transport"])
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
            credentials=Credentials(user, self._settings["password"]),
            trust=Trust(self._settings["ca_file"]) if transport is Transport.TLS else None,
        )


def _answer(code: int) -> pj.CallOpParam:
    options = pj.CallOpParam(True)
    options.opt.videoCount = options.opt.textCount = 0
    options.statusCode = code
    return options


if __name__ == "__main__":
    # PJSIP writes its log to standard output.
    os.dup2(2, 1)
    gc.disable()
    Colleague(json.loads(sys.argv[1])).run()
