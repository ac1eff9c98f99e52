"""Conferences: the tones that each party and the person hear, at every step."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.call.hearing.table import ME, TONES, Table
from tests.support.peers.party import Party
from voip.client.errors import CommandFailed
from voip.model import CallState, Conference
from voip.protection import Sign, Transport
from voip.protocol.calls import (
    ConferenceEvent,
    EndConference,
    HangUp,
    Hold,
    LeaveConference,
    Mute,
    RefuseTransfer,
    Resume,
    SilenceParty,
    TakeOut,
    TalkAside,
    TransferCall,
)
from voip.protocol.phone import NoticeEvent

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(300)]


async def test_three_parties_join_and_part(table: Table, transport: Transport) -> None:
    await table.invite(transport, "a", "b", "c")
    await table.call("a", "b", "c")
    await table.hear("me c")
    await table.join("c", "a", "b")
    await table.hear("me a b c")
    lock = (await table.conference()).lock
    assert lock.closed is (transport is Transport.TLS)
    assert lock.sign is (Sign.SERVER if transport is Transport.TLS else Sign.UNSAFE)
    ask, calls = table.phone.client.ask, table.calls

    await ask(Mute(call=calls["b"]))
    await table.hear("me a b c", silent="me")
    await ask(Mute(call=calls["a"], on=False))
    await table.hear("me a b c")

    await ask(SilenceParty(call=calls["b"]))
    await table.hear("me a b c", silent="b")
    await ask(SilenceParty(call=calls["b"], on=False))
    await table.hear("me a b c")

    await ask(TalkAside(call=calls["b"]))
    await table.hear("me b", "a c")
    await ask(TalkAside(call=calls["a"]))
    await table.hear("me a", "b c")
    await table.join("a")
    await table.hear("me a b c")

    await ask(LeaveConference(call=calls["c"]))
    await table.hear("a b c")
    await table.join("a")
    await table.hear("me a b c")

    await ask(TakeOut(call=calls["c"]))
    await table.hear("me a b")
    out = await table.now("c")
    assert (out.state, out.conference) == (CallState.HELD, None)
    await ask(Resume(call=calls["c"], wait=True))
    await table.hear("me c", "a b")
    await table.join("a", "c")
    await table.hear("me a b c")
    # One that refuses to be held is out all the same.
    table.parties["b"].refusals = [488]
    await ask(TakeOut(call=calls["b"]))
    await table.hear("me a c")
    await table.join("a", "b")
    await table.hear("me a b c")

    # Its far end goes on speaking while it holds.
    await table.parties["b"].hold(True)
    await table.hear("me a c")
    assert (await table.now("b")).conference is not None
    await table.parties["b"].hold(False)
    await table.hear("me a b c")

    await ask(Hold(call=calls["a"], wait=True))
    await table.hear("me b c")
    await ask(Resume(call=calls["a"], wait=True))
    await table.hear("me a b c")
    # One that refuses to be held is cut off all the same.
    table.parties["a"].refusals = [488]
    await ask(Hold(call=calls["a"]))
    await table.hear("me b c")
    await ask(Resume(call=calls["a"], wait=True))
    await table.hear("me a b c")

    await ask(HangUp(call=calls["c"]))
    await table.phone.until_logged(calls["c"])
    await table.hear("me a b")
    await ask(HangUp(call=calls["a"]))
    await table.phone.until_logged(calls["a"])
    await table.hear("me b")
    left = await table.now("b")
    assert (left.state, left.conference) == (CallState.ACTIVE, None)
    table.check_encrypted()


async def test_five_parties_come_one_after_the_other(table: Table, transport: Transport) -> None:
    await table.invite(transport, "a", "b", "c", "d", "e", "f")
    await table.call("a", "b")
    await table.join("a", "b")
    await table.hear("me a b")
    for name in ("c", "d", "e"):
        # The others go on without the user, who comes back with one party more.
        others = " ".join(table.calls)
        await table.call(name)
        await table.hear(f"me {name}", others)
        assert not (await table.conference()).here
        await table.join("a", name)
        await table.hear(f"me {others} {name}")
    ask, calls = table.phone.client.ask, table.calls

    await ask(TalkAside(call=calls["c"]))
    await table.hear("me c", "a b d e")
    # The one that was spoken to in private hangs up: nobody else must hear the next word.
    await ask(HangUp(call=calls["c"]))
    await table.phone.until_logged(calls["c"])
    await table.hear("a b d e")
    await ask(SilenceParty(call=calls["e"]))
    await table.join("b")
    await table.hear("me a b d e", silent="e")

    # A sixth party calls: it has the user alone, and leaves the user outside.
    await table.call("f")
    await table.hear("me f", "a b d e", silent="e")
    await ask(HangUp(call=calls["f"]))
    await table.phone.until_logged(calls["f"])
    await table.hear("a b d e", silent="e")
    await ask(Resume(call=calls["a"]))
    await table.hear("me a b d e", silent="e")
    await ask(EndConference(call=calls["a"]))
    for name in ("a", "b", "d", "e"):
        await table.phone.until_logged(calls[name])
    assert (await table.phone.status()).conferences == ()
    table.check_encrypted()


async def test_all_of_eight_parties_hear_each_other(table: Table) -> None:
    names = [name for name in TONES if name != ME]
    await table.invite(Transport.TLS, *names)
    await table.call(*names)
    await table.join(*names)
    await table.hear(" ".join((ME, *names)))
    ask, calls = table.phone.client.ask, table.calls
    await ask(SilenceParty(call=calls["h"]))
    await table.hear(" ".join((ME, *names)), silent="h")
    assert (await table.conference()).lock.closed
    table.check_encrypted()


async def test_the_last_party_of_a_conference_without_the_user_is_put_on_hold(
    table: Table, transport: Transport
) -> None:
    await table.invite(transport, "a", "b")
    await table.call("a", "b")
    await table.join("a", "b")
    ask, calls = table.phone.client.ask, table.calls
    await ask(LeaveConference(call=calls["a"]))
    await table.hear("a b")
    await ask(HangUp(call=calls["a"]))
    held = await table.phone.until_state(calls["b"], CallState.HELD)
    assert held.conference is None
    await table.hear()
    await ask(Resume(call=calls["b"]))
    await table.hear("me b")


async def test_a_party_that_is_transferred_hears_nobody_and_comes_back_if_nobody_takes_it(
    table: Table, transport: Transport
) -> None:
    await table.invite(transport, "a", "b", "c")
    await table.call("a", "b", "c")
    await table.join("a", "b", "c")
    await table.hear("me a b c")
    ask, call, party = table.phone.client.ask, table.calls["c"], table.parties["c"]
    await ask(TransferCall(call=call, target="dave"))
    await party.referred()
    await table.hear("me a b")
    party.notify("SIP/2.0 486 Busy Here", last=True)
    await table.hear("me a b c")
    assert len((await table.conference()).calls) == 3

    await ask(TransferCall(call=call, target="dave"))
    await party.referred()
    party.notify("SIP/2.0 200 OK", last=True)
    await table.phone.until_logged(call)
    await table.hear("me a b")
    assert (await table.conference()).calls == (table.calls["a"], table.calls["b"])
    table.check_encrypted()


async def test_a_party_whose_voice_is_forged_is_taken_out(table: Table) -> None:
    since = await _three_together(table)
    table.parties["c"].voice.rekey()
    await _taken_out(table, since, "voice packets arrive that are not authentic")


async def test_a_party_whose_connection_drops_is_taken_out(table: Table) -> None:
    since = await _three_together(table)
    await table.parties["c"].server.stop()
    await _taken_out(table, since, "the TLS connection to the server has dropped")


async def _three_together(table: Table) -> int:
    """Talk with three over TLS; returns the number of events until then."""
    await table.invite(Transport.TLS, "a", "b", "c")
    await table.call("a", "b", "c")
    await table.join("a", "b", "c")
    await table.hear("me a b c")
    return len(table.phone.events)


async def _taken_out(table: Table, since: int, why: str) -> None:
    """Check that c is out and told, and that the others go on."""
    call = table.calls["c"]
    notice = await table.phone.until(
        NoticeEvent, lambda event: "taken out of the conference" in event.text, since
    )
    assert notice.text.startswith(f"call {call} with ")
    assert notice.text.endswith(f" and put on hold: {why}")
    await table.hear("me a b")
    out = await table.now("c")
    assert (out.state, out.conference, out.lock.why) == (CallState.HELD, None, why)
    conference = await table.conference()
    assert (conference.calls, conference.lock.closed) == (
        (table.calls["a"], table.calls["b"]),
        True,
    )
    with pytest.raises(CommandFailed, match=f"call {call} cannot be joined: {why}"):
        await table.join("a", "c")
    await table.hear("me a b")
    shown = _news(table, since)
    assert shown, "the conference was not shown without the party"
    assert all(call not in news.calls for news in shown), "it was shown with an open lock"


def _news(table: Table, since: int) -> list[Conference]:
    events = [numbered.event for numbered in table.phone.events[since:]]
    return [event.conference for event in events if isinstance(event, ConferenceEvent)]


async def test_open_and_secure_calls_are_never_mixed(table: Table) -> None:
    await table.invite(Transport.TLS, "a", "b")
    await table.invite(Transport.UDP, "c", "d")
    await table.call("a", "b", "c")
    with pytest.raises(CommandFailed, match="encrypted and unencrypted calls cannot be joined"):
        await table.join("a", "c")
    await table.hear("me c")
    await table.join("a", "b")
    with pytest.raises(CommandFailed, match="encrypted and unencrypted calls cannot be joined"):
        await table.join("b", "c")
    await table.hear("me a b")
    # A conference in each worker: the user is in one alone, and the other goes on.
    await table.call("d")
    await table.hear("me d", "a b")
    await table.join("c", "d")
    await table.hear("me c d", "a b")
    await table.join("a")
    await table.hear("me a b", "c d")
    table.check_encrypted()


def escaped(party: Party) -> str:
    return quote(party.replaced, safe="")


async def test_nothing_that_a_far_end_sends_joins_it_or_takes_it_out(
    table: Table, transport: Transport
) -> None:
    await table.invite(transport, "a", "b", "c")
    await table.call("a", "b", "c")
    await table.join("a", "b")
    await table.hear("me a b")
    outsider, insider = table.parties["c"], table.parties["a"]
    before = await table.conference()
    for name, party in (("c", outsider), ("a", insider)):
        for method in ("INVITE", "UPDATE"):
            assert (await party.offer_again(method)).status == 200
        await party.hold(True)
        await party.hold(False)
        for target in ("<sip:x@pbx.test>", f"<sip:x@pbx.test?Replaces={escaped(party)}>"):
            since = len(table.phone.events)
            assert (await party.transfers(target)).status == 202
            await table.phone.until_call(lambda c: c.asked is not None, since)
            await table.phone.client.ask(RefuseTransfer(call=table.calls[name]))
    await table.hear("me a b")
    assert (await outsider.calls_in_place_of(insider)).status >= 400
    await table.hear("me a b")
    assert await table.conference() == before
    assert (await table.now("c")).state is CallState.HELD
    table.check_encrypted()
