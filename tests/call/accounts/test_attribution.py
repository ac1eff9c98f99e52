"""Accounts of one domain at two servers, and of two at one: each gets what is its own."""

from __future__ import annotations

import contextlib

import pytest

from tests.call.conftest import NewFarEnd
from tests.conftest import NewPhone
from tests.support.keyfiles import pin_of
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import own_host
from tests.support.peers.openend import OpenEnd
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.causes import CauseKind
from voip.model import RegistrationState
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallEvent, HangUp
from voip.protocol.phone import NoticeEvent

_DOMAIN = "pbx.test"
_NAMES = ("work", "home")
_STOPS = "stops"


async def _add(phone: Phone, name: str, far: FarEnd, **fields: str) -> None:
    values = {"user": name, "domain": _DOMAIN, **fields}
    await phone.add(name, "secret", server=f"{far.server.host}:{far.server.port}", **values)
    if name != _STOPS:
        await phone.until_registered(name)


async def _with_proxies(
    new_phone: NewPhone, new_far: NewFarEnd, authority: Authority
) -> tuple[Phone, dict[str, FarEnd]]:
    """A phone with accounts of one domain, each with an outbound proxy of its own."""
    phone = await new_phone()
    proxies = {name: await new_far() for name in _NAMES}
    for name, far in proxies.items():
        await _add(phone, name, far, ca_file=str(authority.file))
    return phone, proxies


@pytest.mark.parametrize("name", _NAMES)
async def test_a_call_stays_with_the_proxy_of_its_account(
    name: str, new_phone: NewPhone, new_far: NewFarEnd, authority: Authority
) -> None:
    phone, proxies = await _with_proxies(new_phone, new_far, authority)
    far = proxies[name]
    far.contact = f"<sip:far@{_DOMAIN};transport=tls>"
    call = await phone.call("bob", account=name)
    await far.invited()
    far.answers()
    await far.server.until(lambda m: m.method == "ACK")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    await phone.client.ask(HangUp(call=call))
    await far.server.until(lambda m: m.method == "BYE")


def _takes_calls(end: OpenEnd) -> None:
    """Answer calls, with the domain in Contact."""

    def answer(message: sip.Message) -> bytes | None:
        if message.method != "INVITE":
            return None
        body = sip.sdp(end.host, end.rtp.getsockname()[1])
        return sip.response(message, 200, contact=f"<sip:far@{_DOMAIN}>", body=body)

    end.answer = answer


@pytest.mark.parametrize("name", _NAMES)
async def test_a_call_over_udp_stays_with_the_proxy_of_its_account(
    name: str, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    with contextlib.ExitStack() as stack:
        ends = {each: OpenEnd(own_host()) for each in _NAMES}
        for each, end in ends.items():
            await end.start()
            stack.callback(end.stop)
            _takes_calls(end)
            await phone.add_open(each, end.host, end.port)
            await phone.until_registered(each)
        call = await phone.call("bob", account=name)
        await ends[name].until(lambda m: m.method == "ACK")
        await phone.client.ask(HangUp(call=call))
        await ends[name].until(lambda m: m.method == "BYE")
        (other,) = (end for each, end in ends.items() if each != name)
        assert {"ACK", "BYE"}.isdisjoint(m.method for m in other.messages)


@pytest.mark.parametrize("name", _NAMES)
async def test_a_connection_that_drops_is_of_its_account(
    name: str, new_phone: NewPhone, new_far: NewFarEnd, authority: Authority
) -> None:
    phone, proxies = await _with_proxies(new_phone, new_far, authority)
    position = len(phone.events)
    proxies[name].drop_connection()
    await phone.until_registered(name, position)
    changed = [
        e.event.account for e in phone.events[position:] if isinstance(e.event, AccountEvent)
    ]
    assert {account.name for account in changed} == {name}
    causes = [account.registration.cause for account in changed]
    assert CauseKind.CONNECTION_DROPPED in {cause.kind for cause in causes if cause}


@pytest.mark.parametrize("names", [("home", _STOPS), (_STOPS, "home")])
async def test_another_key_stops_the_account_that_is_not_pinned_to_it(
    names: tuple[str, ...], new_phone: NewPhone, new_far: NewFarEnd, authority: Authority
) -> None:
    phone, far = await new_phone(), await new_far()
    leaf = authority.issue("another", addresses=[far.server.host])
    pins = {_STOPS: pin_of(leaf.certificate), "home": pin_of(far.leaf.certificate)}
    for name in names:
        await _add(phone, name, far, pin=pins[name])
    alarm = await phone.until(NoticeEvent, lambda e: "has stopped" in e.text)
    assert alarm.text.startswith(f"account {_STOPS} has stopped")
    accounts = {account.name: account for account in (await phone.status()).accounts}
    assert accounts[_STOPS].distrusted
    assert not accounts["home"].distrusted
    assert accounts["home"].registration.state is RegistrationState.REGISTERED


@pytest.mark.parametrize("name", _NAMES)
async def test_a_call_rings_the_account_of_the_domain_that_was_called(
    name: str, new_phone: NewPhone, new_far: NewFarEnd, authority: Authority
) -> None:
    """Two domains at one server, with a user of the same name in each."""
    phone, far = await new_phone(), await new_far()
    for each in _NAMES:
        trust = {"ca_file": str(authority.file)}
        await _add(phone, each, far, user="alice", domain=f"{each}.test", **trust)
    await far.calls("<sip:bob@pbx.test>", to=f"alice@{name}.test")
    rang = await phone.until(CallEvent, lambda e: True)
    assert rang.call.account == name
