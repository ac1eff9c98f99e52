"""The minute in which deleted texts can be brought back."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.attached import PATIENCE_S
from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.engine.messages import texts
from voip.engine.messages.store import TextStore
from voip.protocol.people import (
    DeleteMessages,
    GetMessages,
    Messages,
    MessagesRestored,
    RestoreMessages,
    UnreadEvent,
)


async def _came(standin: StandIn) -> str:
    await standin.add_account("work")
    await standin.text_comes("hello")
    await standin.until(UnreadEvent, lambda event: event.unread == 1)
    return (await standin.client.get(GetMessages(), Messages)).messages[0].id


async def test_clients_are_told_of_unread_texts_that_go_and_come_back(standin: StandIn) -> None:
    text = await _came(standin)
    await standin.client.ask(DeleteMessages(messages=(text,)))
    await standin.until(UnreadEvent, lambda event: event.unread == 0)
    position = len(standin.events)
    back = await standin.client.get(RestoreMessages(), MessagesRestored)
    assert back == MessagesRestored(restored=1)
    await standin.until(UnreadEvent, lambda event: event.unread == 1, since=position)
    with pytest.raises(CommandFailed) as nothing:
        await standin.client.get(RestoreMessages(), MessagesRestored)
    assert str(nothing.value) == (
        "there is nothing to bring back: a deleted text can be brought back for a minute, and "
        "only what was deleted last"
    )


async def test_nothing_comes_back_after_the_minute(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "UNDO_S", 0.0)
    over = asyncio.Event()
    forget = TextStore.forget_deleted

    def noted(store: TextStore) -> None:
        forget(store)
        over.set()

    monkeypatch.setattr(TextStore, "forget_deleted", noted)
    text = await _came(standin)
    await standin.client.ask(DeleteMessages(messages=(text,)))
    await asyncio.wait_for(over.wait(), PATIENCE_S)
    with pytest.raises(CommandFailed) as nothing:
        await standin.client.get(RestoreMessages(), MessagesRestored)
    assert nothing.value.kind == "nothing_deleted"
