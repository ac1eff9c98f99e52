"""`offhook lock` and `offhook compared` as they are typed."""

from __future__ import annotations

import asyncio
import json

import pytest
from click.testing import CliRunner, Result

from tests.support import standin_facts as facts
from tests.support.standin import StandIn
from tests.unit.engine.calls.test_locks import answered, report
from voip.cli.app import offhook
from voip.client.starting import CommandFailed
from voip.protection import Compared, Keying, Sign
from voip.protocol import client as told

EMPTY = "nothing compared yet\n"


async def run(*words: str, text: str = "") -> Result:
    # The command has an event loop of its own.
    return await asyncio.to_thread(CliRunner().invoke, offhook, list(words), input=text)


async def remembered(standin: StandIn) -> int:
    return len((await standin.client.get(told.GetCompared(), told.ComparedList)).keys)


@pytest.fixture
async def call(standin: StandIn) -> str:
    """A call that has words."""
    return await answered(standin, keying=Keying.DTLS)


async def test_it_shows_the_facts_and_the_words(standin: StandIn, call: str) -> None:
    result = await run("lock", call)
    assert result.exit_code == 0
    code = (await report(standin, call)).end_to_end
    assert code is not None
    first, *rest = code.words
    assert f"\n1 {first:<10}  2 {rest[0]}" in result.stdout
    assert "You called: you read words 1 to 4 aloud, they read 5 to 8." in result.stdout
    assert "Not compared yet." in result.stdout
    assert "  holds      the account uses TLS: the account says TLS\n" in result.stdout


async def test_equal_words_are_shown_asked_about_and_remembered(
    standin: StandIn, call: str
) -> None:
    result = await run("lock", call, "--equal", text="yes\n")
    assert result.exit_code == 0
    assert result.stdout.startswith("[sealed] encrypted end to end")
    code = (await report(standin, call)).end_to_end
    assert code is not None
    assert all(word in result.stderr for word in code.words)
    listed = await run("compared")
    assert listed.stdout.startswith("work  100@pbx.example.com  20")
    assert listed.stdout.endswith(f"  {facts.FINGERPRINTS[1].lower()}\n")
    (key,) = json.loads((await run("compared", "--json")).stdout)["keys"]
    assert (key["account"], key["address"]) == ("work", "100@pbx.example.com")


@pytest.mark.parametrize("typed", ["no\n", "\n", "y\n"])
async def test_anything_but_yes_notes_nothing(standin: StandIn, call: str, typed: str) -> None:
    result = await run("lock", call, "--equal", text=typed)
    assert isinstance(result.exception, CommandFailed)
    assert await remembered(standin) == 0


async def test_different_words_open_the_lock_without_a_question(
    standin: StandIn, call: str
) -> None:
    result = await run("lock", call, "--different", "--json")
    shown = json.loads(result.stdout)
    assert shown["sign"] == Sign.UNSAFE
    assert shown["end_to_end"]["comparison"]["state"] == Compared.DIFFERENT
    assert await remembered(standin) == 0


async def test_a_call_without_words_cannot_be_answered_for(standin: StandIn) -> None:
    call = await answered(standin)
    for option in ("--equal", "--different"):
        result = await run("lock", call, option)
        assert str(result.exception) == f"call {call} has no words to compare"


async def test_a_caller_without_an_address_is_said_not_to_be_remembered(
    standin: StandIn,
) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", "<sip:anonymous@anonymous.invalid>")
    await standin.client.ask(told.AnswerCall(call=call))
    standin.remote_answers(call, keying=Keying.DTLS)
    await standin.reaches_call(call, lambda c: c.lock.comparison is not None)
    result = await run("lock", call, "--equal", text="yes\n")
    assert "they gave no address to remember: your answer holds for this call" in result.stderr
    assert (await run("compared")).stdout == EMPTY


async def test_a_far_end_is_forgotten_by_account_and_address(standin: StandIn, call: str) -> None:
    await run("lock", call, "--equal", text="yes\n")
    wrong = await run("compared", "--forget", "work", "101")
    assert isinstance(wrong.exception, CommandFailed)
    assert await remembered(standin) == 1
    gone = await run("compared", "--forget", "work", "sip:100@pbx.example.com")
    assert (gone.exit_code, gone.stdout) == (0, EMPTY)


async def test_no_export_of_the_log_holds_a_key(standin: StandIn, call: str) -> None:
    await run("lock", call, "--equal", text="yes\n")
    await standin.client.ask(told.HangUp(call=call))
    await standin.until_logged(call)
    secret = facts.FINGERPRINTS[1].lower().removeprefix("sha-256 ")
    assert secret in (await run("compared")).stdout
    for words in (
        ("history", "--export", "csv"),
        ("history", "--export", "json"),
        ("history", "--json"),
        ("doctor", "--json"),
        ("doctor",),
        ("status", "--json"),
    ):
        shown = await run(*words)
        assert shown.stdout
        assert secret not in shown.output.lower()


async def test_both_answers_at_once_are_a_mistake(standin: StandIn, call: str) -> None:
    result = await run("lock", call, "--equal", "--different")
    assert result.exit_code == 2
    assert "not both" in result.stderr
    assert await remembered(standin) == 0


async def test_the_lock_of_an_account(standin: StandIn) -> None:
    await standin.add_account("work")
    result = await run("lock", "--account", "work", "--json")
    assert json.loads(result.stdout)["sign"] == Sign.SERVER
    result = await run("lock", "--account", "work")
    assert result.stdout.startswith("[server] ")
    result = await run("lock", "--account", "work", "--equal")
    assert result.exit_code == 2
    assert "only a CALL has words to compare" in result.stderr
    for words in ((), ("1", "--account", "work")):
        result = await run("lock", *words)
        assert result.exit_code == 2
        assert "name a CALL or an --account, and not both" in result.stderr
