"""Lock reports: every fact with its evidence, its meaning and a remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from msgspec.structs import replace

from tests.unit.security.test_policy import CONNECTION, FACTS, GOOD, PLAIN, REMOVED, VOICE
from voip.model import CallState
from voip.protection import (
    Certificate,
    Compared,
    Comparison,
    LockReport,
    LockState,
    MediaKind,
    StreamReport,
    TlsStatus,
    Transport,
)
from voip.security import lock_report, policy
from voip.security.lock_facts import AccountFacts, CallFacts

CERTIFICATE = Certificate(
    subject="CN=pbx",
    issuer="CN=Example CA",
    names=("pbx.example.com", "192.0.2.1"),
    not_before="2026-01-01T00:00:00Z",
    not_after="2027-01-01T00:00:00Z",
    sha256="ab" * 32,
)
TLS = TlsStatus("TLSv1.3", "TLS_AES_256_GCM_SHA384", True, CERTIFICATE, (CERTIFICATE,))
SEEN = replace(CONNECTION, cipher=TLS.cipher, certificate=CERTIFICATE, same=True)
CALL = replace(
    GOOD, connection=SEEN, streams=(replace(VOICE, codec="opus/48000/2", accepted=2130),)
)
ACCOUNT = AccountFacts(
    account_transport=Transport.TLS, in_secure_worker=True, connection=replace(SEEN, same=None)
)
STREAM = StreamReport(
    MediaKind.AUDIO, True, True, VOICE.suite, VOICE.keying, "opus/48000/2", 2130, 0
)
WORDS = ("grace", "lottery", "oak", "spider", "mother", "cube", "chief", "genre")


NOT_COMPARED = replace(CALL, comparison=Comparison(Compared.PENDING))


def rows(report: LockReport) -> list[tuple[str, bool | None, str]]:
    return [(fact.name, fact.holds, fact.evidence) for fact in report.facts]


def evidence(report: LockReport, name: str) -> tuple[bool | None, str]:
    return next((fact.holds, fact.evidence) for fact in report.facts if fact.name == name)


def test_a_closed_lock_with_all_its_evidence() -> None:
    report = lock_report.report(CALL, TLS)
    assert (report.state, report.remedy) == (LockState.CLOSED, None)
    assert report.why == "encrypted to pbx.example.com; beyond it, unknown"
    assert rows(report) == [
        ("the account uses TLS", True, "the account says TLS"),
        ("a process that knows only TLS", True, "it has no other way to send"),
        ("a connection to the server", True, "to pbx.example.com"),
        ("signalling over TLS", True, "it travels over TLS"),
        ("a verified certificate", True,
         "for pbx.example.com, 192.0.2.1, issued by CN=Example CA, valid until 2027-01-01"),
        ("the connection is up", True, "the same connection since the call began"),
        ("what was negotiated is known", True,
         "TLSv1.3, TLS_AES_256_GCM_SHA384, with pbx.example.com"),
        ("the call is up", True, "it is active"),
        ("voice flows", True, "voice"),
        ("the voice is encrypted", True, "SRTP is in force"),
        ("the keys of the voice are agreed", True, "AES_256_CM_HMAC_SHA1_80, keys by SDES"),
        ("the voice is authentic", True, "2,130 packets authentic, 0 rejected"),
    ]  # fmt: skip
    assert report.tls == TLS
    assert report.streams == (STREAM,)
    protected, not_protected, trusted = report.meaning
    assert "encrypted on the way between this phone and pbx.example.com" in protected
    assert "not end to end" in not_protected
    assert "pbx.example.com" in trusted
    assert "CN=Example CA" in trusted


@pytest.mark.parametrize("removed", REMOVED)
def test_report_lacks_what_the_lock_lacks(removed: str) -> None:
    change, words = REMOVED[removed]
    facts = change(CALL)
    report = lock_report.report(facts, None)
    assert report.state is LockState.OPEN
    assert report.why == words == policy.lock(facts).why
    assert not all(fact.holds for fact in report.facts)
    assert report.remedy
    assert "end to end" in report.meaning[1]


@given(FACTS)
def test_report_and_lock_say_the_same_of_any_call(facts: CallFacts) -> None:
    report, lock = lock_report.report(facts, None), policy.lock(facts)
    assert (report.state, report.why) == (lock.state, lock.why)
    assert (report.state is LockState.CLOSED) == all(fact.holds is True for fact in report.facts)
    assert (report.remedy is None) == (report.state is LockState.CLOSED)


@pytest.mark.parametrize(
    ("facts", "remedy"),
    [
        (replace(CALL, account_transport=Transport.UDP), "choose TLS"),
        (replace(CALL, in_secure_worker=False), "start it again"),
        (replace(CALL, connection=None), "Wait until the server has answered"),
        (replace(CALL, connection=replace(SEEN, transport=Transport.TCP)), "test the account"),
        (replace(CALL, connection=replace(SEEN, verified=False)), "fingerprint"),
        (replace(CALL, connection=replace(SEEN, up=False)), "call again"),
        (replace(CALL, connection=replace(SEEN, version=None)), "call again"),
        (replace(CALL, state=CallState.ENDED), "the call is over"),
        (replace(CALL, state=CallState.RINGING), "Wait until the call is answered"),
        (replace(CALL, streams=(PLAIN,)), "SRTP"),
        (replace(CALL, streams=(replace(VOICE, suite=None),)), "Wait a moment"),
        (replace(CALL, streams=(replace(VOICE, failing=True),)), "Say nothing private"),
        (replace(ACCOUNT, account_transport=Transport.TCP), "choose TLS"),
        (replace(ACCOUNT, in_secure_worker=False), "start it again"),
        (replace(ACCOUNT, connection=None), "test the account"),
        (replace(ACCOUNT, connection=replace(SEEN, transport=Transport.UDP)), "Test the account"),
        (replace(ACCOUNT, connection=replace(SEEN, verified=False)), "fingerprint"),
        (replace(ACCOUNT, connection=replace(SEEN, up=False)), "connects again by itself"),
        (replace(ACCOUNT, connection=replace(SEEN, server="")), "Test the account"),
    ],
)
def test_each_open_lock_says_what_to_do(facts: CallFacts | AccountFacts, remedy: str) -> None:
    report = lock_report.report(facts, None)
    assert report.remedy is not None
    assert remedy in report.remedy


@pytest.mark.parametrize(
    ("facts", "name", "expected"),
    [
        (replace(CALL, connection=None), "a verified certificate", (None, "not known yet")),
        (replace(CALL, connection=None), "the connection is up", (None, "not known yet")),
        (replace(CALL, connection=replace(SEEN, same=False)), "the connection is up",
         (True, "another connection than when the call began")),
        (replace(CALL, connection=replace(SEEN, up=False)), "the connection is up",
         (False, "it has ended")),
        (replace(CALL, connection=replace(SEEN, certificate=None)), "a verified certificate",
         (True, "none was shown")),
        (replace(CALL, connection=replace(SEEN, certificate=replace(CERTIFICATE, names=()))),
         "a verified certificate",
         (True, "for CN=pbx, issued by CN=Example CA, valid until 2027-01-01")),
        (replace(CALL, connection=replace(SEEN, certificate=replace(CERTIFICATE, issuer=""))),
         "a verified certificate",
         (True, "for pbx.example.com, 192.0.2.1, issued by nobody that it names, "
                "valid until 2027-01-01")),
        (replace(CALL, connection=replace(SEEN, pinned=True)), "a verified certificate",
         (True, "for pbx.example.com, 192.0.2.1, with the key that this account is pinned to")),
        (replace(CALL, connection=replace(SEEN, transport=Transport.UDP, certificate=None)),
         "a verified certificate", (True, "there is none")),
        (replace(CALL, streams=(PLAIN,)), "the voice is encrypted",
         (False, "it is sent as plain RTP")),
        (replace(CALL, streams=(PLAIN,)), "the keys of the voice are agreed",
         (False, "no suite, keys by a way that is not known")),
        (replace(CALL, streams=()), "voice flows", (False, "none so far")),
        (ACCOUNT, "the connection is up", (True, "it is up")),
    ],
)  # fmt: skip
def test_evidence(
    facts: CallFacts | AccountFacts, name: str, expected: tuple[bool | None, str]
) -> None:
    assert evidence(lock_report.report(facts, None), name) == expected


def test_an_account_has_the_facts_that_need_no_call() -> None:
    report = lock_report.report(ACCOUNT, TLS)
    assert report.state is LockState.CLOSED
    of_a_call = lock_report.report(CALL, TLS)
    assert [f.name for f in report.facts] == [f.name for f in of_a_call.facts[:7]]
    assert "a lock of its own" in report.meaning[1]
    assert "not end to end" in report.meaning[1]
    assert "call" not in lock_report.report(replace(ACCOUNT, in_secure_worker=False), None).why


@pytest.mark.parametrize(
    ("tls", "known_by"),
    [
        (TLS, ", and CN=Example CA, who vouches for it"),
        (replace(TLS, peer=replace(CERTIFICATE, issuer="")), ""),
        (replace(TLS, peer=None), ""),
        (
            replace(TLS, pinned=True),
            ": it has the key that this account is pinned to, and nobody else vouches for it",
        ),
    ],
)
def test_whom_one_trusts(tls: TlsStatus, known_by: str) -> None:
    trusted = lock_report.report(CALL, tls).meaning[2]
    assert trusted == f"You trust whoever runs pbx.example.com{known_by}."


def test_the_three_kinds_of_meaning_differ() -> None:
    udp = replace(CALL, account_transport=Transport.UDP)
    meanings = [
        lock_report.report(facts, TLS).meaning
        for facts in (CALL, udp, replace(CALL, connection=None))
    ]
    for sentences in zip(*meanings, strict=True):
        assert len(set(sentences)) == 3
    assert meanings[1][0].startswith("Only those who did not see the call begin")
    plain = lock_report.report(replace(udp, streams=(PLAIN,)), None)
    assert plain.meaning[0] == "Nothing is protected on its way."


def test_the_words_of_the_ends_and_what_they_prove() -> None:
    report = lock_report.report(NOT_COMPARED, TLS, WORDS)
    assert report.end_to_end is not None
    assert report.end_to_end.words == WORDS
    for sentence in (
        "Equal words, heard from somebody whose voice you know, prove that nobody between the two "
        "phones decrypts this call.",
        "Different words, or none at an Offhook, mean that somebody does",
        "They prove nothing if you did not compare them, if you do not know the voice, or if a "
        "machine imitates it",
        "nothing of the room and the phone at the far end",
    ):
        assert sentence in report.end_to_end.meaning
    # The lock itself promises no more than without them.
    without = lock_report.report(CALL, TLS)
    assert without.end_to_end is None
    assert (report.facts[:-1], report.state) == (without.facts, without.state)
    assert "Until you have compared them" in report.meaning[1]
    assert "pbx.example.com can listen" in report.meaning[1]


def test_words_of_a_call_in_the_clear_are_all_that_can_tell() -> None:
    udp = replace(NOT_COMPARED, account_transport=Transport.UDP)
    protected, not_protected, _ = lock_report.report(udp, None, WORDS).meaning
    assert "nobody vouches for whom it is encrypted to" in protected
    assert not_protected.endswith("whether they can listen too, only the words tell.")


def test_words_promise_nothing_while_the_lock_is_open() -> None:
    facts = replace(CALL, connection=replace(SEEN, up=False))
    assert lock_report.report(facts, TLS, WORDS).meaning == lock_report.report(facts, TLS).meaning
