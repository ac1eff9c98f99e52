"""Hostile links: Enter calls whom they name, over the account's connection, or nobody."""

from __future__ import annotations

import pytest

from tests.call.hostile.dialled.conftest import busy, invites
from tests.call.hostile.stage import Stage
from voip.client.errors import CommandFailed
from voip.model import Outcome
from voip.sip.links import dialled

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BOB = "sip:bob@pbx.test;transport=tls"

_CALLED = {
    "sip:bob@pbx.test?Route=%3Csip:{sink};transport=udp;lr%3E": _BOB,
    "sip:bob@pbx.test?Replaces=1%40{host}%3Bto-tag=a%3Bfrom-tag=b": _BOB,
    "sip:bob@pbx.test?Call-Info=%3Csip:{sink}%3E&Subject=x%0d%0aVia:%20y": _BOB,
    "sip:bob@pbx.test?body=c=IN%20IP4%20{host}": _BOB,
    "sip:bob@pbx.test;maddr={host}": _BOB,
    "sip:bob@pbx.test;transport=udp;lr": _BOB,
    "sip:bob@pbx.test;method=REFER": _BOB,
    "sip:bob@pbx.test;x=bob@{sink}": _BOB,
    "sip:bob:secret@pbx.test": _BOB,
    "sip:bob%3Btransport=udp@pbx.test": "sip:bob;transport=udp@pbx.test;transport=tls",
    "sip:bob%40{host}@pbx.test": "sip:bob%40{host}@pbx.test;transport=tls",
    "tel:+34600111222;maddr={host};method=MESSAGE?Replaces=x":
        "sip:+34600111222@pbx.test;transport=tls",
    "tel:30123;phone-context=+49": "sip:+4930123@pbx.test;transport=tls",
    "tel:7042;phone-context={host}": "sip:7042@pbx.test;transport=tls",
}  # fmt: skip
"""Link, and the URI that the account's own server gets."""

_REFUSED = {
    "sip:bob;transport=udp@pbx.test": "“transport=udp” stands in front of the @",
    "sip:bob@pbx.test;transport=ws": "“ws” is not a transport of this phone",
    "sip:bob%0d%0aX:y@pbx.test": "the address holds control characters",
    "sip:{sink}": "names nobody",
    "sip:%2541bob@pbx.test": "a name with “%” cannot be called",
    "sip:bob%2541b@pbx.test": "a name with “%” cannot be called",
    "tel:100;ext=5": "call 100, then send 5 as tones",
    "tel:100,,5": "call 100, then send 5 as tones",
    "tel:100@{sink}": "is not the address of a phone",
}
"""Link, and why Enter calls nobody; `sink` is another server."""


def _aimed(stage: Stage, link: str) -> str:
    port = stage.sinks.open_both()
    return link.format(sink=f"{stage.host}:{port}", host=stage.host)


@pytest.mark.parametrize("link", list(_CALLED))
async def test_a_link_has_no_effect_besides_its_callee(stage: Stage, link: str) -> None:
    server = await stage.registered(busy)
    entry = await stage.until_logged(await stage.call(dialled(_aimed(stage, link))))
    assert entry.outcome is Outcome.BUSY
    (invite,) = invites(server)
    assert invite.uri == _CALLED[link].format(host=stage.host)
    for name in ("Route", "Replaces", "Call-Info", "Subject", "Refer-To"):
        assert not invite.all(name)
    assert "secret@" not in str(invite)


@pytest.mark.parametrize("link", list(_REFUSED))
async def test_a_link_that_names_nobody_calls_nobody(stage: Stage, link: str) -> None:
    server = await stage.registered(busy)
    with pytest.raises(CommandFailed) as refused:
        await stage.call(dialled(_aimed(stage, link)))
    assert _REFUSED[link] in str(refused.value)
    assert invites(server) == []
