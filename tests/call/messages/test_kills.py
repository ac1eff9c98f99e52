"""An engine that is killed loses no text that was answered 200, and keeps none twice."""

from __future__ import annotations

import asyncio
import contextlib
import random

from tests.conftest import NewPhone
from tests.support.parts import Parts
from tests.support.peers.hostile import own_host
from tests.support.peers.manycalls import Server
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.protection import Transport
from voip.protocol.people import GetMessages, Messages

_AT_ONCE = 4
_LATEST_S = 0.15
"""Latest moment of a kill: by then the engine has answered, even a slow one."""

_AGAIN_S = 0.5


class Sender:
    """Sends texts again until they are answered, as RFC 3261 section 17.1.2 says."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.answered: list[str] = []

    async def send(self, text: str) -> None:
        dialog = self._server.dialog()
        while True:
            asking = self._server.ask(
                dialog, "MESSAGE", body=text, extra=("Content-Type: text/plain",), branch=text
            )
            with contextlib.suppress(TimeoutError, AssertionError):
                answer = await asyncio.wait_for(asking, _AGAIN_S)
                if answer.status == 200:
                    self.answered.append(text)
                    return


async def test_no_text_is_lost_or_kept_twice(
    new_phone: NewPhone, authority: Authority, kills: int
) -> None:
    host = own_host()
    leaf = authority.issue(host, addresses=[host])
    async with Parts() as parts:
        server = await parts.begin(Server(host, Transport.UDP, leaf))
        phone = await new_phone()
        await phone.add_open("alice", host, server.port)
        await phone.until_registered("alice")
        sender = Sender(server)
        choice = random.Random(7)
        for kill in range(kills):
            texts = [f"text-{kill}-{number}" for number in range(_AT_ONCE)]
            sending = [asyncio.create_task(sender.send(text)) for text in texts]
            await asyncio.sleep(choice.uniform(0, _LATEST_S))
            await _kill(phone)
            await phone.start()
            await asyncio.gather(*sending)
        page = await phone.client.get(GetMessages(limit=1000), Messages)
    kept = sorted(message.text for message in page.messages)
    assert kept == sorted(sender.answered)
    assert len(kept) == kills * _AT_ONCE


async def _kill(phone: Phone) -> None:
    assert phone.process is not None
    await phone.detach()
    phone.process.kill()
    await phone.process.wait()
