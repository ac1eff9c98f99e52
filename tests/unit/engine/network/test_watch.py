from __future__ import annotations

from collections.abc import Mapping

import pytest

from voip.engine.network.watch import Watch, Way
from voip.protocol.worker.accounts import Target

_TARGET = Target("198.51.100.7", 5061)
_ELSEWHERE = Target("203.0.113.7", 5061)


class Machine:
    """Accounts and routes of a machine; `news` lists what the watch reported."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.default: str | None = "192.0.2.10"
        self.routes: dict[str, str | None] = {_TARGET.address: "192.0.2.10"}
        self.accounts = {"work": Way(_TARGET, "192.0.2.10")}
        self.news: list[tuple[str, ...]] = []
        self.watch = Watch(self, self._forget, self._find, lambda: self.now)

    def look(self, after_s: float = 1.0) -> list[tuple[str, ...]]:
        """News of a look after some time."""
        self.now += after_s
        self.news = []
        self.watch.look()
        return self.news

    def ways(self) -> Mapping[str, Way]:
        return dict(self.accounts)

    def on_move(self, name: str, here: str) -> None:
        self.news.append(("moved", name, here))
        self.accounts[name] = Way(self.accounts[name].target, here)

    def on_loss(self, name: str) -> None:
        self.news.append(("lost", name))
        self.accounts[name] = Way(self.accounts[name].target, None)

    def on_new_network(self) -> None:
        self.news.append(("new network",))

    def _forget(self) -> None:
        self.news.append(("names forgotten",))

    def _find(self, address: str, _port: int) -> str | None:
        return self.routes.get(address, self.default)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_quiet_network_is_no_news(machine: Machine) -> None:
    assert machine.look() == []
    assert machine.look() == []


def test_a_changed_address_is_reported_once(machine: Machine) -> None:
    machine.routes[_TARGET.address] = "192.0.2.11"
    assert machine.look() == [("moved", "work", "192.0.2.11")]
    assert machine.look() == []


def test_a_change_before_the_first_look_at_an_account_is_one(machine: Machine) -> None:
    machine.accounts["home"] = Way(_ELSEWHERE, "192.0.2.9")
    assert machine.look() == [("moved", "home", "192.0.2.10")]


def test_a_lost_route_and_its_return_are_reported(machine: Machine) -> None:
    machine.routes[_TARGET.address] = None
    assert machine.look() == [("lost", "work")]
    assert machine.look() == []
    machine.routes[_TARGET.address] = "192.0.2.10"
    assert machine.look() == [("moved", "work", "192.0.2.10")]


def test_another_target_is_no_move(machine: Machine) -> None:
    machine.accounts["work"] = Way(_ELSEWHERE, "192.0.2.10")
    assert machine.look() == []


def test_names_are_asked_anew_in_another_network(machine: Machine) -> None:
    machine.default = "10.0.0.5"
    assert machine.look() == [("names forgotten",), ("new network",)]
    assert machine.look() == []


def test_after_a_sleep_everything_moves(machine: Machine) -> None:
    news = [("names forgotten",), ("new network",), ("moved", "work", "192.0.2.10")]
    assert machine.look(after_s=60) == news
    assert machine.look() == []


def test_a_busy_machine_has_not_slept(machine: Machine) -> None:
    assert machine.look(after_s=9) == []
