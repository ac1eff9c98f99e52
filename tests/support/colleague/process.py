"""A PJSIP phone that transfers and is transferred to, as a process.

It registers, answers every call with the status `answer`, follows each REFER without
a question, and lets a call take the place of another (RFC 3891), as PJSIP does it. In
every call it sends the file `tone`, and writes all that it hears to `recording`. A line
of its standard input answers what rings, and it ends with that.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from typing import Any

import pjsua2 as pj

from tests.support.colleague.bare import BarePhone, options, tell
from voip.worker.callbacks import guarded

_GOODBYE_S = 2.0


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


class Colleague(BarePhone):
    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._calls: list[Call] = []
        self.referred: list[tuple[Call, str]] = []
        self.player = pj.AudioMediaPlayer()
        self.recorder = pj.AudioMediaRecorder()

    def run(self) -> None:
        self.begin()
        self.player.createPlayer(self.settings["tone"])
        self.recorder.createRecorder(self.settings["recording"])
        while not self._has_ended():
            self.turn()
        self.endpoint.hangupAllCalls()
        deadline = time.monotonic() + _GOODBYE_S
        while self._calls and time.monotonic() < deadline:
            self.turn()
        self._calls.clear()
        del self.player, self.recorder
        self.end()

    def called(self, pjsip_id: int) -> None:
        call = self.keep(Call(self, pjsip_id))
        call.answer(options(self.settings["answer"]))

    def _has_ended(self) -> bool:
        """Read the standard input: each piece answers the calls that ring."""
        if not select.select([sys.stdin], [], [], 0)[0]:
            return False
        if not os.read(sys.stdin.fileno(), 100):
            return True
        for call in self._calls:
            if call.getInfo().state == pj.PJSIP_INV_STATE_EARLY:
                call.answer(options(pj.PJSIP_SC_OK))
        return False

    def turn(self) -> None:
        super().turn()
        while self.referred:
            self._follow(*self.referred.pop(0))
        self._calls = [call for call in self._calls if not call.ended]

    def _follow(self, call: Call, target: str) -> None:
        new = self.keep(Call(self))
        new.makeCall(target, options())
        # A transferor who has left learns nothing more.
        with contextlib.suppress(pj.Error):
            call.answerTransfer(new.getId(), 0)

    def keep(self, call: Call) -> Call:
        self._calls.append(call)
        return call


if __name__ == "__main__":
    Colleague.main()
