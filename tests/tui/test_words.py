"""Words of a call's ends on the screen: answered, remembered, forgotten."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.client import compared_words
from voip.model import CallState
from voip.protection import Keying, Lock, LockReport, Sign
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.trust import CompareWords, GetLock

WORDS = "Words to compare by voice"
OTHERS = (facts.FINGERPRINTS[0], "SHA-256 " + ":".join(["5A"] * 32))


async def compared_before(standin: StandIn, fingerprints: tuple[str, str]) -> None:
    """Make an earlier call to 100, whose words were equal."""
    call = await standin.call("100")
    standin.remote_answers(call, keying=Keying.DTLS, fingerprints=fingerprints)
    await standin.reaches_call(call, lambda c: c.lock.comparison is not None)
    report = await standin.client.get(GetLock(call=call), LockReport)
    assert report.end_to_end is not None
    words = report.end_to_end.words
    await standin.client.ask(CompareWords(call=call, words=words, equal=True))
    await standin.client.ask(HangUp(call=call))
    await standin.until_logged(call)


async def words_of_a_call(phone: Screen, standin: StandIn, caller: str | None = None) -> str:
    """Open the lock of a call that has words; return the call's id."""
    if caller is None:
        call = await standin.call("100")
    else:
        call = await standin.incoming("work", caller)
        await standin.client.ask(AnswerCall(call=call))
    standin.remote_answers(call, keying=Keying.DTLS)
    await phone.until(lambda: lock_of(phone, call).comparison is not None)
    await phone.press("l")
    await phone.sees(WORDS)
    return call


def lock_of(phone: Screen, call: str) -> Lock:
    shown = phone.app.state.find(call)
    assert shown is not None
    return shown.call.lock


@pytest.fixture
async def work(phone: Screen, standin: StandIn) -> StandIn:
    await phone.to_main()
    await standin.add_account("work")
    return standin


async def test_equal_words_are_remembered_and_the_next_call_says_so(
    phone: Screen, work: StandIn
) -> None:
    await phone.resize(120, 40)
    call = await words_of_a_call(phone, work)
    assert "Not compared yet. Once equal, their phone is recognised next time" in phone.text
    assert "You called: you read words 1 to 4 aloud, they read 5 to 8." in phone.text
    assert "if it is an Offhook" in phone.text
    assert "= words equal" in phone.text
    await phone.press("equals_sign")
    await phone.sees("EQUAL: you compared them in this call.")
    assert lock_of(phone, call).sign is Sign.SEALED
    await phone.press("escape", "e")
    await work.until_logged(call)
    await words_of_a_call(phone, work)
    day = work.engine.compared_keys.all()[0].on
    await phone.sees(f"Compared on {compared_words.day(day)}: the same key.")


async def test_another_key_than_was_compared_is_said_with_what_to_do(
    phone: Screen, work: StandIn
) -> None:
    await phone.resize(120, 40)
    await compared_before(work, OTHERS)
    await words_of_a_call(phone, work)
    assert "ANOTHER KEY than was compared on " in phone.text
    assert "an Offhook every 90 days" in " ".join(phone.text.split())
    assert "until you have compared the words again" in " ".join(phone.text.split())


async def test_whoever_is_called_reads_the_second_half(phone: Screen, work: StandIn) -> None:
    await phone.resize(120, 40)
    await words_of_a_call(phone, work, "<sip:bob@example.com>")
    assert "They called: they read words 1 to 4 aloud, you read 5 to 8." in phone.text


async def test_a_caller_without_an_address_is_not_remembered(phone: Screen, work: StandIn) -> None:
    await phone.resize(120, 40)
    await words_of_a_call(phone, work, "<sip:anonymous@anonymous.invalid>")
    assert "They gave no address to remember" in phone.text
    await phone.press("equals_sign")
    await phone.sees("your answer holds for this call only")
    assert "forget" not in phone.text


async def test_different_words_open_the_lock_and_the_first_choice_ends_the_call(
    phone: Screen, work: StandIn
) -> None:
    call = await words_of_a_call(phone, work)
    await phone.press("d")
    await phone.sees("The words are different")
    assert lock_of(phone, call).sign is Sign.UNSAFE
    await phone.press("enter")
    await work.until_state(call, CallState.ENDED)


@pytest.mark.parametrize("keys", [("escape",), ("down", "enter")])
async def test_different_words_in_a_call_that_goes_on(
    phone: Screen, work: StandIn, keys: tuple[str, ...]
) -> None:
    call = await words_of_a_call(phone, work)
    await phone.press("d")
    await phone.sees("The words are different")
    await phone.press(*keys)
    await phone.sees("DIFFERENT: you compared them in this call.")
    await phone.press("equals_sign")
    await phone.sees("EQUAL: you compared them in this call.")
    assert lock_of(phone, call).sign is Sign.SEALED


async def test_a_comparison_is_forgotten_once_that_is_confirmed(
    phone: Screen, work: StandIn
) -> None:
    await phone.resize(120, 40)
    await compared_before(work, facts.FINGERPRINTS)
    call = await words_of_a_call(phone, work)
    await phone.press("delete")
    await phone.sees("Forget this comparison?")
    assert "100@pbx.example.com" in phone.text
    assert "account: work" in phone.text
    await phone.press("enter")
    await phone.sees("the same key")
    await phone.press("delete", "down", "enter")
    await phone.sees("Not compared yet.")
    assert lock_of(phone, call).sign is Sign.SERVER
    assert work.engine.compared_keys.all() == ()


async def test_an_answer_to_words_that_changed_is_not_noted(phone: Screen, work: StandIn) -> None:
    call = await words_of_a_call(phone, work)
    live = work.engine.book.find(call)
    assert live is not None
    work.remote_answers(call, keying=Keying.DTLS, fingerprints=OTHERS)
    await work.reaches(lambda _: live.streams[0].remote_fingerprint == OTHERS[1])
    await phone.press("equals_sign")
    await phone.sees("Your answer was not noted")
    assert work.engine.compared_keys.all() == ()
