"""A far end of the benches that is registered at the Kamailio over UDP."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Callable

from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.kamailio import DOMAIN

USER = "far"
SUITE = "AES_CM_128_HMAC_SHA1_80"
CRYPTO = re.compile(rf"^a=crypto:(\d+) {SUITE} inline:([^|\s]+)", re.MULTILINE)
HOST = re.compile(r"^c=IN IP4 (\S+)", re.MULTILINE)
MEDIA = re.compile(r"^m=audio (\d+) (\S+) (.*)$", re.MULTILINE)
"""Parts of an offer or answer (RFC 4566, RFC 4568)."""

_PATIENCE_S = 20.0


class Registered(asyncio.DatagramProtocol):
    """A user agent; what it does with a request is its heirs' `on_request`."""

    def __init__(self, registrar_port: int) -> None:
        self.registrar = (LOOPBACK, registrar_port)
        self.numbers = itertools.count(1)
        self._news = asyncio.Event()
        self._challenged = False
        self._registered = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(LOOPBACK, 0)
        )
        host, port = self.transport.get_extra_info("sockname")
        self.own = f"{host}:{port}"
        await self.register()

    async def register(self) -> None:
        """Register, for at most ten minutes."""
        self._registered = self._challenged = False
        self._send_register()
        await self.until(lambda: self._registered)

    async def stop(self) -> None:
        self.transport.close()

    @property
    def contact(self) -> str:
        return f"<sip:{USER}@{self.own}>"

    @property
    def via(self) -> str:
        return f"SIP/2.0/UDP {self.own}"

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a message after which the `condition` is true."""
        async with asyncio.timeout(_PATIENCE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    # Of its heirs

    def on_request(self, message: sip.Message) -> bytes | None:
        """Answer to a request; None without one."""
        raise NotImplementedError

    def on_response(self, message: sip.Message) -> None:
        """Act on a response to a request but REGISTER."""

    # Of the datagram protocol

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        for message in sip.Parser().feed(data):
            if message.status and message.get("CSeq").endswith("REGISTER"):
                self._on_registration(message)
            elif message.status:
                self.on_response(message)
            elif (answer := self.on_request(message)) is not None:
                self.transport.sendto(answer, address)
            self._news.set()

    def _on_registration(self, message: sip.Message) -> None:
        if message.status == 401 and not self._challenged:
            self._challenged = True
            self._send_register(message.get("WWW-Authenticate"))
        elif message.status // 100 == 2:
            self._registered = True
        elif message.status >= 300:
            raise AssertionError(f"the registrar refused the far end: {message.first}")

    def _send_register(self, challenge: str = "") -> None:
        uri, own = f"sip:{DOMAIN}", f"<sip:{USER}@{DOMAIN}>"
        extra = ["Expires: 600"]
        if challenge:
            realm, nonce = (_value(challenge, name) for name in ("realm", "nonce"))
            answer = _md5(
                f"{_md5(f'{USER}:{realm}:secret-{USER}')}:{nonce}:{_md5(f'REGISTER:{uri}')}"
            )
            extra.append(
                f'Authorization: Digest username="{USER}", realm="{realm}", nonce="{nonce}", '
                f'uri="{uri}", response="{answer}"'
            )
        dialog = sip.Dialog(f"{own};tag=far", own, f"far@{self.own}", uri)
        data = sip.within(
            dialog, "REGISTER", next(self.numbers), via=self.via, contact=self.contact,
            extra=tuple(extra),
        )  # fmt: skip
        self.transport.sendto(data, self.registrar)


def _value(challenge: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', challenge)
    assert found is not None
    return found[1]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # RFC 2617
