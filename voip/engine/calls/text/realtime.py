"""Real-time text of the calls (RFC 4103): passed on, and kept if the account asks for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.calls.text.kept import KeptTexts
from voip.engine.calls.text.typed_text import TypedText
from voip.engine.errors import Refusal
from voip.engine.history.log import HistoryError
from voip.engine.hub import Hub
from voip.model import CallState, rfc3339
from voip.protection import Lock
from voip.protocol.people import MOST_CHARACTERS, RealtimeText, RealtimeTextEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.calls import RealtimeTextReceived, TypeText
from voip.protocol.worker.process import AnyWorkerCommand
from voip.security.text import acts
from voip.texts import ERASE, NEW_LINE, TypedLine, TypedLines, all_with_typed, newest

log = logging.getLogger(__name__)

_SAVE_S = 5.0
"""Seconds of text that a crash may lose."""

_MOST_KEPT = 20_000
"""Lines of a call that are kept: a far end could fill the disk."""

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


@dataclass
class _Conversation:
    """Text of a call: its newest lines, of which the first has the place `first`.

    `unsaved` has lines to write by their places, None for one that is gone.
    """

    is_kept: bool
    theirs: TypedText = field(default_factory=TypedText)
    lines: TypedLines = ()
    first: int = 0
    pieces: int = 0
    unsaved: dict[int, TypedLine | None] = field(default_factory=dict)
    is_shorter: bool = False
    is_saved: bool = False
    timer: asyncio.TimerHandle | None = None

    def add(self, ours: bool, text: str) -> None:
        """Change the lines as one side has typed."""
        before = self.lines
        after = all_with_typed(before, ours, text, rfc3339(time.time()))
        if self.is_kept:
            self.is_shorter |= ERASE in text
            for place in range(max(len(before), len(after))):
                was = before[place] if place < len(before) else None
                line = after[place] if place < len(after) else None
                if was is not line and self.first + place < _MOST_KEPT:
                    self.unsaved[self.first + place] = line
        self.lines = newest(after)
        self.first += len(after) - len(self.lines)
        self.pieces += 1


class RealtimeTexts:
    """Text that both sides of each call have typed."""

    def __init__(
        self,
        book: CallBook,
        hub: Hub,
        ask: Callable[[LiveCall, AnyWorkerCommand], Awaitable[None]],
        kept: KeptTexts,
    ) -> None:
        self._hub = hub
        self._ask = ask
        self._kept = kept
        self._conversations: dict[int, _Conversation] = {}
        book.follow(self._forget_ended)

    def close(self) -> None:
        """Close the log's file, after the last call."""
        self._kept.close()

    def typed(self, call: LiveCall) -> RealtimeText:
        """Return the newest lines of a call that has not ended."""
        now = self._conversations.get(call.id, _Conversation(is_kept=False))
        return RealtimeText(lines=now.lines, pieces=now.pieces, first=now.first)

    async def kept(self, call_id: int, before: int | None) -> RealtimeText:
        """Return the last lines that were kept of a call, or the last before a place.

        Raises:
            HistoryError: the file cannot be read.
        """
        first, lines = await asyncio.to_thread(self._kept.lines, call_id, before)
        return RealtimeText(lines=lines, first=first)

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
        found = self._conversations.get(call.id)
        if found is None:
            found = _Conversation(self._kept.wants(call.account))
            self._conversations[call.id] = found
        return found

    def _add(self, call: LiveCall, ours: bool, text: str) -> None:
        conversation = self._of(call)
        conversation.add(ours, text)
        if not conversation.is_saved:
            # At once: the row of a short call must tell that there is text.
            self._save(call.id, conversation)
        elif conversation.unsaved and conversation.timer is None:
            conversation.timer = asyncio.get_running_loop().call_later(
                _SAVE_S, self._save, call.id, conversation
            )
        self._hub.publish(
            RealtimeTextEvent(call=str(call.id), ours=ours, text=text, piece=conversation.pieces)
        )

    def _save(self, call_id: int, conversation: _Conversation) -> None:
        if conversation.timer is not None:
            conversation.timer.cancel()
            conversation.timer = None
        if not conversation.unsaved:
            return
        unsaved, conversation.unsaved = conversation.unsaved, {}
        shorter, conversation.is_shorter = conversation.is_shorter, False
        conversation.is_saved = True
        try:
            self._kept.write(call_id, unsaved, shorter)
        except HistoryError as error:
            # A full disk must not end a call. A gap in what is kept would not be seen.
            conversation.is_kept = False
            words = f"call {call_id}: what is written from now on is not kept: {error}"
            log.error("%s", words)
            self._hub.publish(NoticeEvent(level="error", text=words))

    def _forget_ended(self, call: LiveCall, _lock: Lock) -> None:
        conversation = self._conversations.get(call.id)
        if call.ended is not None and conversation is not None:
            self._save(call.id, conversation)
            del self._conversations[call.id]


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
