"""Commands about text messages."""

from __future__ import annotations

import asyncio
import re

import msgspec

from voip.engine.commands.calls import account_of, line_to
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.history.log import HistoryError
from voip.engine.messages.store import Which
from voip.protocol.framing import MAX_REPLY
from voip.protocol.people import (
    DeleteMessages,
    DeleteThread,
    GetMessages,
    GetThreads,
    MarkRead,
    Messages,
    MessagesDeleted,
    SendMessage,
    Threads,
)
from voip.sip import dialing
from voip.texts import TextMessage

_MOST = 1000


async def _send(engine: Engine, command: SendMessage) -> TextMessage:
    live = engine.registrations.usable(command.account)
    account_of(live)
    look_ups = engine.look_ups
    try:
        if command.back:
            whom = await look_ups.caller_of(command.target, live, command.account is not None)
        else:
            whom = await look_ups.whom(command.target, live)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error
    line = await line_to(engine, live, whom)
    try:
        return await engine.texts.send(
            line.role, line.account, line.transport, line.uri, line.remote, command.text
        )
    except HistoryError as error:
        raise _failed(error) from error


async def _messages(engine: Engine, command: GetMessages) -> Messages:
    if command.address is not None and command.account is None:
        raise Refusal("bad_request", "an address is one of an account: name both")
    thread = None
    if command.address is not None and command.account is not None:
        thread = engine.texts.thread_of(command.address, command.account)
    which = Which(command.account, thread, command.search, command.unread)
    before = None if command.before is None else _number(command.before)
    limit = max(1, min(command.limit, _MOST))
    try:
        found = await asyncio.to_thread(engine.texts.store.messages, which, limit, before)
    except HistoryError as error:
        raise _failed(error) from error
    page = Messages(found, engine.texts.unread)
    while len(msgspec.json.encode(page)) > MAX_REPLY // 2:
        page = Messages(page.messages[: len(page.messages) // 2], page.unread)
    return page


async def _threads(engine: Engine, command: GetThreads) -> Threads:
    limit = max(1, min(command.limit, _MOST))
    try:
        found = await asyncio.to_thread(engine.texts.store.threads, limit)
    except HistoryError as error:
        raise _failed(error) from error
    page = Threads(found, engine.texts.unread)
    while len(msgspec.json.encode(page)) > MAX_REPLY // 2:
        page = Threads(page.threads[: len(page.threads) // 2], page.unread)
    return page


async def _mark_read(engine: Engine, command: MarkRead) -> None:
    try:
        await engine.texts.mark_read(command.account, command.address)
    except HistoryError as error:
        raise _failed(error) from error


async def _delete(engine: Engine, command: DeleteMessages) -> MessagesDeleted:
    numbers = [_number(text) for text in command.messages]
    try:
        return MessagesDeleted(await engine.texts.delete(numbers))
    except HistoryError as error:
        raise _failed(error) from error


async def _delete_thread(engine: Engine, command: DeleteThread) -> MessagesDeleted:
    try:
        return MessagesDeleted(await engine.texts.delete_thread(command.account, command.address))
    except HistoryError as error:
        raise _failed(error) from error


def _number(text: str) -> int:
    # SQLite has no larger numbers.
    if re.fullmatch(r"[0-9]{1,18}", text) is None:
        raise Refusal("bad_request", f"“{text}” is not the id of a text")
    return int(text)


def _failed(error: HistoryError) -> Refusal:
    return Refusal("history", str(error))


HANDLERS: Handlers = {
    SendMessage: _send,
    GetMessages: _messages,
    GetThreads: _threads,
    MarkRead: _mark_read,
    DeleteMessages: _delete,
    DeleteThread: _delete_thread,
}
