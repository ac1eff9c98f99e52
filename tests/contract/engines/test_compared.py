"""Both engines: calls without words, and remembered answers."""

from __future__ import annotations

import pytest

from tests.contract.engines.sides import ACCOUNT, Side
from voip.client.errors import CommandFailed
from voip.protection import LockReport
from voip.protocol.client import AnyCommand
from voip.protocol.trust import ComparedList, CompareWords, ForgetCompared, GetCompared, GetLock


async def refusal(side: Side, command: AnyCommand) -> str:
    with pytest.raises(CommandFailed) as refused:
        await side.engine.client.ask(command)
    assert str(refused.value)
    return refused.value.kind


async def test_nothing_is_remembered_of_a_call_without_words(side: Side) -> None:
    await side.register()
    call = await side.dial("100")
    words = ("abandon",) * 8
    for equal in (True, False):
        answer = CompareWords(call=call, words=words, equal=equal)
        assert await refusal(side, answer) == "changed"
    side.answers(call)
    shown = await side.engine.until_call(lambda c: c.lock.closed)
    assert shown.lock.comparison is None
    assert await refusal(side, CompareWords(call=call, words=(), equal=True)) == "changed"
    report = await side.engine.client.get(GetLock(call=call), LockReport)
    assert report.end_to_end is None
    compared = await side.engine.client.get(GetCompared(), ComparedList)
    assert compared.keys == ()


async def test_what_is_not_there_cannot_be_answered_for_or_forgotten(side: Side) -> None:
    await side.register()
    answer = CompareWords(call="99", words=(), equal=True)
    assert await refusal(side, answer) == "no_call"
    for account in (ACCOUNT, "nobody"):
        command = ForgetCompared(account=account, address="100")
        assert await refusal(side, command) == "not_compared"
