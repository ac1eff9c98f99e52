"""Hold of a call, and its move to another address of this phone.

A held call is cut off here at once; then the far end gets an offer.
"""

from __future__ import annotations

import sys
from typing import Protocol

import pjsua2 as pj

from voip.causes import Cause, CauseKind
from voip.model import CallState, HeldBy
from voip.protocol.worker.calls import HoldEvent
from voip.worker.calls.hold_offers import UNREACHED, HoldOffers
from voip.worker.context import Context
from voip.worker.media.bridge import CallMedia

_EINVALIDOP = 70013  # pj/errno.h

_MOVED = pj.PJSUA_CALL_UPDATE_CONTACT | pj.PJSUA_CALL_UPDATE_VIA
"""Parts of the dialog that an offer from a new address changes."""

_ENDS_CALL = (pj.PJSIP_SC_REQUEST_TIMEOUT, pj.PJSIP_SC_CALL_TSX_DOES_NOT_EXIST)
"""Answers that end a call (RFC 3261 section 12.2.1.2)."""


class HeldCall(Protocol):
    """A call as its hold sees it."""

    context: Context
    number: int
    incoming: bool
    ended: bool
    cause: Cause | None
    media: CallMedia

    def getInfo(self) -> pj.CallInfo: ...

    def setHold(self, prm: pj.CallOpParam) -> None: ...

    def reinvite(self, prm: pj.CallOpParam) -> None: ...

    def options(self) -> pj.CallOpParam: ...

    def give_up(self, cause: Cause) -> None: ...

    def give_voice(self, on: bool) -> None: ...

    def report_media(self) -> None: ...


class CallHold:
    """Hold of one call, by either side.

    `hears`: the session in force lets the far end send.
    """

    def __init__(self, call: HeldCall) -> None:
        self._call = call
        self._offers = HoldOffers(outgoing=not call.incoming)
        self._session: HeldBy | None = None
        self._renews_media = False
        self._is_stranded = False
        self.hears = False

    @property
    def held_by(self) -> HeldBy | None:
        """Side that holds; ours from the moment that the user asks.

        A resumed call stays on hold until its far end agrees.
        """
        us = self._offers.on_hold or self._offers.busy() or self._is_agreed
        return HeldBy.of(us=us, them=self._session in (HeldBy.THEM, HeldBy.BOTH))

    @property
    def state(self) -> CallState:
        """State of an answered call with its media up."""
        held_by = self.held_by
        return held_by.state if held_by else CallState.ACTIVE

    def ask(self, on: bool, voice: bool = True) -> None:
        """Cut the call off or connect it at once; then ask the far end.

        A resumed call gets the microphone only with `voice`.
        """
        self._offers.want(on)
        self._call.give_voice(voice and not on)
        self._cut()
        self.follow()
        self._call.report_media()

    @property
    def is_changing(self) -> bool:
        """True if an offer is to be made or waits for its answer."""
        return self._offers.pending()

    @property
    def moves(self) -> bool:
        """True while the far end has yet to learn this phone's new address."""
        return self._offers.moves

    def move(self, media: bool) -> None:
        """Tell the far end this phone's address of now, with new `media` or the old."""
        self._renews_media |= media
        self._offers.move()
        self.follow()

    def note(self, info: pj.CallInfo) -> None:
        """Read the session in force: which side holds (RFC 3264 section 8.4)."""
        here = there = self.hears = False
        for media in info.media:
            held_here = media.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
            held_there = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            sends = bool(media.dir & pj.PJMEDIA_DIR_ENCODING)
            here |= held_here
            self.hears |= bool(media.dir & pj.PJMEDIA_DIR_DECODING)
            # PJSIP reports a stream that both hold as ours alone, but inactive.
            there |= held_there or (held_here and not sends)
        self._session = HeldBy.of(us=here, them=there)

    def follow(self) -> None:
        """Make the offer that is due, if any."""
        call, offers = self._call, self._offers
        if call.ended:
            return
        if self._is_stranded:
            # PJSIP has given up the media of the old address.
            self._is_stranded = False
            call.give_up(call.cause or Cause(CauseKind.NOT_MOVED))
            return
        if offers.is_late():
            if not offers.on_hold:
                # A late answer would resume a call that is shown as held.
                offers.want(True)
            self._refused(0, "no answer came in time")
        if not offers.due():
            return
        if call.getInfo().state != pj.PJSIP_INV_STATE_CONFIRMED:
            if not offers.postpone():
                self._refused(0, "the call was not answered in time")
            return
        if offers.on_hold == self._is_agreed and not offers.moves:
            offers.settle()
            self._report(True, 0, "")
            return
        options = call.options()
        # A new hold comes before the new address: PJSIP offers them apart.
        holds = offers.on_hold and not self._is_agreed
        if offers.moves:
            options.opt.flag |= _MOVED
            if self._renews_media and not holds:
                options.opt.flag |= pj.PJSUA_CALL_REINIT_MEDIA
        try:
            if holds:
                call.setHold(options)
            else:
                if not offers.on_hold:
                    options.opt.flag |= pj.PJSUA_CALL_UNHOLD
                call.reinvite(options)
        except pj.Error as error:
            # Another offer is under way in either direction (RFC 3261 section 14.1).
            if error.status == _EINVALIDOP and offers.postpone():
                return
            for_hold = offers.for_hold
            offers.settle()
            if for_hold:
                self._refused(0, str(error.reason))
            self._is_stranded = offers.moves and self._renews_media
        else:
            offers.offered(tells_address=offers.moves and not holds)

    def on_answer(self, code: int, reason: str) -> None:
        """Use the final response to an INVITE of ours."""
        offers = self._offers
        for_hold, moved = offers.for_hold, offers.moves
        if self._call.ended or not offers.answered(code):
            return
        if code in _ENDS_CALL and not (moved and code in UNREACHED):
            # The call is ending: its end answers the user's request too.
            self._call.cause = self._call.cause or Cause(CauseKind.BROKEN_OFF, (code, ""))
        elif not for_hold:
            self._end_move(code)
        elif code < pj.PJSIP_SC_MULTIPLE_CHOICES:
            self._report(self._is_agreed == self._offers.on_hold, code, reason)
        else:
            self._refused(code, reason)

    def _end_move(self, code: int) -> None:
        """Note the answer to an offer from another address, and nothing else."""
        if not self._offers.moves:
            self._renews_media = False
        elif code not in UNREACHED:
            self._offers.moves = False
            self._is_stranded = self._renews_media

    @property
    def _is_agreed(self) -> bool:
        """True if we hold in the session in force."""
        return self._session is not None and self._session.here

    def _refused(self, code: int, reason: str) -> None:
        # A call that cannot be resumed would look active without any sound.
        self._offers.on_hold = True
        self._call.media.give_voice(False)
        self._report(False, code, reason)

    def _cut(self) -> None:
        try:
            self._call.media.hold(self.state is CallState.HELD)
        except pj.Error as error:
            # Raised in PJSIP's callback, it would end the worker and all calls.
            words = f"worker: call {self._call.number} has no sound: {error.reason}"
            print(words, file=sys.stderr)

    def _report(self, agreed: bool, code: int, reason: str) -> None:
        self._cut()
        self._call.context.send(
            HoldEvent(
                call=self._call.number,
                agreed=agreed,
                held=self._offers.on_hold,
                code=code,
                reason=reason[:1024],
            )
        )
        self._call.report_media()
