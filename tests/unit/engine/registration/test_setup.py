"""Accounts of the file, as prepared for workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

import pytest
from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.choices import Dtmf, Prack, SessionTimer
from voip.engine.accounts import fields as account_fields
from voip.engine.accounts.fields import Account
from voip.engine.accounts.secrets import Passwords
from voip.engine.network.ice import Choice, Choices, IceTargets
from voip.engine.registration.setup import AS_WRITTEN, SetupError, ice_servers_of, setup_of
from voip.protection import Digest, Transport
from voip.protocol.worker.accounts import (
    AccountSetup,
    Credentials,
    IceServers,
    Relay,
    Target,
    Trust,
)

_TARGET = Target("192.0.2.1", 5061)

WRITTEN: dict[str, object] = {
    "user": "alice",
    "transport": "tcp",
    "display_name": "Alice",
    "register": False,
    "expires_s": 60,
    "minimum_digest": Digest.SHA_256,
    "codecs": ("pcma", "opus"),
    "opus_bit_rate": 16000,
    "opus_dtx": True,
    "dtmf": Dtmf.INFO,
    "session_timer": SessionTimer.REQUIRED,
    "session_expires_s": 900,
    "session_min_s": 120,
    "prack": Prack.OPTIONAL,
    "realtime_text": True,
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


_RELAY = Target("192.0.2.9", 5349)
_PIN = "ab" * 32


async def _servers(
    passwords: Passwords, found: IceTargets, before: IceServers | None = None, **values: object
) -> IceServers:
    account = account_fields.from_values(
        {"user": "alice", "domain": "pbx.example.com", "ca_file": "/ca.pem", **values}
    )
    choices = Choices(Choice(), Choice())
    return await ice_servers_of("work", account, found, passwords, choices, before)


@pytest.mark.parametrize(
    ("relay_name", "trust"),
    [
        # The pin is a key of the account's server.
        ("turn.example.com", Trust("/ca.pem", True)),
        ("PBX.example.com", Trust("/ca.pem", True, _PIN)),
    ],
)
async def test_a_relay_over_tls_has_the_trust_of_the_account(
    tmp_path: Path, relay_name: str, trust: Trust
) -> None:
    passwords = Passwords(tmp_path)
    found = IceTargets((Target("192.0.2.8", 3478),), "stun.example.com", (_RELAY,), relay_name)
    servers = await _servers(
        passwords, found,
        pin=_PIN, allow_wildcard=True, turn_server=relay_name, turn_transport="tls",
        turn_user="bob", turn_password_command="echo for the relay",
    )  # fmt: skip
    relay = Relay(_RELAY, relay_name, Transport.TLS, Credentials("bob", "for the relay"), trust)
    assert servers == IceServers(Target("192.0.2.8", 3478), relay)


async def test_the_user_at_the_relay_is_that_at_the_server(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path)
    targets = IceTargets(relays=(_RELAY,), relay_name="turn.example.com")
    cases: list[tuple[dict[str, Any], str]] = [({}, "alice"), ({"auth_user": "a.lice"}, "a.lice")]
    for values, user in cases:
        servers = await _servers(
            passwords,
            targets,
            turn_server="turn.example.com",
            turn_password_command="echo x",
            **values,
        )
        assert servers.relay == Relay(
            _RELAY, "turn.example.com", Transport.UDP, Credentials(user, "x")
        )


async def test_a_hidden_account_without_its_relay_is_kept_back(tmp_path: Path) -> None:
    missing = (Cause(CauseKind.RELAY_NOT_FOUND, ("turn.example.com",)),)
    passwords = Passwords(tmp_path)
    with pytest.raises(SetupError, match=r"the relay turn.example.com is not used"):
        await _servers(passwords, IceTargets(missing=missing), hide_identity=True)
    # Others call without it.
    assert await _servers(passwords, IceTargets(missing=missing)) == IceServers()


async def test_servers_that_are_not_found_again_stay(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path)
    relay = Relay(_RELAY, "turn.example.com", Transport.UDP, Credentials("alice", "x"))
    before = IceServers(Target("192.0.2.8", 3478), relay)
    for hides in (False, True):
        kept = await _servers(passwords, IceTargets(), before, hide_identity=hides)
        assert kept == before
    moved = Target("192.0.2.10", 5349)
    # Its password is not asked for again: the source may ask a person.
    found = IceTargets(relays=(moved,), relay_name="turn.example.com")
    servers = await _servers(
        passwords, found, before, turn_server="turn.example.com", turn_password_command="false"
    )
    assert servers == IceServers(before.stun, replace(relay, target=moved))
