"""Calls whose far end falls silent are probed (RFC 5057 section 5.1)."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import Client, own_host
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, Outcome
from voip.protection import Transport

_SILENT = "nothing comes from the far end any more"
_GONE = "the far end does not answer any more"
_HERTZ = 450
_LONG_S = 30
"""Seconds: longer than until the probe, shorter than until its timeout."""


class _Silence:
    """A call whose far end falls silent, alive or gone."""

    def __init__(self, phone: Phone, party: Party, call: str) -> None:
        self.phone, self.party, self.call = phone, party, call
        self.asked: list[sip.Message] = []
        self._news = asyncio.Event()

    def begin(self, gone: bool) -> None:
        self.party.voice.speaks = False

        def swallow(_: Client, message: sip.Message) -> bool:
            # One without a tag asks the account's server, outside the call.
            if message.method == "OPTIONS" and "tag=" in message.get("To"):
                self.asked.append(message)
                self._news.set()
            return gone

        self.party.intercepts = swallow

    async def is_said(self) -> None:
        """Wait until the silence is shown, while the call stays up."""
        shown = await self.phone.until_call(
            lambda c: c.id == self.call and bool(c.quality.silent_s), len(self.phone.events)
        )
        assert shown.state is CallState.ACTIVE
        assert shown.quality.problem == _SILENT
        assert _SILENT in (await self.phone.run("status"))[0]

    async def is_asked_after(self) -> sip.Message:
        """Wait for the next OPTIONS in the call."""
        self._news.clear()
        await asyncio.wait_for(self._news.wait(), 40)
        return self.asked[-1]


async def _call(new_phone: NewPhone, authority: Authority, transport: Transport) -> _Silence:
    host = own_host()
    leaf = authority.issue(transport.value, addresses=[host])
    party = Party(host, transport, leaf, _HERTZ, ())
    await party.start()
    phone = await new_phone(transport.value)
    trust = {"ca_file": str(authority.file)} if transport is Transport.TLS else {}
    await phone.add(
        "work", password="x", user="alice", domain="pbx.test", transport=transport.value,
        server=f"{host}:{party.server.port}", **trust,
    )  # fmt: skip
    await phone.until_registered("work")
    call = await phone.call("bob")
    await party.take()
    await phone.until_state(call, CallState.ACTIVE)
    return _Silence(phone, party, call)


@pytest.mark.waits
@pytest.mark.timeout(180)
async def test_a_far_end_that_is_gone_is_said_to_be_and_ends_the_call(
    new_phone: NewPhone, authority: Authority
) -> None:
    """Over each transport: neither an answer nor a refusal comes back."""

    async def play(transport: Transport) -> None:
        silence = await _call(new_phone, authority, transport)
        phone, call = silence.phone, silence.call
        silence.begin(gone=True)
        asked = await silence.is_asked_after()
        assert "tag=" in asked.get("To")
        await silence.is_said()
        await phone.until_call(
            lambda c: c.id == call and (c.quality.silent_s or 0) > _LONG_S, len(phone.events)
        )
        if transport is Transport.UDP:
            # A network that is away looks the same: the call waits longer for it.
            await phone.until_call(
                lambda c: c.id == call and (c.quality.silent_s or 0) > 2 * _LONG_S,
                len(phone.events),
            )
        entry = await phone.until_logged(call)
        assert (entry.outcome, entry.reason) == (Outcome.LOST, _GONE)
        assert (await phone.status()).calls == ()
        await silence.party.leave()
        await silence.party.stop()

    await asyncio.gather(*map(play, Transport))


@pytest.mark.waits
@pytest.mark.timeout(180)
async def test_a_far_end_that_is_there_may_be_silent(
    new_phone: NewPhone, authority: Authority
) -> None:
    silence = await _call(new_phone, authority, Transport.UDP)
    phone, call = silence.phone, silence.call
    silence.begin(gone=False)
    await silence.is_asked_after()
    await silence.is_said()
    await silence.is_asked_after()
    silence.party.voice.speaks = True
    shown = await phone.until_call(
        lambda c: c.id == call and not c.quality.silent_s, len(phone.events)
    )
    assert shown.state is CallState.ACTIVE
    assert shown.quality.problem == ""
    await silence.party.leave()
    await silence.party.stop()
