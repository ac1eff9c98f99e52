"""No order of events proves a far end that was never compared."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from tests.unit.engine.calls.test_live import CONNECTION, VOICE
from voip.engine.calls.book import CallBook
from voip.engine.calls.comparisons import Comparisons
from voip.engine.calls.live import LiveCall
from voip.engine.history.log import History
from voip.engine.hub import Hub
from voip.engine.trust.compared_keys import ComparedKeys
from voip.model import CallState, Direction, Party
from voip.protection import Keying, Sign, Transport
from voip.protocol.worker.base import Role
from voip.security import sas
from voip.sip.callers import Exchange

_ACCOUNTS = {"work": "pbx.example.com", "home": "other.example.com"}
_URIS = (
    "sip:100@pbx.example.com",
    "sips:100@PBX.example.com;transport=tls",
    "sip:100@other.example.com",
    "sip:101@pbx.example.com",
    "sip:anonymous@anonymous.invalid",
)
_CERTIFICATES = tuple(f"SHA-256 {':'.join([byte] * 32)}" for byte in ("0A", "0B", "0C"))
_account, _uri = st.sampled_from(list(_ACCOUNTS)), st.sampled_from(_URIS)
_certificate = st.sampled_from(_CERTIFICATES)


class _Orders(RuleBasedStateMachine):
    """`equal` is the user's standing answers, by far end and key.

    `proven` counts over all runs: a lock that is never proven shows nothing.
    """

    proven = 0

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / "compared.json"
        self._history = History(Path(self._folder.name) / "history.db")
        self._equal: set[tuple[str, str, str]] = set()
        self._begin()

    @precondition(lambda self: len(self._book) > 3)
    @rule()
    def _starts_again(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Start the engine, which reads its file."""
        book = CallBook(Hub(), self._history, lambda call: self._comparisons.recall(call))
        self._book = book
        self._comparisons = Comparisons(
            ComparedKeys(self._path), book, lambda name: Exchange.of(_ACCOUNTS[name])
        )

    @initialize(account=_account, uri=_uri)
    def _one_was_compared(self, account: str, uri: str) -> None:
        self._call(account, uri, *_CERTIFICATES[:2])
        (call,) = self._book
        self._decide(call, equal=True)

    def teardown(self) -> None:
        self._history.close()
        self._folder.cleanup()

    @rule(account=_account, uri=_uri, ours=_certificate, theirs=_certificate)
    def _call(self, account: str, uri: str, ours: str, theirs: str) -> None:
        call = self._book.begin(
            Role.SECURE, account, Transport.TLS, Direction.OUT, Party(uri, "Bob")
        )
        call.state = CallState.ACTIVE
        call.use(CONNECTION)
        _agree(call, ours, theirs)

    @precondition(lambda self: len(self._book) > 0)
    @rule(data=st.data(), ours=_certificate, theirs=_certificate)
    def _agree_again(self, data: Any, ours: str, theirs: str) -> None:
        _agree(data.draw(st.sampled_from(list(self._book))), ours, theirs)

    @precondition(lambda self: len(self._book) > 0)
    @rule(data=st.data(), equal=st.booleans())
    def _answer(self, data: Any, equal: bool) -> None:
        self._decide(data.draw(st.sampled_from(list(self._book))), equal)

    def _decide(self, call: LiveCall, equal: bool) -> None:
        ends = sas.ends(call.facts().streams)
        assert ends is not None
        self._comparisons.answer(call, ends, equal)
        if equal:
            self._equal.add((call.account, _whom(call), ends.remote))

    @rule(account=_account, uri=_uri)
    def _forget(self, account: str, uri: str) -> None:
        self._comparisons.forget(account, uri)
        address = uri.lower().removeprefix("sips:").removeprefix("sip:").partition(";")[0]
        self._equal -= {key for key in self._equal if key[:2] == (account, address)}

    @rule(account=_account)
    def _forget_account(self, account: str) -> None:
        self._comparisons.forget(account)
        self._equal -= {key for key in self._equal if key[0] == account}

    @invariant()
    def _proven_means_compared(self) -> None:
        for call in self._book:
            ends = sas.ends(call.facts().streams)
            assert ends is not None
            if call.lock().sign is Sign.SEALED:
                assert (call.account, _whom(call), ends.remote) in self._equal
                assert call.answer is None or call.answer.ends != ends or call.answer.equal
                type(self).proven += 1


def _agree(call: LiveCall, ours: str, theirs: str) -> None:
    stream = replace(VOICE, keying=Keying.DTLS, local_fingerprint=ours, remote_fingerprint=theirs)
    call.change_streams((stream,))


def _whom(call: LiveCall) -> str:
    """Return the key of a comparison: the address, or this call if anonymous."""
    uri = call.remote.uri
    if "anonymous" in uri:
        return f"call {call.id}"
    return uri.lower().removeprefix("sips:").removeprefix("sip:").partition(";")[0]


def test_no_order_proves_who_was_not_compared() -> None:
    _Orders.proven = 0
    run_state_machine_as_test(
        _Orders, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
    assert _Orders.proven > 100, "hardly any lock was proven: this showed nothing"
