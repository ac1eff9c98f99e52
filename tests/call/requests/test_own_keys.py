"""An account's certificate is replaced while its worker runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.call.requests.ground import Ground
from tests.support.keyfiles import fingerprint
from tests.support.peers import sip
from tests.support.pki import Authority, Leaf
from voip.model import CallState
from voip.protection import Keying
from voip.protocol.worker.accounts import CloseAccount, OwnKey, UseOwnKey
from voip.protocol.worker.calls import EndCall, StartCall

pytestmark = pytest.mark.asyncio(loop_scope="module")

_USER = "dora"


def _own_key(leaf: Leaf) -> OwnKey:
    return OwnKey(leaf.certificate.read_text() + leaf.key.read_text())


@pytest.mark.parametrize("hidden", [False, True])
async def test_calls_that_begin_afterwards_show_the_other_one(
    hidden: bool, ground: Ground, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    before, after = authority.issue("before"), authority.issue("after")
    server = await ground.new_server()
    invites: asyncio.Queue[sip.Message] = asyncio.Queue()

    def look(message: sip.Message) -> None:
        if message.method == "INVITE":
            invites.put_nowait(message)

    async def shown() -> str:
        call = ground.next_call()
        uri = f"sip:bob@{server.host}:{server.port};transport=tls"
        await ground.worker.ask(StartCall(call=call, account=_USER, uri=uri))
        offer = (await invites.get()).body
        await ground.worker.ask(EndCall(call=call, code=486))
        await ground.until_state(call, CallState.ENDED)
        return next(line for line in offer.splitlines() if line.startswith("a=fingerprint:"))

    server.on_request = look
    await ground.add(
        server, _USER, keying=Keying.DTLS, own_key=_own_key(before), register=False, hidden=hidden
    )
    assert await shown() == f"a=fingerprint:{fingerprint(before)}"
    await ground.worker.ask(UseOwnKey(name=_USER, own_key=_own_key(after)))
    assert await shown() == f"a=fingerprint:{fingerprint(after)}"
    assert await shown() == f"a=fingerprint:{fingerprint(after)}"
    await ground.worker.ask(CloseAccount(name=_USER))
    await server.stop()
    assert ground.ends == []
