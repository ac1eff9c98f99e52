"""A telephone system that decrypts between two phones, as a process.

It registers, answers a call with DTLS-SRTP, makes another to `to` with
DTLS-SRTP, and passes on what it hears. It ends with its standard input.
"""

from __future__ import annotations

import select
import sys
from typing import Any

import pjsua2 as pj

from tests.support.colleague.bare import BarePhone, options, tell
from voip.protection import Keying
from voip.worker.callbacks import guarded

_LOUD_PERCENT = 20


class Leg(pj.Call):
    """A call with one of the phones."""

    def __init__(self, middle: Middle, pjsip_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(middle.account, pjsip_id)
        self.context = middle
        self.audio: pj.AudioMedia | None = None

    @guarded
    def onCallState(self, _prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.audio = None
        tell("call", state=info.stateText, code=info.lastStatusCode)
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED and self is self.context.callee:
            self.context.take_caller()

    @guarded
    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        self.audio = self.getAudioMedia(-1)
        self.context.join()


class Middle(BarePhone):
    keying = Keying.DTLS

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._heard = False
        self.caller: Leg | None = None
        self.callee: Leg | None = None

    def run(self) -> None:
        self.begin()
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.turn()
            self._listen()
        self.caller = self.callee = None
        self.end()

    def called(self, pjsip_id: int) -> None:
        """Call the other phone when one calls."""
        self.caller, self.callee = Leg(self, pjsip_id), Leg(self)
        self.caller.answer(options(pj.PJSIP_SC_RINGING))
        self.callee.makeCall(self.settings["to"], options())

    def take_caller(self) -> None:
        if self.caller is not None:
            self.caller.answer(options(pj.PJSIP_SC_OK))

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


if __name__ == "__main__":
    Middle.main()
