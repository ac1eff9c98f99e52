"""Calls between Offhook and baresip through a real Kamailio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.call.conftest import NewBaresip
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.baresip import Baresip, Wish
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import Call, CallState, Outcome
from voip.protection import LockState
from voip.protocol.calls import AnswerCall, CallEvent, LogEvent, Play, Record

_TALK_S = 9

_METHODS = {"TLSv1.3": "TLSv1.2+", "TLSv1.2": "TLSv1.2"}
"""Kamailio's words for a server where this version is the best."""

SUITES = (
    "AEAD_AES_256_GCM",
    "AES_256_CM_HMAC_SHA1_80",
    "AEAD_AES_128_GCM",
    "AES_CM_128_HMAC_SHA1_80",
)
"""Suites that an account accepts; baresip's build decides the common one."""


@pytest.fixture(params=list(_METHODS))
async def versioned(
    request: pytest.FixtureRequest, place: Path, authority: Authority
) -> AsyncIterator[tuple[Kamailio, str]]:
    leaf = authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK])
    server = Kamailio(place / "kamailio", leaf, method=_METHODS[request.param])
    await server.start()
    yield server, request.param
    await server.stop()


async def alice(phone: Phone, server: Kamailio, authority: Authority) -> None:
    await phone.add_secure("alice", LOOPBACK, server.tls_port, authority.file)
    await phone.until_registered("alice")


async def open_alice(phone: Phone, server: Kamailio) -> None:
    await phone.add_open("alice", LOOPBACK, server.port)
    await phone.until_registered("alice")


def talks(call: Call) -> bool:
    """True once voice of the far end has arrived and was measured."""
    return call.state is CallState.ACTIVE and call.quality.jitter_ms is not None


def check_evidence(status: Any, version: str) -> None:
    """Check the report of `offhook status --json` for a secure call."""
    (account,) = status["accounts"]
    assert account["registration"]["state"] == "registered"
    assert account["tls"]["version"] == version
    assert account["tls"]["cipher"].startswith("TLS_") == (version == "TLSv1.3")
    assert account["tls"]["verified"] is True
    assert account["tls"]["peer"]["names"] == [DOMAIN, LOOPBACK]
    (call,) = status["calls"]
    assert call["remote"]["uri"] == f"sip:bob@{DOMAIN}"
    assert call["codec"] == "pcmu/8000/1"
    assert call["lock"]["state"] == "closed"
    assert call["lock"]["signalling"] == {
        "transport": "tls", "version": version, "verified": True, "server": LOOPBACK,
        "cipher": account["tls"]["cipher"],
    }  # fmt: skip
    (stream,) = call["lock"]["media"]
    assert (stream["kind"], stream["srtp"], stream["keying"]) == ("audio", True, "sdes")
    assert stream["suite"] in SUITES


def check_open_though_encrypted(status: Any) -> None:
    (call,) = status["calls"]
    assert call["lock"]["state"] == "open"
    assert call["lock"]["why"] == (
        "the voice is encrypted, but its keys crossed the network in the clear (UDP)"
    )
    assert call["lock"]["signalling"] == {
        "transport": "udp", "version": None, "verified": False, "server": None, "cipher": None,
    }  # fmt: skip
    (stream,) = call["lock"]["media"]
    assert (stream["kind"], stream["srtp"], stream["keying"]) == ("audio", True, "sdes")
    assert stream["suite"] in SUITES


async def _check_never_closed(phone: Phone, call: str) -> None:
    """Check the lock of a call that ends, from its start to its log entry."""
    entry = await phone.until_logged(call)
    assert (entry.outcome, entry.lock) == (Outcome.ANSWERED, LockState.OPEN)
    assert all(not c.lock.closed for c in phone.locks(call))


async def _call(peer: Baresip, phone: Phone) -> Call:
    """Call “alice” from a peer; returns the call that rings."""
    await peer.command("dial", f"sip:alice@{DOMAIN}")
    return await phone.until_call(lambda c: c.state is CallState.INCOMING)


async def _answer(phone: Phone, call: str, speech: Path, heard: Path) -> None:
    """Answer a call, say something in it, and record what is said."""
    await phone.client.ask(AnswerCall(call=call))
    await phone.until_state(call, CallState.ACTIVE)
    await phone.client.ask(Play(call=call, path=str(speech)))
    await phone.client.ask(Record(call=call, path=str(heard)))


async def test_offhook_calls_baresip_and_each_hears_the_other(
    versioned: tuple[Kamailio, str],
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    authority: Authority,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    server, version = versioned
    phone = await new_phone()
    await alice(phone, server, authority)
    peer = await new_baresip(server, Wish())

    heard = place / "heard.wav"
    out = await phone.call(
        f"bob@{DOMAIN}", play=str(speech), record=str(heard), hangup_after_s=_TALK_S
    )
    incoming = await peer.until("CALL_INCOMING")
    assert incoming["peeruri"] == f"sip:alice@{DOMAIN}"
    await phone.until_state(out, CallState.RINGING)
    await peer.command("accept")
    await phone.until_call(lambda c: c.id == out and c.lock.closed and talks(c))
    check_evidence(await phone.json("status"), version)

    entry = await phone.until_logged(out)
    assert (entry.outcome, entry.lock) == (Outcome.ANSWERED, LockState.CLOSED)
    await peer.until("CALL_CLOSED")
    await peer.stop()
    assert sound.piecewise(speech, peer.heard()) > 0.9
    assert sound.piecewise(other_speech, heard) > 0.9


async def test_baresip_calls_offhook_and_each_hears_the_other(
    versioned: tuple[Kamailio, str],
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    authority: Authority,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    server, version = versioned
    phone = await new_phone()
    await alice(phone, server, authority)
    peer = await new_baresip(server, Wish())

    heard = place / "heard.wav"
    ringing = await _call(peer, phone)
    await peer.until("CALL_RINGING")
    await _answer(phone, ringing.id, speech, heard)
    await phone.until_call(lambda c: c.id == ringing.id and c.lock.closed and talks(c))
    check_evidence(await phone.json("status"), version)

    await phone.until_call(lambda c: c.id == ringing.id and c.duration_s > _TALK_S)
    await peer.command("hangup")
    entry = await phone.until_logged(ringing.id)
    assert (entry.outcome, entry.lock) == (Outcome.ANSWERED, LockState.CLOSED)
    await peer.stop()
    assert sound.piecewise(speech, peer.heard()) > 0.9
    assert sound.piecewise(other_speech, heard) > 0.9


async def test_voice_that_is_encrypted_over_udp_closes_no_lock(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    speech: Path,
    other_speech: Path,
    place: Path,
) -> None:
    phone = await new_phone()
    await open_alice(phone, kamailio)
    peer = await new_baresip(kamailio, Wish("udp", mediaenc="srtp"))

    heard = place / "heard.wav"
    ringing = await _call(peer, phone)
    await _answer(phone, ringing.id, speech, heard)
    await phone.until_call(lambda c: c.id == ringing.id and talks(c))
    check_open_though_encrypted(await phone.json("status"))

    await phone.until_call(lambda c: c.id == ringing.id and c.duration_s > _TALK_S)
    await peer.command("hangup")
    await _check_never_closed(phone, ringing.id)
    await peer.stop()
    assert sound.piecewise(speech, peer.heard()) > 0.9
    assert sound.piecewise(other_speech, heard) > 0.9


async def test_a_caller_who_demands_srtp_over_udp_is_taken_and_no_lock_closes(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
) -> None:
    phone = await new_phone()
    await open_alice(phone, kamailio)
    peer = await new_baresip(kamailio, Wish("udp"))

    ringing = await _call(peer, phone)
    await phone.client.ask(AnswerCall(call=ringing.id))
    await phone.until_call(lambda c: c.id == ringing.id and talks(c))
    check_open_though_encrypted(await phone.json("status"))

    await peer.command("hangup")
    await _check_never_closed(phone, ringing.id)


async def test_a_caller_without_encryption_is_refused_by_a_tls_account(
    kamailio: Kamailio, new_phone: NewPhone, new_baresip: NewBaresip, authority: Authority
) -> None:
    phone = await new_phone()
    await alice(phone, kamailio, authority)
    peer = await new_baresip(kamailio, Wish(mediaenc=""))

    await peer.command("dial", f"sip:alice@{DOMAIN}")
    closed = await peer.until("CALL_CLOSED")
    assert "488" in closed["param"]
    event = await phone.until(LogEvent, lambda e: e.entry.outcome is Outcome.REFUSED)
    assert event.entry.remote.uri == f"sip:bob@{DOMAIN}"
    assert event.entry.reason == "refused: the caller offered no encryption"
    states = [e.event.call.state for e in phone.events if isinstance(e.event, CallEvent)]
    assert CallState.INCOMING not in states, "it rang"
