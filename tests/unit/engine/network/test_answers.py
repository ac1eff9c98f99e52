"""Answers about names are kept, shared, and outlive the DNS."""

from __future__ import annotations

import asyncio

from voip.engine.network.answers import Answer, Answers
from voip.protocol.accounts import LookupOutcome


class _Server:
    """Answers as set, and counts the questions."""

    def __init__(self) -> None:
        self.answer: Answer[str] = Answer(LookupOutcome.ANSWERED, ("192.0.2.1",), lasts_s=60.0)
        self.asked: list[str] = []
        self.slow: asyncio.Event | None = None

    async def ask(self, name: str) -> Answer[str]:
        self.asked.append(name)
        if self.slow is not None:
            await self.slow.wait()
        return self.answer


async def test_an_answer_is_kept_for_its_time_to_live() -> None:
    server = _Server()
    answers = Answers(server.ask)
    assert (await answers.of("a")).records == ("192.0.2.1",)
    assert (await answers.of("a")).records == ("192.0.2.1",)
    assert server.asked == ["a"]
    server.answer = Answer(LookupOutcome.ANSWERED, ("192.0.2.2",), lasts_s=0.0)
    assert (await answers.of("b")).records == ("192.0.2.2",)
    await answers.of("b")
    assert server.asked == ["a", "b", "b"]


async def test_absence_is_kept_as_well() -> None:
    server = _Server()
    server.answer = Answer(LookupOutcome.NO_NAME, lasts_s=60.0)
    answers = Answers(server.ask)
    assert [(await answers.of("a")).outcome for _ in range(2)] == [LookupOutcome.NO_NAME] * 2
    assert server.asked == ["a"]


async def test_the_last_good_answer_outlives_the_dns_and_says_so() -> None:
    server = _Server()
    answers = Answers(server.ask)
    await answers.of("a")
    answers.forget()
    for trouble in (LookupOutcome.SILENT, LookupOutcome.FAILED):
        server.answer = Answer(trouble)
        stale = await answers.of("a")
        assert (stale.records, stale.stale) == (("192.0.2.1",), True)
    assert (await answers.of("never answered")).outcome is LookupOutcome.FAILED
    # A name that is gone is no trouble of the DNS.
    server.answer = Answer(LookupOutcome.NO_NAME)
    assert (await answers.of("a")).records == ()
    server.answer = Answer(LookupOutcome.SILENT)
    assert (await answers.of("a")).records == ()


async def test_questions_for_one_name_are_one() -> None:
    server = _Server()
    server.slow = asyncio.Event()
    answers = Answers(server.ask)
    both = asyncio.gather(answers.of("a"), answers.of("a"))
    impatient = asyncio.create_task(answers.of("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    # Who stops waiting takes the answer from nobody.
    impatient.cancel()
    server.slow.set()
    assert [answer.records for answer in await both] == [("192.0.2.1",)] * 2
    assert server.asked == ["a"]


async def test_names_are_bounded() -> None:
    server = _Server()
    answers = Answers(server.ask)
    for number in range(300):
        await answers.of(str(number))
    await answers.of("299")
    assert len(server.asked) == 300
    await answers.of("0")
    assert len(server.asked) == 301
