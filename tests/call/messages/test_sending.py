"""A text that is sent: its request, its end, and challenges without end."""

from __future__ import annotations

import pytest

from tests.call.requests.ground import USER, Ground
from tests.support.peers import sip
from voip.protection import Transport
from voip.protocol.worker.accounts import Credentials
from voip.protocol.worker.messages import SendText, TextSent

pytestmark = pytest.mark.asyncio(loop_scope="module")

_LOGIN = Credentials("dora", "secret")
_AGAIN = 'Proxy-Authenticate: Digest realm="pbx.test", nonce="{number}", stale=true'


async def _send(ground: Ground, number: int, text: str = "hello") -> TextSent:
    since = len(ground.events)
    suffix = "" if ground.transport is Transport.UDP else f";transport={ground.transport}"
    uri = f"sip:bob@pbx.test{suffix}"
    await ground.worker.ask(SendText(number=number, account=USER, uri=uri, text=text))
    return await ground.until(TextSent, lambda e: e.number == number, since)


@pytest.mark.parametrize("code", [200, 202, 404, 405, 503])
async def test_the_end_of_a_text_is_reported(ground: Ground, code: int) -> None:
    requests: list[sip.Message] = []

    def answer(message: sip.Message) -> None:
        requests.append(message)
        ground.server.send(sip.response(message, code, "Said"))

    ground.server.on_request = answer
    sent = await _send(ground, code, "Grüße\nthere")
    assert (sent.account, sent.code, sent.reason) == (USER, code, "Said")
    (request,) = requests
    assert request.method == "MESSAGE"
    assert request.body == "Grüße\r\nthere"
    assert request.get("Content-Type") == "text/plain"
    assert request.get("To") == "<sip:bob@pbx.test>"
    # RFC 3428 section 4.
    assert request.all("Contact") == []


async def test_challenges_without_end_are_given_up(ground: Ground) -> None:
    challenged: list[sip.Message] = []

    def challenge(message: sip.Message) -> None:
        challenged.append(message)
        extra = (_AGAIN.format(number=len(challenged)),)
        ground.server.send(sip.response(message, 407, "Who", extra=extra))

    ground.server.on_request = challenge
    await ground.add(ground.server, "dora", register=False, credentials=_LOGIN)
    since = len(ground.events)
    await ground.worker.ask(
        SendText(number=1, account="dora", uri="sip:bob@pbx.test", text="hello")
    )
    sent = await ground.until(TextSent, lambda e: e.account == "dora", since)
    assert sent.code == 407
    assert len(challenged) == 4
