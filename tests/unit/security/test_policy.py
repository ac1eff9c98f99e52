"""Policy table by row, and the lock by fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from voip.model import CallState
from voip.protection import (
    Compared,
    Comparison,
    Keying,
    LockSignalling,
    LockState,
    LockStream,
    MediaKind,
    Sign,
    Stream,
    Transport,
)
from voip.protocol.worker.base import Role
from voip.security import lock_report, policy
from voip.security.lock_facts import AccountFacts, CallFacts, ConnectionFacts
from voip.security.policy import DEMANDS

SUITE = "AES_256_CM_HMAC_SHA1_80"
VOICE = Stream(kind=MediaKind.AUDIO, active=True, srtp=True, suite=SUITE, keying=Keying.SDES)
DTLS = replace(VOICE, keying=Keying.DTLS)
PLAIN = Stream(kind=MediaKind.AUDIO, active=True, srtp=False, suite=None, keying=None)
CONNECTION = ConnectionFacts(
    up=True, transport=Transport.TLS, verified=True, version="TLSv1.3", server="pbx.example.com"
)
GOOD = CallFacts(
    account_transport=Transport.TLS,
    in_secure_worker=True,
    state=CallState.ACTIVE,
    connection=CONNECTION,
    streams=(VOICE,),
)

Change = Callable[[CallFacts], CallFacts]


def connection(**changes: Any) -> Change:
    """Change of the connection, if there is one."""

    def change(facts: CallFacts) -> CallFacts:
        if facts.connection is None:
            return facts
        return replace(facts, connection=replace(facts.connection, **changes))

    return change


def first_stream(**changes: Any) -> Change:
    """Change of the first stream, if there is one."""

    def change(facts: CallFacts) -> CallFacts:
        if not facts.streams:
            return facts
        return replace(facts, streams=(replace(facts.streams[0], **changes), *facts.streams[1:]))

    return change


def call(**changes: Any) -> Change:
    return lambda facts: replace(facts, **changes)


DROPPED = "the TLS connection to the server has dropped"
UNVERIFIED = "the server's certificate was not verified"
NOT_TLS = "the signalling did not travel over TLS"
UNKNOWN = "it is not known what was negotiated with the server"
SILENT = "no voice is flowing yet"
NO_KEYS = "the keys of the voice are not agreed yet"
CLEAR_KEYS = "the voice is encrypted, but its keys crossed the network in the clear"

REMOVED: dict[str, tuple[Change, str]] = {
    "the account is udp": (call(account_transport=Transport.UDP), f"{CLEAR_KEYS} (UDP)"),
    "the account is tcp": (call(account_transport=Transport.TCP), f"{CLEAR_KEYS} (TCP)"),
    "another worker": (
        call(in_secure_worker=False),
        "this call is not in the process that knows only TLS",
    ),
    "no connection": (call(connection=None), "no connection to the server has been seen yet"),
    "connection over tcp": (connection(transport=Transport.TCP), NOT_TLS),
    "connection over udp": (connection(transport=Transport.UDP), NOT_TLS),
    "not verified": (connection(verified=False), UNVERIFIED),
    "dropped": (connection(up=False), DROPPED),
    "version unknown": (connection(version=None), UNKNOWN),
    "version empty": (connection(version=""), UNKNOWN),
    "server unknown": (connection(server=None), UNKNOWN),
    "server empty": (connection(server=""), UNKNOWN),
    "ended": (call(state=CallState.ENDED), "the call has ended"),
    "dialing": (call(state=CallState.DIALING), SILENT),
    "ringing": (call(state=CallState.RINGING), SILENT),
    "incoming": (call(state=CallState.INCOMING), SILENT),
    "connecting": (call(state=CallState.CONNECTING), SILENT),
    "no stream": (call(streams=()), SILENT),
    "stream inactive": (first_stream(active=False), SILENT),
    "stream plain": (first_stream(srtp=False), "the voice is not encrypted"),
    "suite unknown": (first_stream(suite=None), NO_KEYS),
    "suite empty": (first_stream(suite=""), NO_KEYS),
    "keying unknown": (first_stream(keying=None), NO_KEYS),
    "words different": (
        call(comparison=Comparison(Compared.DIFFERENT)),
        "the words of both ends were different: somebody between them decrypts",
    ),
    "stream failing": (first_stream(failing=True), "voice packets arrive that are not authentic"),
}


@pytest.mark.parametrize(
    ("transport", "demanded"),
    [(Transport.TLS, True), (Transport.TCP, False), (Transport.UDP, False)],
)
def test_demands(transport: Transport, demanded: bool) -> None:
    assert DEMANDS[transport] == policy.Demands(
        tls_only=demanded, verified_server=demanded, srtp_mandatory=demanded
    )


def test_the_roles_that_never_send_in_the_clear_are_named_one_by_one() -> None:
    assert {role for role in Role if role.tls_only} == {Role.SECURE, Role.ECHO, Role.RINGER}


def test_demands_know_every_transport() -> None:
    assert set(DEMANDS) == set(Transport)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (AccountFacts(Transport.TLS, True, None), "no connection to the server has been seen yet"),
        (
            AccountFacts(Transport.TLS, True, None, distrusted=True),
            "the server showed another key or certificate than this account trusts",
        ),
        (
            AccountFacts(Transport.UDP, False, None),
            "this account uses UDP: anyone on the way can listen",
        ),
        (
            replace(GOOD, account_transport=Transport.UDP),
            "the voice is encrypted, but its keys crossed the network in the clear (UDP)",
        ),
        (
            replace(GOOD, account_transport=Transport.UDP, streams=(DTLS,)),
            "this account uses UDP: anyone on the way can listen",
        ),
        (
            replace(GOOD, account_transport=Transport.UDP, streams=(DTLS,),
                    comparison=Comparison(Compared.PENDING)),
            "the voice is encrypted, but nobody vouches for whom it is encrypted to (UDP)",
        ),
        (
            replace(GOOD, connection=None, comparison=Comparison(Compared.CHANGED, "2026-03-12")),
            "the far end's key is another than was compared on 2026-03-12",
        ),
    ],
)  # fmt: skip
def test_an_open_lock_says_the_cause_that_decides(
    facts: AccountFacts | CallFacts, words: str
) -> None:
    assert lock_report.report(facts, None).why == words


def test_closed_when_everything_was_seen() -> None:
    lock = policy.lock(GOOD)
    assert lock.closed
    assert lock.state is LockState.CLOSED
    assert lock.why == "encrypted to pbx.example.com; beyond it, unknown"
    assert lock.signalling == LockSignalling(Transport.TLS, "TLSv1.3", True, "pbx.example.com")
    assert lock.media == (LockStream(MediaKind.AUDIO, True, SUITE, Keying.SDES),)


@pytest.mark.parametrize("state", [s for s in CallState if s.answered])
@pytest.mark.parametrize("keying", list(Keying))
def test_closed_in_every_answered_state(state: CallState, keying: Keying) -> None:
    facts = replace(GOOD, state=state, streams=(replace(VOICE, keying=keying),))
    assert policy.lock(facts).closed


@pytest.mark.parametrize("state", Compared)
def test_closed_unless_the_words_or_the_key_are_others(state: Compared) -> None:
    lock = policy.lock(replace(GOOD, comparison=Comparison(state, "2026-03-12T00:00:00Z")))
    assert lock.closed == (state not in (Compared.DIFFERENT, Compared.CHANGED))
    assert (lock.sign is Sign.SEALED) == (state in (Compared.EQUAL, Compared.REMEMBERED))


def test_answered_states() -> None:
    answered = {CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD}
    assert {state for state in CallState if state.answered} == answered


@pytest.mark.parametrize("fact", REMOVED)
def test_one_fact_removed_opens_it_in_its_own_words(fact: str) -> None:
    change, words = REMOVED[fact]
    lock = policy.lock(change(GOOD))
    assert not lock.closed
    assert lock.why == words


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_plain_account_with_plain_voice(transport: Transport) -> None:
    facts = replace(GOOD, account_transport=transport, streams=(PLAIN,))
    name = transport.value.upper()
    assert policy.lock(facts).why == f"this account uses {name}: anyone on the way can listen"


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_plain_account_never_closes_whatever_else_was_seen(transport: Transport) -> None:
    facts = replace(GOOD, account_transport=transport)
    assert not policy.lock(facts).closed


def test_encrypted_voice_that_is_not_in_use_says_nothing_of_a_plain_account() -> None:
    facts = replace(GOOD, account_transport=Transport.UDP, streams=(replace(VOICE, active=False),))
    assert policy.lock(facts).why == "this account uses UDP: anyone on the way can listen"


def test_one_plain_stream_among_many_opens_it() -> None:
    video = Stream(kind=MediaKind.VIDEO, active=True, srtp=False, suite=None, keying=None)
    lock = policy.lock(replace(GOOD, streams=(VOICE, video)))
    assert lock.why == "the video is not encrypted"


def test_failing_second_stream_opens_it() -> None:
    video = replace(VOICE, kind=MediaKind.VIDEO, failing=True)
    lock = policy.lock(replace(GOOD, streams=(VOICE, video)))
    assert lock.why == "video packets arrive that are not authentic"


def test_inactive_streams_do_not_count_and_are_not_shown() -> None:
    lock = policy.lock(replace(GOOD, streams=(VOICE, replace(PLAIN, active=False))))
    assert lock.closed
    assert len(lock.media) == 1


def test_signalling_of_a_dropped_connection_is_not_verified() -> None:
    assert policy.lock(connection(up=False)(GOOD)).signalling.verified is False


def test_signalling_to_a_server_that_was_not_verified_says_so() -> None:
    assert policy.lock(connection(verified=False)(GOOD)).signalling.verified is False


def test_signalling_before_any_connection_names_the_account_s_transport() -> None:
    facts = replace(GOOD, account_transport=Transport.TCP, connection=None)
    assert policy.lock(facts).signalling == LockSignalling(transport=Transport.TCP)


def holds(facts: CallFacts) -> bool:
    """True if every fact of the lock holds, computed in a second way."""
    active = [s for s in facts.streams if s.active]
    link = facts.connection
    return (
        facts.account_transport is Transport.TLS
        and facts.in_secure_worker
        and link is not None
        and link.up
        and link.transport is Transport.TLS
        and link.verified
        and bool(link.version)
        and bool(link.server)
        and facts.state in (CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD)
        and len(active) > 0
        and all(s.srtp and s.suite and s.keying is not None and not s.failing for s in active)
    )


TEXTS = st.sampled_from([None, "", "something"])
STREAMS = st.builds(
    Stream,
    kind=st.sampled_from(MediaKind),
    active=st.booleans(),
    srtp=st.booleans(),
    suite=TEXTS,
    keying=st.none() | st.sampled_from(Keying),
    failing=st.booleans(),
)
CONNECTIONS = st.builds(
    ConnectionFacts,
    up=st.booleans(),
    transport=st.sampled_from(Transport),
    verified=st.booleans(),
    version=TEXTS,
    server=TEXTS,
)
FACTS = st.builds(
    CallFacts,
    # Secure values are likelier here, or hardly any lock would close.
    account_transport=st.just(Transport.TLS) | st.sampled_from(Transport),
    in_secure_worker=st.just(True) | st.booleans(),
    state=st.just(CallState.ACTIVE) | st.sampled_from(CallState),
    connection=st.just(CONNECTION) | st.none() | CONNECTIONS,
    streams=st.lists(st.just(VOICE) | STREAMS, max_size=3).map(tuple),
)


@given(FACTS)
def test_closed_if_and_only_if_every_fact_holds(facts: CallFacts) -> None:
    lock = policy.lock(facts)
    assert lock.closed == holds(facts)
    assert lock.why != ""
    assert lock.closed == lock.why.startswith("encrypted to ")


@given(st.permutations(list(REMOVED)), st.permutations(list(REMOVED)))
def test_lock_opens_with_the_first_fact_lost_and_closes_with_the_last_one_back(
    losing: list[str], regaining: list[str]
) -> None:
    lost: list[str] = []
    assert policy.lock(GOOD).closed
    for fact in losing:
        lost.append(fact)
        assert not policy.lock(without(lost)).closed
    for fact in regaining:
        lost.remove(fact)
        assert policy.lock(without(lost)).closed == (not lost)


def without(lost: list[str]) -> CallFacts:
    facts = GOOD
    for fact in lost:
        facts = REMOVED[fact][0](facts)
    return facts


@pytest.mark.parametrize(
    ("accepted", "rejected", "seconds", "failing"),
    [
        (0, 5, 1.0, True),
        (0, 4, 1.0, False),
        (0, 0, 1.0, False),
        (1, 50, 1.0, False),
        (0, 9, 2.0, False),
        (0, 10, 2.0, True),
        # A report of less than a second is judged as one of a second.
        (0, 4, 0.5, False),
        (0, 5, 0.5, True),
    ],
)
def test_enough_forged_packets_and_not_one_authentic_are_failing(
    accepted: int, rejected: int, seconds: float, failing: bool
) -> None:
    assert policy.is_failing(accepted, rejected, seconds) is failing
