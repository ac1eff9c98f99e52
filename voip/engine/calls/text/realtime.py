"""Real-time text of the calls (RFC 4103): passed on, and kept until the call ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.calls.text.typed_text import TypedText
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.model import CallState
from voip.protection import Lock
from voip.protocol.people import MOST_CHARACTERS, RealtimeText, RealtimeTextEvent
from voip.protocol.worker.calls import RealtimeTextReceived, TypeText
from voip.protocol.worker.process import AnyWorkerCommand
from voip.security.text import acts
from voip.texts import ERASE, NEW_LINE, TypedLines, with_typed

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


@dataclass
class _Conversation:
    theirs: TypedText = field(default_factory=TypedText)
    lines: TypedLines = ()
    pieces: int = 0


class RealtimeTexts:
    """Text that both sides of each call have typed."""

    def __init__(
        self,
        book: CallBook,
        hub: Hub,
        ask: Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]],
    ) -> None:
        self._hub = hub
        self._ask = ask
        self._conversations: dict[int, _Conversation] = {}
        book.follow(self._forget_ended)

    def typed(self, call: LiveCall) -> RealtimeText:
        found = self._conversations.get(call.id, _Conversation())
        return RealtimeText(lines=found.lines, pieces=found.pieces)

    async def send(self, call: LiveCall, text: str) -> None:
        """Send what the user has typed.

        Raises:
            Refusal: the call has no real-time text now, or `text` cannot be sent.
        """
        _check(call, text)
        await self._ask(call, TypeText(call=call.number, text=text))
        self._add(call, ours=True, text=text)

    def on_received(self, call: LiveCall, event: RealtimeTextReceived) -> None:
        """Pass on what the far end has typed."""
        # Without SRTP where it is demanded, anybody may have typed it.
        if not call.has_realtime_text:
            return
        text = self._of(call).theirs.read(event.text)
        if text:
            self._add(call, ours=False, text=text)

    def _of(self, call: LiveCall) -> _Conversation:
        return self._conversations.setdefault(call.id, _Conversation())

    def _add(self, call: LiveCall, ours: bool, text: str) -> None:
        conversation = self._of(call)
        conversation.lines = with_typed(conversation.lines, ours, text)
        conversation.pieces += 1
        self._hub.publish(
            RealtimeTextEvent(call=str(call.id), ours=ours, text=text, piece=conversation.pieces)
        )

    def _forget_ended(self, call: LiveCall, _lock: Lock) -> None:
        if call.ended is not None:
            self._conversations.pop(call.id, None)


def _check(call: LiveCall, text: str) -> None:
    if call.ended is not None or not call.state.answered:
        words = f"call {call.id} is {call.state.words}: nothing can be written in it now"
        raise Refusal("wrong_state", words)
    if not call.has_realtime_text:
        words = (
            f"call {call.id} has no real-time text: account {call.account} does not offer it "
            "(“realtime_text”), or the far end did not accept it"
        )
        raise Refusal("no_realtime_text", words)
    if call.state is not CallState.ACTIVE:
        words = f"call {call.id} is {call.state.words}: write when it is resumed"
        raise Refusal("wrong_state", words)
    if not text or len(text) > MOST_CHARACTERS:
        words = f"call {call.id}: 1 to {MOST_CHARACTERS} characters can be sent at once"
        raise Refusal("bad_text", words)
    if any(acts(char) for char in text if char not in f"{NEW_LINE}{ERASE}{_JOINERS}"):
        words = f"call {call.id}: the text has characters that cannot be shown, and was not sent"
        raise Refusal("bad_text", words)
