"""Commands about text messages and real-time text."""

from __future__ import annotations

import asyncio

from voip.engine.commands import rows
from voip.engine.commands.calls import account_of, line_to
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.messages.store import Which
from voip.protocol.people import (
    DeleteAllMessages,
    DeleteMessages,
    DeleteThread,
    GetMessages,
    GetRealtimeText,
    GetThreads,
    MarkRead,
    Messages,
    MessagesDeleted,
    MessagesRestored,
    RealtimeText,
    RestoreMessages,
    SendMessage,
    SendRealtimeText,
    Threads,
)
from voip.sip import dialing
from voip.texts import TextMessage


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
    with rows.refusals():
        return await engine.texts.send(
            line.role, line.account, line.transport, line.uri, line.remote, command.text
        )


async def _messages(engine: Engine, command: GetMessages) -> Messages:
    if command.address is not None and command.account is None:
        raise Refusal("bad_request", "an address is one of an account: name both")
    thread = None
    if command.address is not None and command.account is not None:
        thread = engine.texts.thread_of(command.address, command.account)
    which = Which(command.account, thread, command.search, command.unread)
    before = None if command.before is None else _number(command.before)
    with rows.refusals():
        found = await asyncio.to_thread(
            engine.texts.store.messages, which, rows.limit_of(command.limit), before
        )
    return rows.fitting(found, lambda some: Messages(some, engine.texts.unread))


async def _threads(engine: Engine, command: GetThreads) -> Threads:
    with rows.refusals():
        found = await asyncio.to_thread(engine.texts.store.threads, rows.limit_of(command.limit))
    return rows.fitting(found, lambda some: Threads(some, engine.texts.unread))


async def _mark_read(engine: Engine, command: MarkRead) -> None:
    with rows.refusals():
        await engine.texts.mark_read(command.account, command.address)


async def _delete(engine: Engine, command: DeleteMessages) -> MessagesDeleted:
    numbers = [_number(text) for text in command.messages]
    with rows.refusals():
        return MessagesDeleted(await engine.texts.delete(numbers))


async def _delete_thread(engine: Engine, command: DeleteThread) -> MessagesDeleted:
    with rows.refusals():
        return MessagesDeleted(await engine.texts.delete_thread(command.account, command.address))


async def _delete_all(engine: Engine, command: DeleteAllMessages) -> MessagesDeleted:
    with rows.refusals():
        return MessagesDeleted(
            await engine.texts.delete_all(command.account, _number(command.newest))
        )


async def _restore(engine: Engine, command: RestoreMessages) -> MessagesRestored:
    with rows.refusals():
        return MessagesRestored(await engine.texts.restore())


async def _type(engine: Engine, command: SendRealtimeText) -> None:
    await engine.calls.realtime_texts.send(engine.calls.find(command.call), command.text)


async def _typed(engine: Engine, command: GetRealtimeText) -> RealtimeText:
    texts, call = engine.calls.realtime_texts, engine.book.find(command.call)
    if call is not None and command.before is None:
        return texts.typed(call)
    number = rows.number_of(command.call)
    with rows.refusals():
        found = await texts.kept(number, command.before) if number is not None else RealtimeText(())
    if not found.lines and command.before is None:
        raise Refusal(
            "no_text",
            f"no real-time text of call {command.call} is kept: an account keeps that of its "
            "calls with “keep_realtime_text”",
        )
    return found


def _number(text: str) -> int:
    number = rows.number_of(text)
    if number is None:
        raise Refusal("bad_request", f"“{text}” is not the id of a text")
    return number


HANDLERS: Handlers = {
    SendMessage: _send,
    GetMessages: _messages,
    GetThreads: _threads,
    MarkRead: _mark_read,
    DeleteMessages: _delete,
    DeleteThread: _delete_thread,
    DeleteAllMessages: _delete_all,
    RestoreMessages: _restore,
    SendRealtimeText: _type,
    GetRealtimeText: _typed,
}
