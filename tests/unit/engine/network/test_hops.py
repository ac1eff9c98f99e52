"""Names that requests in a dialog are sent to, with a scripted worker."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnswerName, NameAsked

_DOMAIN = "pbx.example.com"
_WORK, _HOME, _OTHER = "192.0.2.1", "192.0.2.2", "192.0.2.3"


async def _add(standin: StandIn, name: str, server: str) -> None:
    await standin.add(name, user=name, domain=_DOMAIN, transport="tcp", server=server)
    await standin.until_registered(name)


async def _answer(standin: StandIn, name: str, account: str | None) -> AnswerName:
    standin.script.worker(Role.OPEN).send(NameAsked(name=name, account=account))
    await standin.script.until(AnswerName, 1)
    (answer,) = standin.script.of_kind(AnswerName)
    return answer


@pytest.mark.parametrize(
    ("account", "address", "port"), [("work", _WORK, 5070), ("home", _HOME, 5080)]
)
async def test_the_domain_leads_to_the_proxy_of_the_account(
    account: str, address: str, port: int, standin: StandIn
) -> None:
    standin.names.addresses_of[_DOMAIN] = (_OTHER,)
    await _add(standin, "work", f"{_WORK}:5070")
    await _add(standin, "home", f"{_HOME}:5080")
    answer = await _answer(standin, _DOMAIN.upper(), account)
    assert (answer.addresses, answer.port) == ((address,), port)


async def test_without_an_account_proxies_that_differ_are_not_used(standin: StandIn) -> None:
    standin.names.addresses_of[_DOMAIN] = (_OTHER,)
    await _add(standin, "work", f"{_WORK}:5070")
    await _add(standin, "home", f"{_HOME}:5080")
    answer = await _answer(standin, _DOMAIN, None)
    assert (answer.addresses, answer.port) == ((_OTHER,), None)


async def test_without_an_account_the_one_proxy_is_used(standin: StandIn) -> None:
    await _add(standin, "work", f"{_WORK}:5070")
    await _add(standin, "home", f"{_WORK}:5070")
    answer = await _answer(standin, _DOMAIN, None)
    assert (answer.addresses, answer.port) == ((_WORK,), 5070)


async def test_another_name_is_looked_up(standin: StandIn) -> None:
    standin.names.addresses_of["edge.example.com"] = (_OTHER,)
    await _add(standin, "work", f"{_WORK}:5070")
    answer = await _answer(standin, "edge.example.com", "work")
    assert (answer.addresses, answer.port) == ((_OTHER,), None)
