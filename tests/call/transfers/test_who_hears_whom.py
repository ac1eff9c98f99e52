"""Who hears whom at each step of a transfer, through a real Kamailio.

Reception, Alice and Bob each say a tone of their own. Alice and Bob are PJSIP phones
that follow REFER and Replaces.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.call.transfers.conftest import register
from tests.call.transfers.hearing import until_heard
from tests.conftest import NewPhone
from tests.support.colleague.peer import Colleague, Hearing, write_tone
from tests.support.parts import Parts
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.calls import CallEvent, ConnectCalls, HangUp, TransferCall

RECEPTION, ALICE, BOB = 700, 900, 1100
TONES = (RECEPTION, ALICE, BOB)
NOBODY: frozenset[int] = frozenset()


@dataclass
class Office:
    """Reception's phone and two colleagues at one server."""

    phone: Phone
    transport: Transport
    alice: Colleague
    bob: Colleague
    place: Path

    async def call(self, user: str) -> str:
        """Call a colleague, speak and listen."""
        call = await self.phone.call(
            user,
            play=str(self.place / "reception.wav"),
            record=str(self.place / f"from-{user}.wav"),
        )
        await self.phone.until_state(call, CallState.ACTIVE)
        return call

    async def hears(
        self,
        alice: frozenset[int],
        bob: frozenset[int],
        reception: frozenset[int],
        of: str = "alice",
    ) -> None:
        """Wait until each hears these tones alone, and see that it stays so.

        `reception` is what arrives in the call with `of`.
        """
        wanted = {"alice": alice, "bob": bob, "reception": reception}
        ears = {
            "alice": self.alice.hearing,
            "bob": self.bob.hearing,
            "reception": Hearing(self.place / f"from-{of}.wav", TONES),
        }
        try:
            await until_heard(wanted, lambda: {who: ear.lately() for who, ear in ears.items()})
        except AssertionError as error:
            for who, log in (("reception", self.phone.log), ("alice", self.alice.log)):
                error.add_note(f"{who}:\n{log[-5000:]}")
            raise

    def check_locks(self, *calls: str) -> None:
        """Check that a lock never opened once it was closed, and closed over TLS alone."""
        for call in calls:
            self.phone.check_lock_evidence(call)
            events = [e.event for e in self.phone.events if isinstance(e.event, CallEvent)]
            locks = [e.call.lock.closed for e in events
                     if e.call.id == call and e.call.state.answered]  # fmt: skip
            if self.transport is Transport.TLS:
                assert not any(not now for now in locks[locks.index(True) :]), call
            else:
                assert not any(locks), call


@pytest.fixture(params=[200, 486, 603])
def answer(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
async def office(
    new_phone: NewPhone,
    kamailio: Kamailio,
    authority: Authority,
    transport: Transport,
    place: Path,
    answer: int,
) -> AsyncIterator[Office]:
    write_tone(place / "reception.wav", RECEPTION, 50)
    phone = await new_phone()
    await register(phone, "reception", transport, kamailio, authority)
    async with Parts() as parts:
        alice = await parts.begin(
            Colleague(place / "a", "alice", kamailio, authority.file, transport, ALICE, TONES)
        )
        bob = await parts.begin(
            Colleague(
                place / "b", "bob", kamailio, authority.file, transport, BOB, TONES, answer=answer
            )
        )
        yield Office(phone, transport, alice, bob, place)


@pytest.mark.realtime
@pytest.mark.parametrize("answer", [200], indirect=True)
async def test_a_blind_transfer_leaves_the_two_alone(office: Office) -> None:
    call = await office.call("alice")
    await office.hears(frozenset({RECEPTION}), NOBODY, frozenset({ALICE}))
    await office.phone.client.ask(TransferCall(call=call, target="bob"))
    entry = await office.phone.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.TRANSFERRED, f"transferred to bob@{DOMAIN}")
    await office.bob.until("call", state="CONFIRMED")
    await office.hears(frozenset({BOB}), frozenset({ALICE}), NOBODY)
    office.check_locks(call)


@pytest.mark.realtime
@pytest.mark.parametrize("answer", [486, 603, 180], indirect=True)
async def test_a_blind_transfer_in_vain_brings_the_call_back(office: Office, answer: int) -> None:
    call = await office.call("alice")
    target = "bob" if answer != 180 else "carol"  # who is at no phone
    await office.phone.client.ask(TransferCall(call=call, target=target))
    failed = await office.phone.until_call(
        lambda c: c.transfer is not None and c.transfer.state is TransferState.FAILED
    )
    assert failed.transfer is not None
    assert failed.transfer.code == (answer if target == "bob" else 404)
    await office.hears(frozenset({RECEPTION}), NOBODY, frozenset({ALICE}))
    office.check_locks(call)


@pytest.mark.realtime
@pytest.mark.parametrize("answer", [180], indirect=True)
@pytest.mark.parametrize("leaves", [False, True], ids=["stays", "leaves early"])
async def test_nobody_hears_anybody_until_the_colleague_answers(
    office: Office, leaves: bool
) -> None:
    call = await office.call("alice")
    await office.phone.client.ask(TransferCall(call=call, target="bob"))
    await office.phone.until_call(
        lambda c: c.transfer is not None and c.transfer.state is TransferState.RINGING
    )
    await office.hears(NOBODY, NOBODY, NOBODY)
    if leaves:
        await office.phone.client.ask(HangUp(call=call))
        await office.phone.until_logged(call)
    office.bob.takes()
    entry = await office.phone.until_logged(call)
    assert entry.outcome is Outcome.TRANSFERRED
    await office.hears(frozenset({BOB}), frozenset({ALICE}), NOBODY)
    office.check_locks(call)


@pytest.mark.realtime
@pytest.mark.parametrize("answer", [200], indirect=True)
async def test_an_attended_transfer_leaves_the_two_alone(office: Office) -> None:
    first = await office.call("alice")
    await office.phone.run("hold", first)
    await office.hears(NOBODY, NOBODY, NOBODY)
    second = await office.call("bob")
    await office.hears(NOBODY, frozenset({RECEPTION}), frozenset({BOB}), of="bob")
    await office.phone.client.ask(ConnectCalls(call=first, other=second))
    entry = await office.phone.until_logged(first)
    assert (entry.outcome, entry.reason) == (Outcome.TRANSFERRED, f"transferred to bob@{DOMAIN}")
    assert (await office.phone.until_logged(second)).outcome is Outcome.ANSWERED
    await office.hears(frozenset({BOB}), frozenset({ALICE}), NOBODY, of="alice")
    office.check_locks(first, second)


@pytest.mark.realtime
@pytest.mark.parametrize("answer", [180], indirect=True)
async def test_a_consulted_colleague_who_has_not_answered_is_called_anew(office: Office) -> None:
    first = await office.call("alice")
    second = await office.phone.call("bob")
    await office.phone.until_state(second, CallState.RINGING)
    await office.phone.client.ask(ConnectCalls(call=first, other=second))
    assert (await office.phone.until_logged(second)).outcome is Outcome.CANCELLED
    await office.alice.until("referred")
    ringing = await office.phone.until_call(
        lambda c: c.transfer is not None and c.transfer.state is TransferState.RINGING
    )
    assert (ringing.id, ringing.state) == (first, CallState.HELD)
    await office.hears(NOBODY, NOBODY, NOBODY)
