"""Own keys in the engine: the accounts that get them, and their deletion."""

from __future__ import annotations

import json
from typing import Any

from tests.support.standin.engine import StandIn
from voip.model import RegistrationState
from voip.protection import ComparedKey
from voip.protocol.accounts import CheckAccount, RegisterAccount, RemoveAccount
from voip.protocol.worker.accounts import OpenAccount, OwnKey, UseOwnKey

DTLS: dict[str, Any] = {"media_keying": "dtls"}


def given(standin: StandIn, name: str = "work") -> OwnKey | None:
    """Return the key that a worker last got with an account."""
    added = [order for order in standin.script.orders if isinstance(order, OpenAccount)]
    return [order.account.own_key for order in added if order.account.name == name][-1]


async def test_a_worker_is_given_the_key_of_each_account(standin: StandIn) -> None:
    await standin.add_account("work", **DTLS)
    await standin.add_account("home", **DTLS)
    await standin.add_account("hidden", hide_identity=True, **DTLS)
    await standin.add_account("usual")
    kept = {
        name: json.loads((standin.paths.own_keys / f"{name}.json").read_text())["pem"]
        for name in ("work", "home")
    }
    assert len(set(kept.values())) == 2
    for name, pem in kept.items():
        assert given(standin, name) == OwnKey(pem)
    assert given(standin, "hidden") is given(standin, "usual") is None
    assert len(list(standin.paths.own_keys.iterdir())) == 2


async def test_an_account_that_is_removed_takes_its_key_along(standin: StandIn) -> None:
    await standin.add_account("work", **DTLS)
    before = given(standin)
    await standin.client.ask(RemoveAccount(name="work"))
    assert list(standin.paths.own_keys.iterdir()) == []
    await standin.add_account("work", **DTLS)
    assert given(standin) != before


async def test_a_trial_shows_no_key_and_makes_none(standin: StandIn) -> None:
    fields = {"user": "alice", "domain": "pbx.example.com", **DTLS}
    await standin.client.ask(CheckAccount(name="new", fields=fields, password="secret"))
    trials = [order for order in standin.script.orders if isinstance(order, OpenAccount)]
    assert [order.account.own_key for order in trials] == [None]
    assert not standin.paths.own_keys.exists()


async def test_a_damaged_key_stops_the_account_and_a_copy_brings_it_back(
    standin: StandIn,
) -> None:
    await standin.add_account("work", **DTLS)
    before = given(standin)
    path = standin.paths.own_keys / "work.json"
    kept = path.read_bytes()
    await standin.stop()
    path.write_bytes(b"{")
    since = len(standin.events)
    await standin.start()
    status = await standin.reaches(
        lambda s: s.accounts[0].registration.state is RegistrationState.FAILED
    )
    assert f"{path} is damaged" in status.accounts[0].registration.reason
    assert path.read_bytes() == b"{"
    path.write_bytes(kept)
    await standin.client.ask(RegisterAccount(account="work"))
    await standin.until_registered("work", since)
    assert given(standin) == before


async def test_a_key_that_is_missing_where_words_were_compared_is_news(standin: StandIn) -> None:
    await standin.add_account("work", **DTLS)
    standin.engine.compared_keys.remember(
        ComparedKey("work", "bob@example.com", "f", "2026-01-01T00:00:00Z")
    )
    await standin.stop()
    (standin.paths.own_keys / "work.json").unlink()
    since = len(standin.events)
    await standin.start()
    await standin.until_registered("work", since)
    # No client was connected to get the notice.
    (problem,) = (await standin.status()).engine.problems
    assert problem.startswith("account work has a new key: ")
    await standin.client.ask(RemoveAccount(name="work"))
    assert (await standin.status()).engine.problems == ()


async def test_a_key_that_grows_too_old_is_replaced_while_the_phone_runs(
    standin: StandIn,
) -> None:
    await standin.add_account("work", **DTLS)
    await standin.add_account("home", **DTLS)
    await standin.engine.registrations.look_at_keys()
    assert changes(standin) == []
    path = standin.paths.own_keys / "work.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "made": "2020-01-01T00:00:00Z"}))
    await standin.engine.registrations.look_at_keys()
    (change,) = changes(standin)
    assert change == UseOwnKey("work", OwnKey(json.loads(path.read_text())["pem"]))
    assert change.own_key != given(standin)
    await standin.engine.registrations.look_at_keys()
    assert len(changes(standin)) == 1


async def test_a_key_that_is_damaged_while_the_phone_runs_is_shown_until_its_end(
    standin: StandIn,
) -> None:
    await standin.add_account("work", **DTLS)
    (standin.paths.own_keys / "work.json").write_bytes(b"{")
    await standin.engine.registrations.look_at_keys()
    assert changes(standin) == []
    assert "is damaged" in standin.log
    assert (await standin.status()).accounts[0].registration.state is RegistrationState.REGISTERED


def changes(standin: StandIn) -> list[UseOwnKey]:
    """Return the commands to workers that replace keys."""
    return [order for order in standin.script.orders if isinstance(order, UseOwnKey)]
