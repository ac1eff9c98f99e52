"""Sends the tones of a dial string once its call is active."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from voip.background import Background
from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.model import CallState, PostDial
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.calls import Digits
from voip.sip import numbers

_WAIT = ";"
_PAUSE = ","


class PostDialling:
    """Tones of dial strings, a piece up to each “;” at a time.

    `send` reaches the call's worker. The events of a call count its tones and do not
    tell them: they may be a secret.
    """

    def __init__(
        self,
        book: CallBook,
        hub: Hub,
        send: Callable[[LiveCall, Digits], Awaitable[None]],
    ) -> None:
        self._book = book
        self._hub = hub
        self._send = send
        self._background = Background()

    def prepare(self, call: LiveCall, tones: str) -> None:
        """Keep a call's tones until it is active."""
        total = sum(char not in (_PAUSE, _WAIT) for char in tones)
        if total and numbers.can_be_sent(tones):
            call.pieces = tones.split(_WAIT)
            call.post_dial = PostDial(sent=0, total=total)

    def on_active(self, call: LiveCall) -> None:
        """Send the first piece of a call that has become active."""
        if call.post_dial is not None and not call.post_dial.begun:
            call.post_dial = replace(call.post_dial, begun=True)
            self._go_on(call)

    def on_sent(self, call: LiveCall, lost: int) -> None:
        """Wait for the user after a piece, or give up after lost tones."""
        now = call.post_dial
        if now is None or not now.begun or now.waits:
            return
        if lost:
            self._end(call)
            return
        sent = now.sent + sum(char != _PAUSE for char in call.pieces.pop(0))
        call.post_dial = replace(now, sent=sent)
        self._wait(call)

    def let_go_on(self, call: LiveCall) -> None:
        """Send the piece that waits for the user.

        Raises:
            Refusal: none waits, or the call is not active.
        """
        if call.post_dial is None or not call.post_dial.waits:
            raise Refusal("wrong_state", f"no tones wait in call {call.id}")
        if call.state is not CallState.ACTIVE:
            text = f"call {call.id} is {call.state.words}: no tones can be sent now"
            raise Refusal("wrong_state", text)
        call.post_dial = replace(call.post_dial, waits=False)
        self._go_on(call)

    def _go_on(self, call: LiveCall) -> None:
        if not call.pieces[0]:
            call.pieces.pop(0)
            self._wait(call)
            return
        self._book.publish(call)
        self._background.begin(self._send_piece(call, call.pieces[0]))

    def _wait(self, call: LiveCall) -> None:
        """Wait for the user if tones are left, else end."""
        if call.post_dial is None or not any(piece.strip(_PAUSE) for piece in call.pieces):
            self._end(call)
            return
        call.post_dial = replace(call.post_dial, waits=True)
        self._book.publish(call)

    def _end(self, call: LiveCall) -> None:
        call.pieces, call.post_dial = [], None
        self._book.publish(call)

    async def _send_piece(self, call: LiveCall, piece: str) -> None:
        try:
            await self._send(call, Digits(call=call.number, digits=piece))
        except Refusal as error:
            if call.ended is None:
                text = f"the tones of the dial string were not sent: {error}"
                self._hub.publish(NoticeEvent(level="warning", text=text))
                self._end(call)
