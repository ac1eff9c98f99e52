"""`offhook lock` and `offhook compared` as typed."""

from __future__ import annotations

import json

import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from tests.unit.engine.calls.test_locks import answered, report
from voip.protection import Compared, Keying, Sign
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.trust import ComparedList, GetCompared

EMPTY = "nothing compared yet\n"


async def remembered(standin: StandIn) -> int:
    return len((await standin.client.get(GetCompared(), ComparedList)).keys)


@pytest.fixture
async def call(standin: StandIn) -> str:
    """Make a call that has words."""
    return await answered(standin, keying=Keying.DTLS)


async def test_it_shows_the_facts_and_the_words(standin: StandIn, call: str) -> None:
    result = await typed("lock", call)
    assert result.status == 0
    code = (await report(standin, call)).end_to_end
    assert code is not None
    first, *rest = code.words
    assert f"\n1 {first:<10}  2 {rest[0]}" in result.out
    assert "You called: you read words 1 to 4 aloud, they read 5 to 8." in result.out
    assert "Not compared yet." in result.out
    assert "  holds      the account uses TLS: the account says TLS\n" in result.out


async def test_equal_words_are_shown_asked_about_and_remembered(
    standin: StandIn, call: str
) -> None:
    result = await typed("lock", call, "--equal", answer="yes\n")
    assert result.status == 0
    assert result.out.startswith("[sealed] encrypted end to end")
    code = (await report(standin, call)).end_to_end
    assert code is not None
    assert all(word in result.err for word in code.words)
    listed = await typed("compared")
    assert listed.out.startswith("work  100@pbx.example.com  20")
    assert listed.out.endswith(f"  {facts.FINGERPRINTS[1].lower()}\n")
    (key,) = json.loads((await typed("compared", "--json")).out)["keys"]
    assert (key["account"], key["address"]) == ("work", "100@pbx.example.com")


@pytest.mark.parametrize("words", ["no\n", "\n", "y\n"])
async def test_anything_but_yes_notes_nothing(standin: StandIn, call: str, words: str) -> None:
    result = await typed("lock", call, "--equal", answer=words)
    assert result.status == 1
    assert await remembered(standin) == 0


async def test_different_words_open_the_lock_without_a_question(
    standin: StandIn, call: str
) -> None:
    result = await typed("lock", call, "--different", "--json")
    shown = json.loads(result.out)
    assert shown["sign"] == Sign.UNSAFE
    assert shown["end_to_end"]["comparison"]["state"] == Compared.DIFFERENT
    assert await remembered(standin) == 0


async def test_a_call_without_words_cannot_be_answered_for(standin: StandIn) -> None:
    call = await answered(standin)
    for option in ("--equal", "--different"):
        result = await typed("lock", call, option)
        assert result == (1, "", f"offhook: call {call} has no words to compare\n")


async def test_a_caller_without_an_address_is_said_not_to_be_remembered(
    standin: StandIn,
) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", "<sip:anonymous@anonymous.invalid>")
    await standin.client.ask(AnswerCall(call=call))
    standin.remote_answers(call, keying=Keying.DTLS)
    await standin.reaches_call(call, lambda c: c.lock.comparison is not None)
    result = await typed("lock", call, "--equal", answer="yes\n")
    assert "they gave no address to remember: your answer holds for this call" in result.err
    assert (await typed("compared")).out == EMPTY


async def test_a_far_end_is_forgotten_by_account_and_address(standin: StandIn, call: str) -> None:
    await typed("lock", call, "--equal", answer="yes\n")
    wrong = await typed("compared", "--forget", "work", "101")
    assert wrong.status == 1
    assert await remembered(standin) == 1
    gone = await typed("compared", "--forget", "work", "sip:100@pbx.example.com")
    assert (gone.status, gone.out) == (0, EMPTY)


async def test_no_export_of_the_log_holds_a_key(standin: StandIn, call: str) -> None:
    await typed("lock", call, "--equal", answer="yes\n")
    await standin.client.ask(HangUp(call=call))
    await standin.until_logged(call)
    secret = facts.FINGERPRINTS[1].lower().removeprefix("sha-256 ")
    assert secret in (await typed("compared")).out
    for words in (
        ("history", "--export", "csv"),
        ("history", "--export", "json"),
        ("history", "--json"),
        ("doctor", "--json"),
        ("doctor",),
        ("status", "--json"),
    ):
        shown = await typed(*words)
        assert shown.out
        assert secret not in (shown.out + shown.err).lower()


async def test_both_answers_at_once_are_a_mistake(standin: StandIn, call: str) -> None:
    result = await typed("lock", call, "--equal", "--different")
    assert result.status == 2
    assert "not both" in result.err
    assert await remembered(standin) == 0


async def test_the_lock_of_an_account(standin: StandIn) -> None:
    await standin.add_account("work")
    result = await typed("lock", "--account", "work", "--json")
    assert json.loads(result.out)["sign"] == Sign.SERVER
    result = await typed("lock", "--account", "work")
    assert result.out.startswith("[server] ")
    result = await typed("lock", "--account", "work", "--equal")
    assert result.status == 2
    assert "only a CALL has words to compare" in result.err
    for words in ((), ("1", "--account", "work")):
        result = await typed("lock", *words)
        assert result.status == 2
        assert "name a CALL or an --account, and not both" in result.err
