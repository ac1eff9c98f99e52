"""Sign and short sentence of a lock in every situation."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from tests.support.screen.situations import DTLS, OPEN, SECURE, SITUATIONS
from tests.unit.security.test_policy import REMOVED
from voip.model import CallState
from voip.protection import Compared, Comparison, Keying, LockState, Sign, Transport
from voip.security import lock_report, lock_sign, policy
from voip.security.lock_facts import AccountFacts, CallFacts

DAY = "2026-03-12T10:00:00Z"


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_has_its_sign_and_its_sentences(name: str) -> None:
    situation = SITUATIONS[name]
    if isinstance(situation.facts, CallFacts):
        lock = policy.lock(situation.facts)
        assert (lock.sign, lock.short, lock.why) == situation[1:4]
    report = lock_report.report(situation.facts, None)
    assert (report.sign, report.short, report.why) == situation[1:4]
    assert report.meaning[1] == situation.may_conclude


def every_call() -> list[CallFacts]:
    """Facts in every combination that a sentence depends on."""
    comparisons = (None, *(Comparison(state, DAY) for state in Compared))
    streams = ((), SECURE.streams, OPEN.streams, DTLS.streams,
               (replace(SECURE.streams[0], srtp=False, keying=Keying.DTLS),),
               (replace(SECURE.streams[0], suite=None),))  # fmt: skip
    bases = [SECURE, replace(SECURE, connection=None),
             *(replace(OPEN, account_transport=name) for name in (Transport.UDP, Transport.TCP)),
             *(change(SECURE) for change, _ in REMOVED.values())]  # fmt: skip
    return [
        replace(base, state=state, streams=flowing, comparison=comparison, offers_srtp=offer)
        for base, state, flowing, comparison, offer in itertools.product(
            bases, CallState, streams, comparisons, (None, True, False)
        )
    ]


EVERY_CALL = every_call()


def test_every_sentence_is_whole_at_60_columns_and_no_peer_wrote_in_it() -> None:
    for facts in EVERY_CALL:
        lock = policy.lock(facts)
        assert cell_len(lock.short) <= lock_sign.CELLS, lock.short
        assert lock.short.isascii()
        assert "example" not in lock.short
        assert bool(lock.short) == (lock.sign is not None)


def test_a_lock_that_is_closed_has_a_sign_that_says_so_and_no_other_has() -> None:
    for facts in EVERY_CALL:
        lock = policy.lock(facts)
        assert lock.closed == (lock.sign in (Sign.SERVER, Sign.SEALED)), lock
        if lock.sign is Sign.SEALED:
            assert facts.comparison is not None
            assert facts.comparison.state in (Compared.EQUAL, Compared.REMEMBERED)
        if lock.sign is Sign.UNSAFE:
            deciding = (
                "NOT",
                "others may listen",
                "others can listen",
                "KEY CHANGED",
                "voice is sealed",
                "will NOT",
            )
            assert lock.short.startswith(deciding), lock.short
        if lock.sign is Sign.VERIFY:
            assert lock.short.startswith("KEY CHANGED")


def test_a_call_that_ended_has_no_sign_by_itself() -> None:
    lock = policy.lock(replace(SECURE, state=CallState.ENDED))
    assert (lock.state, lock.sign, lock.short) == (LockState.OPEN, None, "")


@pytest.mark.parametrize(
    ("facts", "short"),
    [
        (replace(SECURE, offers_srtp=True), "will be encrypted to the server"),
        (replace(SECURE, offers_srtp=None), "will be encrypted, or the call ends"),
        (replace(SECURE, offers_srtp=False), "will be encrypted, or the call ends"),
        (OPEN, "will NOT be encrypted: UDP"),
        (replace(OPEN, offers_srtp=True), "will NOT be encrypted: UDP"),
    ],
)
def test_before_the_answer_it_is_said_what_the_voice_will_be(facts: CallFacts, short: str) -> None:
    lock = policy.lock(replace(facts, state=CallState.INCOMING, streams=()))
    assert lock.short == short
    assert lock.sign is (Sign.UNSAFE if "NOT" in short else Sign.WAIT)


@pytest.mark.parametrize(
    ("facts", "sign", "short"),
    [
        (AccountFacts(Transport.TLS, True, SECURE.connection), Sign.SERVER,
         "encrypted to the server"),
        (AccountFacts(Transport.TLS, True, None), Sign.WAIT, "waiting for the server"),
        (AccountFacts(Transport.TLS, True, None, distrusted=True), Sign.VERIFY,
         "STOPPED: server NOT trusted"),
        (AccountFacts(Transport.TLS, False, SECURE.connection), Sign.UNSAFE,
         "NOT protected: a fault of this phone"),
        (AccountFacts(Transport.UDP, False, None), Sign.UNSAFE, "NOT encrypted: UDP"),
        (AccountFacts(Transport.TCP, False, OPEN.connection), Sign.UNSAFE, "NOT encrypted: TCP"),
    ],
)  # fmt: skip
def test_an_account_has_the_sign_of_its_connection(
    facts: AccountFacts, sign: Sign, short: str
) -> None:
    result = lock_report.report(facts, None)
    assert (result.sign, result.short) == (sign, short)
    assert policy.account_sign(facts) is sign


def test_a_connection_that_is_made_again_is_waited_for() -> None:
    assert SECURE.connection is not None
    dropped = AccountFacts(Transport.TLS, True, replace(SECURE.connection, up=False))
    assert policy.account_sign(dropped) is Sign.WAIT


def test_the_words_of_signs_are_of_one_length_at_most() -> None:
    assert {len(sign.word) for sign in Sign} == {6}
    assert all(sign.value in sign.word.lower() for sign in Sign)
