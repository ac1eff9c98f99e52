"""The rule of who may take another's place."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from voip.causes import CauseKind
from voip.engine.calls.elsewhere.replacement import Named, refusal
from voip.engine.calls.elsewhere.replacing import is_trusted
from voip.model import CallState
from voip.protection import TlsStatus, Transport
from voip.protocol.worker.process import ConnectionEvent

UP = Named(account="work", state=CallState.ACTIVE)
_SERVER = ConnectionEvent(
    id=1,
    up=True,
    outgoing=True,
    transport=Transport.TLS,
    host="pbx.example.com",
    port=5061,
    tls=TlsStatus(verified=True, version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256"),
)


@pytest.mark.parametrize("state", [CallState.ACTIVE, CallState.HELD, CallState.REMOTE_HELD])
def test_a_call_that_is_up_can_be_replaced(state: CallState) -> None:
    assert refusal(msgspec.structs.replace(UP, state=state), "work", trusted=True) is None


@pytest.mark.parametrize("state", [state for state in CallState if not state.answered])
def test_one_that_is_not_up_cannot(state: CallState) -> None:
    refused = refusal(msgspec.structs.replace(UP, state=state), "work", trusted=True)
    assert refused is not None
    assert (refused.code, refused.cause.kind) == (603, CauseKind.NOT_REPLACED)


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        ("ending", CauseKind.NO_CALL_TO_REPLACE),
        ("shared", CauseKind.NOT_REPLACED),
        ("passed_on", CauseKind.NOT_REPLACED),
        ("awaited", CauseKind.NOT_REPLACED),
    ],
)
def test_one_that_others_have_a_share_in_cannot(fact: str, kind: CauseKind) -> None:
    refused = refusal(msgspec.structs.replace(UP, **{fact: True}), "work", trusted=True)
    assert refused is not None
    assert (refused.code, refused.cause.kind) == (603, kind)


@pytest.mark.parametrize(
    ("named", "account", "trusted"),
    [(None, "work", True), (UP, "home", True), (UP, "work", False), (UP, "", True)],
)
def test_a_stranger_learns_nothing(named: Named | None, account: str, trusted: bool) -> None:
    refused = refusal(named, account, trusted)
    assert refused is not None
    assert (refused.code, refused.cause.kind) == (481, CauseKind.NO_CALL_TO_REPLACE)


@pytest.mark.parametrize("fact", ["ending", "shared", "passed_on", "awaited"])
def test_nor_of_a_call_of_another_account_what_it_does(fact: str) -> None:
    refused = refusal(msgspec.structs.replace(UP, **{fact: True}), "home", trusted=True)
    assert refused is not None
    assert refused.code == 481


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        ({}, True),
        ({"up": False}, False),
        ({"outgoing": False}, False),
        ({"tls": None}, False),
        ({"tls": TlsStatus(verified=False, version="TLSv1.3", cipher="x")}, False),
    ],
)
def test_a_secure_account_trusts_its_verified_server_alone(
    changes: dict[str, Any], trusted: bool
) -> None:
    connection = msgspec.structs.replace(_SERVER, **changes)
    assert is_trusted(Transport.TLS, connection) is trusted
    assert not is_trusted(Transport.TLS, None)
    assert is_trusted(Transport.UDP, None)
