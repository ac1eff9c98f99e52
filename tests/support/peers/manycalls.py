"""A SIP server with many dialogs with one account, over TLS or UDP.

Requests come in any order: Call-ID and CSeq assign answers to them.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import TypedDict, Unpack

from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer
from tests.support.pki import Leaf
from voip.protection import Transport

_PATIENCE_S = 30
_NUMBERS = itertools.count(1)

OnRequest = Callable[[sip.Message], None]


class More(TypedDict, total=False):
    """Optional parts of a request, as in `sip.within`."""

    body: str
    extra: tuple[str, ...]
    branch: str | None


class Server:
    """The server; `on_request` gets the phone's requests but REGISTER.

    `registered` is the first REGISTER. Answers are awaited with `ask`.
    """

    def __init__(self, host: str, transport: Transport, leaf: Leaf) -> None:
        self.host = host
        self.transport = transport
        self.port = 0
        self.on_request: OnRequest = lambda _: None
        self.registered: asyncio.Future[sip.Message] = asyncio.get_running_loop().create_future()
        self._tls = HostileServer(host, self._on_stream, leaf)
        self._connection: Connection | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._phone: tuple[str, int] | None = None
        self._waiting: dict[tuple[str, str], asyncio.Future[sip.Message]] = {}
        self._provisional: dict[str, asyncio.Future[sip.Message]] = {}
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((host, 0))

    async def start(self) -> None:
        if self.transport is Transport.TLS:
            await self._tls.start()
            self.port = self._tls.port
            return
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._on_datagram), local_addr=(self.host, 0)
        )
        self.port = self._datagrams.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        if self._datagrams is not None:
            self._datagrams.close()
        else:
            await self._tls.stop()
        self._rtp.close()

    @property
    def rtp_port(self) -> int:
        return int(self._rtp.getsockname()[1])

    @property
    def via(self) -> str:
        return f"SIP/2.0/{self.transport.value.upper()} {self.host}:{self.port}"

    @property
    def contact(self) -> str:
        return f"<sip:far@{self.host}:{self.port};transport={self.transport.value}>"

    def send(self, data: bytes) -> None:
        if self._datagrams is not None:
            self._datagrams.sendto(data, self._phone)
        else:
            assert self._connection is not None, "nobody has connected yet"
            self._connection.send(data)

    def reaches(self, other: Server) -> None:
        """Send to the address of another server's phone, over UDP."""
        self._phone = other._phone
        if not self.registered.done():
            self.registered.set_result(other.registered.result())

    def dialog(self, user: str | None = None, to_tag: str = "") -> sip.Dialog:
        """A new dialog with the account, or with another `user` of it."""
        register = self.registered.result()
        target = _address(register.get("Contact"))
        to = register.get("To").split(";tag=")[0]
        if user is not None:
            own = target.split(":", 1)[1].split("@", 1)[0]
            target, to = (text.replace(f":{own}@", f":{user}@") for text in (target, to))
        number = next(_NUMBERS)
        return sip.Dialog(
            sender=f'"Far" <sip:far@pbx.test>;tag=far{number}',
            to=to + (f";tag={to_tag}" if to_tag else ""),
            call_id=f"many-{number}@{self.host}",
            target=target,
        )

    async def ask(
        self, dialog: sip.Dialog, method: str, number: int = 1, **more: Unpack[More]
    ) -> sip.Message:
        """Send a request; returns its final answer."""
        key = (dialog.call_id, f"{number} {method}")
        waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        self.tell(dialog, method, number, **more)
        try:
            return await asyncio.wait_for(waiting, _PATIENCE_S)
        except TimeoutError:
            raise AssertionError(f"no answer to {method} {dialog.target} {more}") from None
        finally:
            del self._waiting[key]

    async def begins_to_answer(self, dialog: sip.Dialog) -> sip.Message:
        """Next answer in a dialog above 100."""
        heard: asyncio.Future[sip.Message] = asyncio.get_running_loop().create_future()
        self._provisional[dialog.call_id] = heard
        answer = await asyncio.wait_for(heard, _PATIENCE_S)
        del self._provisional[dialog.call_id]
        return answer

    def tell(self, dialog: sip.Dialog, method: str, number: int = 1, **more: Unpack[More]) -> None:
        self.send(sip.within(dialog, method, number, via=self.via, contact=self.contact, **more))

    def acknowledge(self, dialog: sip.Dialog, answer: sip.Message, body: str = "") -> sip.Dialog:
        """Send the ACK of an INVITE's final answer; returns the dialog after it."""
        branch, target = None, dialog.target
        if answer.status >= 300:
            branch = answer.get("Via").split("branch=z9hG4bK-")[1].split(";")[0]
        elif answer.all("Contact"):
            target = _address(answer.get("Contact"))
        established = sip.Dialog(dialog.sender, answer.get("To"), dialog.call_id, target)
        self.tell(established, "ACK", int(answer.get("CSeq").split()[0]), branch=branch, body=body)
        return established

    def _on_stream(self, connection: Connection, message: sip.Message) -> None:
        self._connection = connection
        connection.messages.clear()
        self._on_message(message)

    def _on_datagram(self, data: bytes, address: tuple[str, int]) -> None:
        for message in sip.Parser().feed(data):
            # Empty lines come from another socket, and are no message.
            self._phone = address
            self._on_message(message)

    def _on_message(self, message: sip.Message) -> None:
        if message.status:
            heard = self._provisional.get(message.get("Call-ID"))
            if message.status > 100 and heard is not None and not heard.done():
                heard.set_result(message)
            waiting = self._waiting.get((message.get("Call-ID"), message.get("CSeq")))
            if message.status >= 200 and waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            self.send(sip.response(message, 200, "OK", contact=contact))
            if not self.registered.done():
                self.registered.set_result(message)
        elif message.method == "SUBSCRIBE":
            self.send(sip.response(message, 489, "Bad Event"))
        else:
            self.on_request(message)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._heard(data, addr)


def _address(value: str) -> str:
    return value.split("<", 1)[1].split(">", 1)[0]
