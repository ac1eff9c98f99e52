"""Calls through a real Kamailio: registration, voice both ways, the lock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, Outcome
from voip.protection import LockState
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, HangUp, LogEvent, Play, Record

_METHODS = {"TLSv1.3": "TLSv1.2+", "TLSv1.2": "TLSv1.2"}
"""Kamailio's words for a server where this version is the best."""

_CODECS = {"opus": 0.9, "g722": 0.9, "pcma": 0.9, "pcmu": 0.9, "gsm": 0.8, "g729": 0.6}
"""Likeness of what is heard to what was said; the last two make speech anew."""


@pytest.fixture(params=list(_METHODS))
async def versioned(
    request: pytest.FixtureRequest, place: Path, authority: Authority
) -> AsyncIterator[tuple[Kamailio, str]]:
    leaf = authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK])
    server = Kamailio(place / "kamailio", leaf, method=_METHODS[request.param])
    await server.start()
    yield server, request.param
    await server.stop()


async def test_two_phones_talk_with_tls_and_srtp(
    versioned: tuple[Kamailio, str],
    new_phone: NewPhone,
    authority: Authority,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    server, version = versioned
    alice, bob = await new_phone("a"), await new_phone("b")
    await alice.add_secure("alice", LOOPBACK, server.tls_port, authority.file)
    await bob.add_secure("bob", LOOPBACK, server.tls_port, authority.file)
    await alice.until_registered("alice")
    await bob.until_registered("bob")

    heard_by_alice, heard_by_bob = place / "alice.wav", place / "bob.wav"
    out = await alice.call(
        f"bob@{DOMAIN}", play=str(speech), record=str(heard_by_alice), hangup_after_s=9
    )
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await bob.until_state(ringing.id, CallState.ACTIVE)
    await bob.client.ask(Play(call=ringing.id, path=str(other_speech)))
    await bob.client.ask(Record(call=ringing.id, path=str(heard_by_bob)))
    await alice.until_call(lambda c: c.id == out and c.lock.closed and c.quality.rtt_ms is not None)

    status = await alice.json("status")
    (account,) = status["accounts"]
    assert account["registration"]["state"] == "registered"
    assert account["tls"]["version"] == version
    assert account["tls"]["cipher"]
    assert account["tls"]["verified"] is True
    assert DOMAIN in account["tls"]["peer"]["names"]
    (call,) = status["calls"]
    assert call["lock"]["state"] == "closed"
    assert call["lock"]["signalling"] == {
        "transport": "tls", "version": version, "verified": True, "server": LOOPBACK,
        "cipher": account["tls"]["cipher"],
    }  # fmt: skip
    assert call["lock"]["media"] == [
        {"kind": "audio", "srtp": True, "suite": "AEAD_AES_256_GCM", "keying": "sdes"}
    ]
    answered = await bob.until_call(lambda c: c.id == ringing.id and c.lock.closed)
    assert answered.remote.uri == f"sip:alice@{DOMAIN}"

    assert (await alice.until_logged(out)).lock is LockState.CLOSED
    await bob.until_logged(ringing.id)
    alice.check_lock_evidence(out)
    bob.check_lock_evidence(ringing.id)
    assert sound.piecewise(speech, heard_by_bob) > 0.9
    assert sound.piecewise(other_speech, heard_by_alice) > 0.9


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_open_accounts_register_and_call(
    kamailio: Kamailio, new_phone: NewPhone, speech: Path, place: Path, transport: str
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_open(user, LOOPBACK, kamailio.port, transport)
        await phone.until_registered(user)
    heard = place / "heard.wav"
    out = await alice.call(f"bob@{DOMAIN}", play=str(speech), hangup_after_s=8)
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await bob.until_state(ringing.id, CallState.ACTIVE)
    await bob.client.ask(Record(call=ringing.id, path=str(heard)))
    active = await alice.until_call(
        lambda c: c.id == out and c.state is CallState.ACTIVE and c.quality.rtt_ms is not None
    )
    assert not active.lock.closed
    assert transport.upper() in active.lock.why
    await alice.until_logged(out)
    await bob.until_logged(ringing.id)
    assert sound.piecewise(speech, heard) > 0.9
    assert all(not c.lock.closed for c in alice.locks(out))


async def test_speech_is_understood_in_every_codec(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, speech: Path, place: Path
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
    for codec, likeness in _CODECS.items():
        position = len(alice.events)
        await alice.client.ask(EditAccount(name="alice", fields={"codecs": codec}))
        await alice.until_registered("alice", position)
        heard, position = place / f"{codec}.wav", len(bob.events)
        # Recorded from its first packet: on a busy machine, a record that begins later lacks words.
        out = await alice.call(f"bob@{DOMAIN}", record=str(heard), hangup_after_s=5)
        ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING, position)
        await bob.client.ask(AnswerCall(call=ringing.id))
        await bob.until_state(ringing.id, CallState.ACTIVE)
        await bob.client.ask(Play(call=ringing.id, path=str(speech)))
        row = await alice.until_logged(out)
        assert row.codec is not None
        assert row.codec.lower().startswith(codec)
        assert row.lock is LockState.CLOSED
        await bob.until_logged(ringing.id)
        found = sound.piecewise(speech, heard)
        assert found > likeness, f"{codec}: {found:.2f}"


async def test_a_wrong_password_is_told_in_words(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    await phone.add(
        "alice",
        password="not it",
        user="alice",
        domain=DOMAIN,
        server=f"{LOOPBACK}:{kamailio.tls_port}",
        ca_file=str(authority.file),
    )
    account = await phone.until_failed("alice")
    assert account.registration.reason == "the user name or password is wrong"
    assert "not it" not in phone.log


async def test_check_tells_each_step(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    await phone.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await phone.until_registered("alice")
    report = await phone.json("account", "check", "alice")
    assert [(step["step"], step["ok"]) for step in report["steps"]] == [
        ("name", True), ("tls", True), ("certificate", True), ("registration", True),
    ]  # fmt: skip


async def test_dtls_srtp_by_choice(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, speech: Path, place: Path
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(
            user, LOOPBACK, kamailio.tls_port, authority.file, media_keying="dtls"
        )
        await phone.until_registered(user)
    heard = place / "heard.wav"
    out = await alice.call("bob", play=str(speech), hangup_after_s=9)
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await bob.until_state(ringing.id, CallState.ACTIVE)
    await bob.client.ask(Record(call=ringing.id, path=str(heard)))
    closed = await alice.until_call(lambda c: c.id == out and c.lock.closed)
    assert [(s.srtp, s.keying) for s in closed.lock.media] == [(True, "dtls")]
    assert closed.lock.media[0].suite
    await bob.until_call(lambda c: c.id == ringing.id and c.lock.closed)
    assert (await alice.until_logged(out)).lock is LockState.CLOSED
    await bob.until_logged(ringing.id)
    alice.check_lock_evidence(out)
    bob.check_lock_evidence(ringing.id)
    assert sound.piecewise(speech, heard) > 0.9


async def test_a_caller_with_keys_in_the_signalling_and_a_callee_that_wants_dtls(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    await alice.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await bob.add_secure("bob", LOOPBACK, kamailio.tls_port, authority.file, media_keying="dtls")
    await alice.until_registered("alice")
    await bob.until_registered("bob")
    call = await alice.call("bob")
    entry = await alice.until_logged(call)
    assert entry.outcome is Outcome.FAILED
    assert entry.code in (406, 480, 488)
    refused = await bob.until(LogEvent, lambda e: e.entry.outcome is Outcome.REFUSED)
    assert refused.entry.reason == (
        "refused: the caller wants keys by SDES, and this account agrees them by DTLS"
    )


async def _ring_group(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> tuple[Phone, Phone, Phone]:
    """Return a caller, and two phones that ring together."""
    phones = [await new_phone(name) for name in ("a", "b", "c")]
    for phone, user in zip(phones, ("alice", "bob", "bob"), strict=True):
        if transport == "tls":
            await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        else:
            await phone.add_open(user, LOOPBACK, kamailio.port, transport)
        await phone.until_registered(user)
    return phones[0], phones[1], phones[2]


@pytest.mark.parametrize("transport", ["tls", "udp"])
async def test_a_call_that_a_colleague_answered_is_not_missed(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    alice, bob, colleague = await _ring_group(kamailio, new_phone, authority, transport)
    await alice.call(f"bob@{DOMAIN}", hangup_after_s=30)
    here = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    there = await colleague.until_call(lambda c: c.state is CallState.INCOMING)
    await colleague.client.ask(AnswerCall(call=there.id))
    row = await bob.until_logged(here.id)
    assert (row.outcome, row.reason) == (Outcome.ELSEWHERE, "answered elsewhere")
    assert (await bob.json("history", "--missed"))["entries"] == []


@pytest.mark.parametrize("transport", ["tls", "udp"])
async def test_a_call_that_its_caller_gave_up_is_missed_by_all(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    alice, bob, colleague = await _ring_group(kamailio, new_phone, authority, transport)
    out = await alice.call(f"bob@{DOMAIN}")
    calls = [await p.until_call(lambda c: c.state is CallState.INCOMING) for p in (bob, colleague)]
    await alice.client.ask(HangUp(call=out))
    for phone, call in zip((bob, colleague), calls, strict=True):
        assert (await phone.until_logged(call.id)).outcome is Outcome.MISSED


@pytest.mark.parametrize("transport", ["tls", "udp"])
async def test_a_caller_hears_of_a_call_that_is_sent_on(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    alice, bob, colleague = await _ring_group(kamailio, new_phone, authority, transport)
    for phone in (bob, colleague):
        edit = EditAccount(name="bob", fields={"forward_always": "carol@other.example"})
        await phone.client.ask(edit)
    out = await alice.call(f"bob@{DOMAIN}")
    row = await alice.until_logged(out)
    assert row.reason == "the server sent the call elsewhere, which is not followed"
    event = await bob.until(LogEvent, lambda e: e.entry.outcome is Outcome.FORWARDED)
    assert event.entry.reason == "forwarded to carol@other.example"
