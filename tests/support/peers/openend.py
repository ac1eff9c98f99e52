"""A far end in the clear: SIP over UDP (RFC 3261 section 18), and RTP."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable

from tests.support.peers import sip

_PATIENCE_S = 20
_OFFERED_MEDIA = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
_OFFERED_HOST = re.compile(r"^c=IN IP4 (\S+)", re.MULTILINE)

Answer = Callable[[sip.Message], bytes | None]


class OpenEnd(asyncio.DatagramProtocol):
    """A far end that answers 200 unless `answer` returns another answer.

    An INVITE is answered with `session`. `messages` are the received ones,
    `sizes` the bytes of the first INVITE of each call.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.port = 0
        self.answer: Answer = lambda _: None
        self.session: Callable[[sip.Message, int], str] | None = None
        self.sizes: list[int] = []
        self.messages: list[sip.Message] = []
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((host, 0))
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]

    def stop(self) -> None:
        self._transport.close()
        self.rtp.close()

    def send(self, packet: bytes, offer: sip.Message) -> None:
        """Send a datagram from the RTP port to the address in the phone's offer."""
        host, port = _OFFERED_HOST.search(offer.body), _OFFERED_MEDIA.search(offer.body)
        assert host is not None
        assert port is not None
        self.rtp.sendto(packet, (host[1], int(port[1])))

    async def until(self, condition: Callable[[sip.Message], bool]) -> sip.Message:
        """First message for which `condition` is true."""
        async with asyncio.timeout(_PATIENCE_S), self._news:
            while True:
                for message in self.messages:
                    if condition(message):
                        return message
                await self._news.wait()

    async def invited(self) -> sip.Message:
        return await self.until(lambda m: m.method == "INVITE")

    async def call(self, session: str) -> Awaitable[sip.Message]:
        """Call the registered account, and send the ACK when its answer comes."""
        register = await self.until(lambda m: m.method == "REGISTER")
        contact = register.get("Contact").split("<", 1)[1].split(">", 1)[0]
        host, _, port = contact.split("@")[1].split(";")[0].rpartition(":")
        dialog = sip.Dialog("<sip:far@pbx.test>;tag=far", "<sip:a@pbx.test>", "far@open", contact)
        via = f"SIP/2.0/UDP {self.host}:{self.port}"
        own = f"<sip:far@{self.host}:{self.port}>"

        def send(method: str, to: str, body: str = "") -> None:
            said = sip.Dialog(dialog.sender, to, dialog.call_id, dialog.target)
            data = sip.within(said, method, 1, via=via, contact=own, body=body)
            self._transport.sendto(data, (host, int(port)))

        async def answered() -> sip.Message:
            answer = await self.until(lambda m: m.status == 200 and "INVITE" in m.get("CSeq"))
            send("ACK", answer.get("To"))
            return answer

        send("INVITE", dialog.to, session)
        return asyncio.create_task(answered())

    # Of the datagram protocol

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        for message in sip.Parser().feed(data):
            if message.method == "INVITE":
                self.sizes.append(len(data))
            self.messages.append(message)
            self._note()
            if not message.status and message.method != "ACK":
                self._transport.sendto(self.answer(message) or self._taken(message), address)

    def _taken(self, message: sip.Message) -> bytes:
        if message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            return sip.response(message, 200, "OK", contact=contact)
        if message.method != "INVITE" or self.session is None:
            return sip.response(message, 200, "OK")
        return sip.response(
            message,
            200,
            "OK",
            contact=f"<sip:far@{self.host}:{self.port}>",
            body=self.session(message, self.rtp.getsockname()[1]),
        )

    def _note(self) -> None:
        async def tell() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
