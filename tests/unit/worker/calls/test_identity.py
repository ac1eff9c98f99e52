"""Identity of a far end: only the account's own server gives it, and once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from voip.protocol.worker.calls import IdentityEvent
from voip.worker.calls.identity import FarEndIdentity

_FROM = {"own": frozenset(("work",)), "another": frozenset(("home",))}


def _identity() -> tuple[FarEndIdentity, list[Any]]:
    sent: list[Any] = []
    context: Any = SimpleNamespace(
        connections=SimpleNamespace(of_message=lambda received: _FROM[received.source]),
        send=sent.append,
    )
    account: Any = SimpleNamespace(name="work")
    call: Any = SimpleNamespace(context=context, account=account, number=7)
    return FarEndIdentity(call), sent


def _message(name: str, source: str = "own") -> Any:
    message = f"UPDATE sip:a@b SIP/2.0\r\nP-Asserted-Identity: <sip:{name}@pbx.test>\r\n\r\n"
    return SimpleNamespace(wholeMsg=message, source=source)


def test_each_change_is_reported_once() -> None:
    identity, sent = _identity()
    for name in ("bob", "bob", "carol", "bob"):
        identity.note(_message(name))
    assert sent == [
        IdentityEvent(call=7, asserted=f"<sip:{name}@pbx.test>") for name in ("bob", "carol", "bob")
    ]


@pytest.mark.parametrize("before", [(), ("bob",)])
def test_another_accounts_server_names_nobody(before: tuple[str, ...]) -> None:
    identity, sent = _identity()
    for name in before:
        identity.note(_message(name))
    identity.note(_message("mallory", "another"))
    assert [event.asserted for event in sent] == [f"<sip:{name}@pbx.test>" for name in before]
