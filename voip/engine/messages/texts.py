"""Text messages of all accounts: kept, then answered; sent, with their end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from voip.background import Background
from voip.causes import Cause, CauseKind
from voip.engine.calls.placing import Servers
from voip.engine.calls.reports import FindConnection, People
from voip.engine.errors import Refusal
from voip.engine.history.log import UNDO_S, HistoryError
from voip.engine.hub import Hub
from voip.engine.intake import asserted, party
from voip.engine.messages.sending import Sending
from voip.engine.messages.store import NewText, TextStore
from voip.engine.reception.blocked import BlockedCallers
from voip.engine.registration.live import Live
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.model import Direction, Party
from voip.protection import Transport
from voip.protocol.people import MessageEvent, UnreadEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.messages import (
    AnswerText,
    AnyTextEvent,
    SendText,
    TextReceived,
    TextSent,
)
from voip.security.text import clean, clean_lines
from voip.sip.messages import texts
from voip.texts import TextMessage, TextState

log = logging.getLogger(__name__)

MOST_BYTES = {Transport.UDP: 500, Transport.TCP: 4_000, Transport.TLS: 4_000}
"""Longest text in bytes: over UDP the whole request has to fit in 1,300 (RFC 3428)."""

_OK = 200
_NOT_ALLOWED = 405
_UNAVAILABLE = 503
_DECLINE = 603


class Texts:
    """Text messages: those that are received are kept before they are answered.

    `find_connection` returns SIP connections that workers reported, `find_live` an
    account by name, `servers` its targets; `people` names the senders, `blocked` lists
    those to decline.
    """

    def __init__(
        self,
        hub: Hub,
        path: Path,
        workers: dict[Role, Supervisor],
        find_connection: FindConnection,
        people: People,
        blocked: BlockedCallers,
        find_live: Callable[[str], Live | None],
        servers: Servers,
    ) -> None:
        """Prepare to use a log that a `History` has opened already.

        Raises:
            HistoryError: the file cannot be used.
        """
        self._hub = hub
        self.store = TextStore(path)
        self._workers = workers
        self._find_connection = find_connection
        self._people = people
        self._blocked = blocked
        self._find_live = find_live
        self._background = Background()
        self.sending = Sending(workers, servers)
        self._undo: asyncio.TimerHandle | None = None
        self.unread = self.store.unread()

    async def close(self) -> None:
        """Close the store; texts that are still sent count as failed."""
        if self._undo is not None:
            self._undo.cancel()
        await asyncio.to_thread(self._fail_unfinished)
        self.store.close()

    def mark_interrupted(self) -> None:
        """Note that texts of an engine that crashed were not seen to arrive."""
        self._fail_unfinished()

    def _fail_unfinished(self) -> None:
        with contextlib.suppress(HistoryError):
            self.store.fail_unfinished(Cause(CauseKind.PHONE_STOPPED))

    # Received

    def on_event(self, role: Role, event: AnyTextEvent) -> None:
        """Keep and answer a text, or note the end of one that was sent."""
        if isinstance(event, TextReceived):
            self._background.begin(self._receive(role, event))
        else:
            self.sending.on_sent(event)

    async def _receive(self, role: Role, event: TextReceived) -> None:
        code, kept = await self._keep(role, event)
        with contextlib.suppress(WorkerRefused, WorkerGone):
            await self._workers[role].ask(AnswerText(number=event.number, code=code))
        if kept is not None:
            self.unread += 1
            self._hub.publish(MessageEvent(message=kept))
            self._hub.publish(UnreadEvent(unread=self.unread))

    async def _keep(self, role: Role, event: TextReceived) -> tuple[int, TextMessage | None]:
        """Keep a text; return the answer to its request, and the text if it is new."""
        live = self._find_live(event.account)
        if live is None or live.account is None or not live.account.text_messages:
            return _NOT_ALLOWED, None
        connection = self._find_connection(role, event.connection)
        claimed = party(event.remote)
        sender = self._people.caller(asserted(event.asserted, claimed), event.account, connection)
        for one in (claimed, sender):
            if self._blocked.of(one.uri, event.account, connection):
                return _DECLINE, None
        try:
            body = texts.read(event.content_type, event.content_encoding, event.body)
        except texts.Unreadable as error:
            return error.code, None
        text = clean_lines(body.text)
        if not text:
            return _OK, None
        new = NewText(
            account=event.account,
            thread=self.thread_of(sender.uri, event.account),
            remote=sender,
            direction=Direction.IN,
            text=text,
            time=time.time(),
            says_from=clean(body.says_from) if body.says_from else None,
            mark=event.mark,
        )
        try:
            return _OK, await asyncio.to_thread(self.store.add, new)
        except HistoryError as error:
            log.error("a text could not be kept, and was not accepted: %s", error)
            notice = "a text could not be kept, and its sender was told so: is the disk full?"
            self._hub.publish(NoticeEvent(level="error", text=notice))
            return _UNAVAILABLE, None

    def thread_of(self, uri: str, account: str) -> str:
        """One spelling of an address, which its texts to and from an account share."""
        return self._blocked.canonical(uri, account) or uri

    # Sent

    async def send(
        self, role: Role, account: str, transport: Transport, uri: str, remote: Party, text: str
    ) -> TextMessage:
        """Send a text and return it with its end; it goes on without the client.

        Raises:
            Refusal: it cannot be sent.
            HistoryError: it cannot be kept.
        """
        check(text, transport)
        return await asyncio.shield(
            self._background.begin(self._send(role, account, transport, uri, remote, text))
        )

    async def _send(
        self, role: Role, account: str, transport: Transport, uri: str, remote: Party, text: str
    ) -> TextMessage:
        new = NewText(
            account=account,
            thread=self.thread_of(remote.uri, account),
            remote=remote,
            direction=Direction.OUT,
            text=clean_lines(text),
            time=time.time(),
        )
        kept = await asyncio.to_thread(self.store.add, new)
        if kept is None:
            raise HistoryError("the text could not be kept")
        self._hub.publish(MessageEvent(message=kept))
        command = SendText(number=int(kept.id), account=account, uri=uri, text=text)
        result = await self.sending.send(role, transport, command)
        return await self._finish(kept, result)

    async def _finish(self, kept: TextMessage, result: TextSent | Cause) -> TextMessage:
        state, code, cause = _ending(result)
        ended = await asyncio.to_thread(self.store.finish, int(kept.id), state, code, cause)
        if ended is None:
            raise Refusal("deleted", "the text was deleted while it was sent")
        self._hub.publish(MessageEvent(message=ended))
        return ended

    # Read and deleted

    async def mark_read(self, account: str, address: str) -> int:
        """Note that a thread was read; return how many of its texts were not.

        Raises:
            HistoryError: the file cannot be written.
        """
        thread = self.thread_of(address, account)
        return await self._changed(await asyncio.to_thread(self.store.mark_read, account, thread))

    async def delete(self, ids: Sequence[int]) -> int:
        """Delete texts; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        return await self._delete(lambda: self.store.delete(ids))

    async def delete_thread(self, account: str, address: str) -> int:
        """Delete the texts with one person; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        thread = self.thread_of(address, account)
        return await self._delete(lambda: self.store.delete_thread(account, thread))

    async def delete_all(self, account: str | None, newest: int) -> int:
        """Delete the texts of one account or of all, up to one; return how many there were.

        Raises:
            HistoryError: the file cannot be written.
        """
        return await self._delete(lambda: self.store.delete_all(account, newest))

    async def restore(self) -> int:
        """Bring back the texts of the last deletion; return how many.

        Raises:
            Refusal: there are none.
            HistoryError: the file cannot be written.
        """
        count = await asyncio.to_thread(self.store.restore)
        if not count:
            raise Refusal(
                "nothing_deleted",
                "there is nothing to bring back: a deleted text can be brought back for a "
                "minute, and only what was deleted last",
            )
        return await self._changed(count)

    async def _delete(self, delete: Callable[[], int]) -> int:
        if self._undo is not None:
            self._undo.cancel()
        try:
            count = await asyncio.to_thread(delete)
        finally:
            later = asyncio.get_running_loop().call_later
            self._undo = later(UNDO_S, self.store.forget_deleted)
        return await self._changed(count)

    async def _changed(self, count: int) -> int:
        if count:
            self.unread = await asyncio.to_thread(self.store.unread)
            self._hub.publish(UnreadEvent(unread=self.unread))
        return count


def check(text: str, transport: Transport) -> None:
    """Check a text that a person wants to send.

    Raises:
        Refusal: it is empty, too long, or holds control characters.
    """
    if not text.strip():
        raise Refusal("bad_text", "there is nothing to send")
    if any(ord(char) < ord(" ") and char not in "\n\t" for char in text):
        raise Refusal("bad_text", "the text holds control characters")
    size, most = len(text.encode("utf-8", "replace")), MOST_BYTES[transport]
    if size > most:
        raise Refusal(
            "bad_text",
            f"the text has {size:,} bytes, and one text takes {most:,} over "
            f"{transport.value.upper()}: send it in parts",
        )


def _ending(result: TextSent | Cause) -> tuple[TextState, int | None, Cause | None]:
    if isinstance(result, Cause):
        return TextState.FAILED, None, result
    code = result.code
    if code // 100 == 2:
        return (TextState.ACCEPTED if code == 202 else TextState.DELIVERED), code, None
    cause = result.cause or Cause(CauseKind.TEXT_REFUSED, (code, result.reason))
    return TextState.FAILED, code, cause
