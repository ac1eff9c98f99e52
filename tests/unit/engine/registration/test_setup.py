"""Accounts of the file, as prepared for workers."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

from voip.engine.accounts import fields as account_fields
from voip.engine.accounts.fields import Account
from voip.engine.accounts.secrets import Passwords
from voip.engine.registration.setup import AS_WRITTEN, setup_of
from voip.protection import Digest
from voip.protocol.worker.accounts import AccountSetup, Target

_TARGET = Target("192.0.2.1", 5061)

WRITTEN: dict[str, object] = {
    "user": "alice",
    "transport": "tcp",
    "display_name": "Alice",
    "register": False,
    "expires_s": 60,
    "minimum_digest": Digest.SHA_256,
}
"""Every field with another value than its default."""


async def test_fields_of_the_same_name_reach_the_worker_as_they_are(tmp_path: Path) -> None:
    assert WRITTEN.keys() == AS_WRITTEN
    account = account_fields.from_values({**WRITTEN, "domain": "bücher.example"})
    setup = await setup_of(
        "work", account, "urn:uuid:1", _TARGET, Passwords(tmp_path), password="secret"
    )
    assert {field: getattr(setup, field) for field in WRITTEN} == WRITTEN
    assert (setup.domain, setup.server_name) == ("xn--bcher-kva.example", "xn--bcher-kva.example")
    assert setup.target == _TARGET


def test_they_are_of_the_same_type_at_both_ends() -> None:
    written, taken = get_type_hints(Account), get_type_hints(AccountSetup)
    assert {field: written[field] for field in AS_WRITTEN} == {
        field: taken[field] for field in AS_WRITTEN
    }
