"""Both engines: texts that are written, answered, read and deleted; real-time text."""

from __future__ import annotations

import msgspec
import pytest

from tests.contract.engines.sides import ACCOUNT, BOB, Side
from voip.client.errors import CommandFailed
from voip.model import CallState
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
from voip.texts import TextMessage, TextState

BOB_S = "sip:bob@example.com"


async def test_texts_come_are_answered_and_deleted(side: Side) -> None:
    client = side.engine.client
    await side.register()
    first = await side.writes(BOB, "Are you there?")
    assert (first.text, first.remote.name, first.state) == (
        "Are you there?", "Bob", TextState.RECEIVED,
    )  # fmt: skip
    sent = await client.get(
        SendMessage(target=first.remote.uri, text="I am.", account=ACCOUNT, back=True),
        TextMessage,
    )
    assert (sent.text, sent.state, sent.unread) == ("I am.", TextState.DELIVERED, False)
    kept = await client.get(GetMessages(account=ACCOUNT, address=BOB_S), Messages)
    assert ([text.text for text in kept.messages], kept.unread) == (["I am.", "Are you there?"], 1)
    await client.ask(MarkRead(account=ACCOUNT, address=BOB_S))
    (thread,) = (await client.get(GetThreads(), Threads)).threads
    assert (thread.last.id, thread.messages, thread.unread) == (sent.id, 2, 0)
    deleted = await client.get(DeleteMessages(messages=(sent.id,)), MessagesDeleted)
    assert deleted.count == 1
    deleted = await client.get(DeleteThread(account=ACCOUNT, address=BOB_S), MessagesDeleted)
    assert deleted.count == 1
    assert (await client.get(GetThreads(), Threads)).threads == ()
    restored = await client.get(RestoreMessages(), MessagesRestored)
    assert restored.restored == 1
    (back,) = (await client.get(GetMessages(), Messages)).messages
    assert back == msgspec.structs.replace(first, unread=False)
    with pytest.raises(CommandFailed) as nothing:
        await client.get(RestoreMessages(), MessagesRestored)
    assert nothing.value.kind == "nothing_deleted"
    command = DeleteAllMessages(newest=first.id, account=ACCOUNT)
    assert (await client.get(command, MessagesDeleted)).count == 1


async def test_a_call_without_real_time_text_says_why(side: Side) -> None:
    client = side.engine.client
    await side.register()
    call = await side.dial("100")
    with pytest.raises(CommandFailed) as early:
        await client.ask(SendRealtimeText(call=call, text="a"))
    assert early.value.kind == "wrong_state"
    side.answers(call)
    active = await side.engine.until_call(lambda c: c.state is CallState.ACTIVE)
    assert not active.realtime_text
    with pytest.raises(CommandFailed) as refused:
        await client.ask(SendRealtimeText(call=call, text="a"))
    assert refused.value.kind == "no_realtime_text"
    assert await client.get(GetRealtimeText(call=call), RealtimeText) == RealtimeText(lines=())
    side.hangs_up(call)
    await side.engine.until_logged(call)
    with pytest.raises(CommandFailed) as ended:
        await client.get(GetRealtimeText(call=call), RealtimeText)
    assert ended.value.kind == "no_text"
