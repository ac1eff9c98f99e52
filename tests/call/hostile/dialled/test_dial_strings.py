"""Hostile dial strings choose no other transport and add no header."""

from __future__ import annotations

import pytest

from tests.call.hostile.dialled.conftest import busy, invites
from tests.call.hostile.stage import Stage
from voip.client.errors import CommandFailed
from voip.model import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BOB = "sip:bob@pbx.test;transport=tls"

_CALLED = {
    "bob": _BOB,
    "sip:bob@pbx.test": _BOB,
    "sips:bob@pbx.test": _BOB,
    "sip:bob@pbx.test;transport=udp": _BOB,
    "sip:bob@pbx.test;transport=tcp": _BOB,
    "sip:bob@pbx.test;TRANSPORT=UDP": _BOB,
    "sip:bob@pbx.test;x=sips:": _BOB,
    "sip:bob@pbx.test;maddr=127.0.0.1": _BOB,
    "sip:bob@pbx.test;lr": _BOB,
    "sip:bob@pbx.test;ob": _BOB,
    '"x" <sip:bob@pbx.test>': _BOB,
    "<sip:bob@pbx.test>": _BOB,
    "bob@127.0.0.1:5060": "sip:bob@127.0.0.1:5060;transport=tls",
    "sip:bob@[::1]:5060;transport=udp": "sip:bob@[::1]:5060;transport=tls",
    "tel:+34600111222;phone-context=udp": "sip:+34600111222@pbx.test;transport=tls",
    "tel:30123;phone-context=+49": "sip:+4930123@pbx.test;transport=tls",
    "tel:9%23": "sip:9%23@pbx.test;transport=tls",
    "\u202a(+49) 30 123\u202c": "sip:+4930123@pbx.test;transport=tls",
    "sip:+4930123;npdi;rn=+4989@pbx.test;user=phone": "sip:+4930123@pbx.test;transport=tls",
    "sip:alice;day=tuesday@pbx.test": "sip:alice;day=tuesday@pbx.test;transport=tls",
    "9bob": "sip:9bob@pbx.test;transport=tls",
    "100,,55#": "sip:100@pbx.test;transport=tls",
    "100;1;2": "sip:100@pbx.test;transport=tls",
}
"""Dial string, and the URI that the account's own server gets."""

_IN_GERMANY = {
    "+49 (0)30 123456": "030123456",
    "030 123456": "030123456",
    "30 123456": "30123456",
    "+34 600 111 222": "0034600111222",
    "0034 600 111 222": "0034600111222",
    "**620": "**620",
    "*31#030123456": "*31%23030123456",
    "112": "112",
    "tel:112;phone-context=+49": "112",
    "tel:030123456;phone-context=evil.test": "030123456",
    "sip:+4930123456@pbx.test": "+4930123456",
}
"""Dial string, and the user that the server gets from an account with a country."""

_REFUSED = {
    "sip:bob@pbx.test;transport=ws": "“ws” is not a transport of this phone",
    "sip:bob;transport=udp@pbx.test": "“transport=udp” stands in front of the @",
    "+1 555 0100 ext. 5": "call +15550100, then send 5 as tones",
    "600 100, 600 200": "call 600100, then send 600200 as tones",
    "100;transport=udp,5": "“udp,5” is not a transport of this phone",
    "100,5@pbx.test?X=y": "an address with headers (“?…”) is not called",
    "24h Hotline": "is not a number: remove what is not part of one",
    "555 0100\n555 0200": "the address holds control characters",
    "anonymous@anonymous.invalid": "nobody can be called there",
    "sip:bob@pbx.test?Subject=x": "an address with headers (“?…”) is not called",
    "sip:bob@pbx.test?Route=%3Csip:127.0.0.1:5060;transport=udp;lr%3E": "with headers (“?…”)",
    "sip:bob@pbx.test?body=x": "an address with headers (“?…”) is not called",
    "sip:bob%0d%0aX: y@pbx.test": "is not the address of a phone",
    "sip:bob%2541b@pbx.test": "a name with “%” cannot be called",
    "sip:bob@pbx.test\r\nX: y": "the address holds control characters",
    "sip:bob@pbx.test>;tag=1": "“pbx.test>” is not the name of a server",
    "sip:bob@pbx.test:99999": "99999 is not a port: ports go from 1 to 65535",
    "im:bob@pbx.test": "is not the address of a phone",
    "//pbx.test/bob": "is neither a number nor an address",
    "bob@": "is not the name or address of a server",
    "@pbx.test": "the address lacks the name in front of the @",
    "b\x00b": "the address holds control characters",
    "": "there is nothing to call",
}


@pytest.mark.parametrize("target", list(_CALLED))
async def test_it_is_called_over_the_accounts_own_connection(stage: Stage, target: str) -> None:
    server = await stage.registered(busy)
    entry = await stage.until_logged(await stage.call(target))
    assert entry.outcome is Outcome.BUSY
    (invite,) = invites(server)
    assert invite.uri == _CALLED[target]
    assert not invite.all("Subject")


@pytest.mark.parametrize("target", list(_IN_GERMANY))
async def test_its_number_is_that_of_the_same_telephone(stage: Stage, target: str) -> None:
    server = await stage.registered(busy, country="DE", plus="00", trunk="0")
    await stage.until_logged(await stage.call(target))
    (invite,) = invites(server)
    assert invite.uri == f"sip:{_IN_GERMANY[target]}@pbx.test;transport=tls"


@pytest.mark.parametrize("target", list(_REFUSED))
async def test_it_is_not_called_at_all(stage: Stage, target: str) -> None:
    server = await stage.registered(busy)
    with pytest.raises(CommandFailed) as refused:
        await stage.call(target)
    assert _REFUSED[target] in str(refused.value)
    assert invites(server) == []
