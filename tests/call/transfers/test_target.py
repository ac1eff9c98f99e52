"""A real attended transfer whose target is an Offhook, through a real Kamailio.

Reception's Offhook has called Alice, a PJSIP phone, and Bob's Offhook, and connects the
two: Alice calls Bob in reception's place.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.call.transfers.conftest import register
from tests.call.transfers.hearing import until_heard
from tests.conftest import NewPhone
from tests.support.colleague.peer import Colleague, Hearing, write_tone
from tests.support.parts import Parts
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from voip.model import CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.calls import (
    AnswerCall,
    CallEvent,
    ConnectCalls,
    HangUp,
    LogEvent,
    Play,
    Record,
)

ALICE, BOB = 900, 1100
TONES = (ALICE, BOB)


@pytest.mark.realtime
async def test_alice_takes_the_place_of_reception(
    new_phone: NewPhone,
    kamailio: Kamailio,
    authority: Authority,
    transport: Transport,
    place: Path,
) -> None:
    write_tone(place / "bob.wav", BOB, 50)
    reception, bob = await new_phone("r"), await new_phone("b")
    await register(reception, "reception", transport, kamailio, authority)
    await register(bob, "bob", transport, kamailio, authority)
    async with Parts() as parts:
        alice = await parts.begin(
            Colleague(place / "a", "alice", kamailio, authority.file, transport, ALICE, TONES)
        )
        first = await reception.call("alice")
        await reception.until_state(first, CallState.ACTIVE)
        await reception.run("hold", first)
        second = await reception.call("bob")
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
        await bob.client.ask(AnswerCall(call=ringing.id))
        await reception.until_state(second, CallState.ACTIVE)
        since = len(bob.events)

        await reception.client.ask(ConnectCalls(call=first, other=second))

        # Reception may hang up before Alice's call is up: the row is amended then.
        words = f"alice@{DOMAIN} took the place of reception@{DOMAIN}"
        await bob.until(
            LogEvent,
            lambda e: (
                (e.entry.id, e.entry.outcome, e.entry.reason)
                == (ringing.id, Outcome.TRANSFERRED, words)
            ),
        )
        new = await bob.until_call(
            lambda c: c.id != ringing.id and c.state is CallState.ACTIVE, since
        )
        assert new.in_place_of is not None
        assert new.remote.uri == f"sip:alice@{DOMAIN}"
        assert new.lock.closed is (transport is Transport.TLS)
        bob.check_lock_evidence(new.id)
        shown = [e.event.call for e in bob.events[since:] if isinstance(e.event, CallEvent)]
        assert CallState.INCOMING not in {call.state for call in shown}

        done = await reception.until_logged(first)
        assert (done.outcome, done.reason) == (Outcome.TRANSFERRED, f"transferred to bob@{DOMAIN}")
        await reception.until_call(
            lambda c: c.transfer is not None and c.transfer.state is TransferState.DONE
        )
        recording = place / "from-alice.wav"
        await bob.client.ask(Record(call=new.id, path=str(recording)))
        await bob.client.ask(Play(call=new.id, path=str(place / "bob.wav")))
        ear = Hearing(recording, TONES)
        await until_heard(
            {"bob": frozenset({ALICE}), "alice": frozenset({BOB})},
            lambda: {"bob": ear.lately(), "alice": alice.hearing.lately()},
        )
        await bob.client.ask(HangUp(call=new.id))
        assert (await bob.until_logged(new.id)).reason == words
