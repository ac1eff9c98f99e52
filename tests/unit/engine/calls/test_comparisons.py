"""Answers to the words of calls, as the engine keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.unit.engine.calls.test_locks import OTHERS, answered, report
from voip.client.errors import CommandFailed
from voip.protection import Compared, ComparedKey, Keying, LockState, Sign
from voip.protocol.accounts import RemoveAccount
from voip.protocol.calls import AnswerCall, GetHistory, HangUp, HistoryPage
from voip.protocol.phone import Doctor, DoctorReport, EngineLog, GetEngineLog
from voip.protocol.trust import (
    ComparedList,
    CompareWords,
    ForgetCompared,
    GetCompared,
    WordsCompared,
)

OURS, THEIRS = facts.FINGERPRINTS
BOB = "100@pbx.example.com"


async def talk(standin: StandIn, account: str = "work", target: str = "100", **how: Any) -> str:
    """Make a running call, with keys by DTLS; return its id."""
    call = await standin.call(target, account=account)
    standin.remote_answers(call, **{"keying": Keying.DTLS, **how})
    await standin.reaches_call(call, lambda c: c.state.answered)
    return call


async def decide(standin: StandIn, call: str, equal: bool) -> str | None:
    """Answer for the call's current words; return the engine's addition."""
    code = (await report(standin, call)).end_to_end
    assert code is not None
    command = CompareWords(call=call, words=code.words, equal=equal)
    return (await standin.client.get(command, WordsCompared)).notice


async def standing(standin: StandIn, call: str) -> tuple[Compared | None, Sign | None]:
    (shown,) = [c for c in (await standin.status()).calls if c.id == call]
    comparison = shown.lock.comparison
    return (comparison.state if comparison is not None else None), shown.lock.sign


async def until_sign(standin: StandIn, call: str, sign: Sign, since: int) -> None:
    await standin.until_call(lambda c: c.id == call and c.lock.sign is sign, since)


async def remembered(standin: StandIn) -> tuple[ComparedKey, ...]:
    return (await standin.client.get(GetCompared(), ComparedList)).keys


async def test_an_equal_answer_is_known_in_the_next_call_and_after_a_restart(
    standin: StandIn,
) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    assert await standing(standin, call) == (Compared.PENDING, Sign.SERVER)
    assert await decide(standin, call, equal=True) is None
    event = await standin.until_call(lambda c: c.lock.sign is Sign.SEALED)
    assert event.lock.comparison is not None
    (key,) = await remembered(standin)
    assert (key.account, key.address, key.fingerprint) == ("work", BOB, THEIRS.lower())
    assert key.on == event.lock.comparison.on
    assert await standing(standin, call) == (Compared.EQUAL, Sign.SEALED)
    assert await standing(standin, await talk(standin)) == (Compared.REMEMBERED, Sign.SEALED)
    await standin.stop()
    await standin.start()
    again = await talk(standin)
    assert await standing(standin, again) == (Compared.REMEMBERED, Sign.SEALED)
    code = (await report(standin, again)).end_to_end
    assert code is not None
    assert code.address == BOB


async def test_another_key_is_told_from_the_one_that_was_compared(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    await decide(standin, call, equal=True)
    changed = await talk(standin, fingerprints=OTHERS)
    assert await standing(standin, changed) == (Compared.CHANGED, Sign.VERIFY)
    # A second phone of theirs, once its words were compared too.
    await decide(standin, changed, equal=True)
    for fingerprints in (OTHERS, facts.FINGERPRINTS):
        shown = await talk(standin, fingerprints=fingerprints)
        assert await standing(standin, shown) == (Compared.REMEMBERED, Sign.SEALED)


async def test_another_account_or_address_knows_nothing_of_it(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    await decide(standin, call, equal=True)
    await standin.add_account("home")
    for account, target in (("home", "100"), ("work", "101"), ("work", "100@example.com")):
        shown = await talk(standin, account, target)
        assert await standing(standin, shown) == (Compared.PENDING, Sign.SERVER)


async def test_a_caller_with_somebody_else_s_address_shows_another_key(standin: StandIn) -> None:
    await decide(standin, await answered(standin, keying=Keying.DTLS), equal=True)
    for fingerprints, comparison in ((facts.FINGERPRINTS, Compared.REMEMBERED),
                                (OTHERS, Compared.CHANGED)):  # fmt: skip
        call = await standin.incoming("work", f'"100" <sip:{BOB}>')
        await standin.client.ask(AnswerCall(call=call))
        standin.remote_answers(call, keying=Keying.DTLS, fingerprints=fingerprints)
        await standin.reaches_call(call, lambda c: bool(c.lock.media[0].keying is Keying.DTLS))
        assert (await standing(standin, call))[0] is comparison


async def test_different_words_open_the_lock_and_take_that_key_back(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    assert await decide(standin, call, equal=False) is None
    assert await standing(standin, call) == (Compared.DIFFERENT, Sign.UNSAFE)
    assert (await report(standin, call)).state is LockState.OPEN
    assert await remembered(standin) == ()
    await decide(standin, call, equal=True)
    assert await standing(standin, call) == (Compared.EQUAL, Sign.SEALED)
    (first,) = await remembered(standin)
    standin.remote_answers(call, keying=Keying.DTLS, fingerprints=OTHERS)
    await standin.reaches_call(call, lambda c: c.lock.sign is Sign.VERIFY)
    await decide(standin, call, equal=True)
    assert len(await remembered(standin)) == 2
    await decide(standin, call, equal=False)
    assert await standing(standin, call) == (Compared.DIFFERENT, Sign.UNSAFE)
    # The far end's other phone stays remembered.
    assert await remembered(standin) == (first,)


async def test_an_answer_holds_for_the_certificates_it_was_about(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    await decide(standin, call, equal=True)
    standin.remote_answers(call, keying=Keying.DTLS, fingerprints=OTHERS)
    await standin.reaches_call(call, lambda c: c.lock.sign is Sign.VERIFY)
    assert (await standing(standin, call))[0] is Compared.CHANGED


async def test_an_answer_to_words_that_changed_is_refused(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    code = (await report(standin, call)).end_to_end
    assert code is not None
    standin.remote_answers(call, keying=Keying.DTLS, fingerprints=OTHERS)
    live = standin.engine.book.find(call)
    assert live is not None
    await standin.reaches(lambda _: live.streams[0].remote_fingerprint == OTHERS[1])
    late = CompareWords(call=call, words=code.words, equal=True)
    with pytest.raises(CommandFailed) as refused:
        await standin.client.ask(late)
    assert refused.value.kind == "changed"
    assert await remembered(standin) == ()
    assert (await standing(standin, call))[0] is Compared.PENDING


async def test_what_is_forgotten_proves_nothing_in_calls_that_are_up(standin: StandIn) -> None:
    first = await answered(standin, keying=Keying.DTLS)
    await decide(standin, first, equal=True)
    second = await talk(standin)
    position = len(standin.events)
    await standin.client.ask(ForgetCompared(account="work", address="sip:100@PBX.example.com"))
    for call in (first, second):
        await until_sign(standin, call, Sign.SERVER, position)
        assert await standing(standin, call) == (Compared.PENDING, Sign.SERVER)
    assert await remembered(standin) == ()
    with pytest.raises(CommandFailed) as refused:
        await standin.client.ask(ForgetCompared(account="work", address="100"))
    assert refused.value.kind == "not_compared"


async def test_an_account_that_is_removed_is_forgotten(standin: StandIn) -> None:
    await decide(standin, await answered(standin, keying=Keying.DTLS), equal=True)
    await standin.client.ask(RemoveAccount(name="work"))
    assert await remembered(standin) == ()


@pytest.mark.parametrize("sender", ["<sip:anonymous@anonymous.invalid>", "<tel:+34600111222>"])
async def test_nothing_is_remembered_of_a_caller_without_an_address(
    standin: StandIn, sender: str
) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", sender)
    await standin.client.ask(AnswerCall(call=call))
    standin.remote_answers(call, keying=Keying.DTLS)
    await standin.reaches_call(call, lambda c: c.lock.comparison is not None)
    code = (await report(standin, call)).end_to_end
    assert code is not None
    assert code.address is None
    notice = await decide(standin, call, equal=True)
    assert notice == "they gave no address to remember: your answer holds for this call only"
    assert await standing(standin, call) == (Compared.EQUAL, Sign.SEALED)
    assert await remembered(standin) == ()


async def test_a_damaged_file_is_said_and_costs_no_answer(standin: StandIn) -> None:
    path = standin.paths.compared
    await standin.stop()
    path.write_text("{")
    await standin.start()
    (problem,) = (await standin.status()).engine.problems
    assert str(path) in problem
    call = await answered(standin, keying=Keying.DTLS)
    notice = await decide(standin, call, equal=True)
    assert notice is not None
    assert notice.startswith("your answer holds for this call only: ")
    assert await standing(standin, call) == (Compared.EQUAL, Sign.SEALED)
    with pytest.raises(CommandFailed) as refused:
        await standin.client.ask(GetCompared())
    assert refused.value.kind == "compared"
    assert path.read_text() == "{"


async def test_no_export_holds_a_compared_key(standin: StandIn) -> None:
    call = await answered(standin, keying=Keying.DTLS)
    await decide(standin, call, equal=True)
    await standin.client.ask(HangUp(call=call))
    await standin.until_logged(call)
    kept = standin.paths.compared.read_text()
    secret = THEIRS.lower().removeprefix("sha-256 ")
    assert secret in kept
    doctor = await standin.client.get(Doctor(), DoctorReport)
    page = await standin.client.get(GetHistory(), HistoryPage)
    log = await standin.client.get(GetEngineLog(), EngineLog)
    for shown in (doctor, page, log, await standin.status(), standin.events):
        assert secret not in repr(shown).lower()
    for file in standin.folder.rglob("*"):
        if file.is_file() and file != standin.paths.compared:
            assert secret.encode() not in file.read_bytes().lower(), file
