"""Names in messages, which have a small share of the resolver of their own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from voip.engine.network import resolver
from voip.engine.network.answers import Answer
from voip.engine.network.resolver import Resolver
from voip.protocol.accounts import LookupOutcome

OWN = "pbx.example.com"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that the system was asked for, in order."""
    names: list[str] = []

    def answer(name: str) -> Answer[str]:
        names.append(name)
        return Answer(LookupOutcome.ANSWERED, ("192.0.2.1",), lasts_s=60.0)

    monkeypatch.setattr(resolver, "_system_addresses", answer)
    return names


async def test_names_in_messages_push_out_no_name_of_an_account(asked: list[str]) -> None:
    names = Resolver()
    await names.addresses(OWN)
    for number in range(300):
        await names.hop_addresses(f"n{number}.example.org")
    await names.addresses(OWN)
    assert asked.count(OWN) == 1
    # A few of their own are kept.
    await names.hop_addresses("n299.example.org")
    assert asked.count("n299.example.org") == 1
    await names.hop_addresses("n0.example.org")
    assert asked.count("n0.example.org") == 2


async def test_slow_names_in_messages_hold_up_no_name_of_an_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def answer(name: str) -> Answer[str]:
        if name != OWN:
            released.wait()
        return Answer(LookupOutcome.ANSWERED, ("192.0.2.1",), lasts_s=60.0)

    monkeypatch.setattr(resolver, "_system_addresses", answer)
    names = Resolver()
    hops = [
        asyncio.create_task(names.hop_addresses(f"n{number}.example.org")) for number in range(50)
    ]
    await asyncio.sleep(0)
    assert (await names.addresses(OWN)).outcome is LookupOutcome.ANSWERED
    released.set()
    outcomes = [answer.outcome for answer in await asyncio.gather(*hops)]
    assert outcomes.count(LookupOutcome.ANSWERED) == 4
    assert outcomes.count(LookupOutcome.SILENT) == 46
