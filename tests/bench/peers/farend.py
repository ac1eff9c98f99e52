"""A far end that reflects a phone's voice, or plays packets to it with gaps.

It is registered at the Kamailio over UDP, and answers every call at once with the
one codec that was asked for. RTCP is not read, and sent only of what is lost on purpose.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Callable

from tests.bench.peers.stream import Stream
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.kamailio import DOMAIN

_USER = "far"
_PATIENCE_S = 20.0
_SUITE = "AES_CM_128_HMAC_SHA1_80"
_CRYPTO = re.compile(rf"^a=crypto:(\d+) {_SUITE} inline:([^|\s]+)", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP4 (\S+)", re.MULTILINE)
_MEDIA = re.compile(r"^m=audio (\d+) (\S+) (.*)$", re.MULTILINE)
_RTCP = re.compile(r"^a=rtcp:(\d+)", re.MULTILINE)
_STATIC = {"PCMU": "0"}


class FarEnd(asyncio.DatagramProtocol):
    """A far end of one call at a time; `codec` is PCMU or opus."""

    def __init__(self, registrar_port: int) -> None:
        self.codec = "PCMU"
        self.stream: Stream | None = None
        self._registrar = (LOOPBACK, registrar_port)
        self._news = asyncio.Event()
        self._numbers = itertools.count(1)
        self._challenged = False
        self._registered = False
        self._call = ""
        self._answer = b""
        self.offer = ""
        self.calls = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(LOOPBACK, 0)
        )
        host, port = self._transport.get_extra_info("sockname")
        self._own = f"{host}:{port}"
        await self.register()

    async def register(self) -> None:
        """Register, for at most ten minutes."""
        self._registered = self._challenged = False
        self._send_register()
        await self._until(lambda: self._registered)

    async def stop(self) -> None:
        self._close()
        self._transport.close()

    async def answered(self, calls: int) -> Stream:
        """The stream of the phone's latest call, once there were more than `calls`."""
        await self._until(lambda: self.calls > calls and self.stream is not None)
        assert self.stream is not None
        return self.stream

    async def left(self) -> None:
        """Wait until the phone has hung up."""
        await self._until(lambda: self.stream is None)

    # Of the datagram protocol

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        for message in sip.Parser().feed(data):
            if message.status:
                self._on_response(message)
            elif message.method == "INVITE":
                self._transport.sendto(self._on_invite(message), address)
            elif message.method != "ACK":
                self._transport.sendto(sip.response(message, 200, "OK"), address)
                if message.method in ("BYE", "CANCEL") and message.get("Call-ID") == self._call:
                    self._close()
            self._news.set()

    def _on_response(self, message: sip.Message) -> None:
        if message.status == 401 and not self._challenged:
            self._challenged = True
            self._send_register(message.get("WWW-Authenticate"))
        elif message.status // 100 == 2:
            self._registered = True
        elif message.status >= 300:
            raise AssertionError(f"the registrar refused the far end: {message.first}")

    def _on_invite(self, message: sip.Message) -> bytes:
        # UDP may bring one twice.
        if message.get("Call-ID") == self._call and "tag=" not in message.get("To"):
            return self._answer
        self._close()
        self._call, self.offer = message.get("Call-ID"), message.body
        session = self._session(message.body)
        if session is None:
            return sip.response(message, 488, "Not Acceptable Here")
        self.calls += 1
        contact = f"<sip:{_USER}@{self._own}>"
        self._answer = sip.response(message, 200, "OK", contact=contact, body=session)
        return self._answer

    def _session(self, offer: str) -> str | None:
        """The answer to an offer; None if it lacks the codec, or asks for other keys."""
        host, media = _HOST.search(offer), _MEDIA.search(offer)
        assert host is not None
        assert media is not None
        name = {"PCMU": "PCMU/8000", "opus": "opus/48000/2"}[self.codec]
        kind = re.search(rf"^a=rtpmap:(\d+) {name}", offer, re.MULTILINE | re.IGNORECASE)
        payload_type = kind[1] if kind else _STATIC.get(self.codec)
        if payload_type is None or payload_type not in media[3].split():
            return None
        crypto = _CRYPTO.search(offer)
        if "SAVP" in media[2] and crypto is None:
            return None
        # RFC 3605; without the attribute it is the next port.
        reports = _RTCP.search(offer)
        port = int(media[1])
        self.stream = Stream(
            (host[1], port),
            (host[1], int(reports[1]) if reports else port + 1),
            int(payload_type),
            crypto and crypto[2],
        )
        lines = [
            "v=0", f"o=- 1 1 IN IP4 {LOOPBACK}", "s=-", f"c=IN IP4 {LOOPBACK}", "t=0 0",
            f"m=audio {self.stream.port} {media[2]} {payload_type}",
            f"a=rtpmap:{payload_type} {name}", "a=ptime:20", "a=sendrecv",
        ]  # fmt: skip
        if self.codec == "opus":
            lines.append(f"a=fmtp:{payload_type} useinbandfec=1")
        if crypto is not None:
            lines.append(f"a=crypto:{crypto[1]} {_SUITE} inline:{self.stream.key}")
        return "\r\n".join(lines) + "\r\n"

    def _send_register(self, challenge: str = "") -> None:
        uri, own = f"sip:{DOMAIN}", f"<sip:{_USER}@{DOMAIN}>"
        extra = ["Expires: 600"]
        if challenge:
            realm, nonce = (_value(challenge, name) for name in ("realm", "nonce"))
            answer = _md5(
                f"{_md5(f'{_USER}:{realm}:secret-{_USER}')}:{nonce}:{_md5(f'REGISTER:{uri}')}"
            )
            extra.append(
                f'Authorization: Digest username="{_USER}", realm="{realm}", nonce="{nonce}", '
                f'uri="{uri}", response="{answer}"'
            )
        dialog = sip.Dialog(f"{own};tag=far", own, f"far@{self._own}", uri)
        data = sip.within(
            dialog, "REGISTER", next(self._numbers), via=f"SIP/2.0/UDP {self._own}",
            contact=f"<sip:{_USER}@{self._own}>", extra=tuple(extra),
        )  # fmt: skip
        self._transport.sendto(data, self._registrar)

    def _close(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream, self._call = None, ""

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


def _value(challenge: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', challenge)
    assert found is not None
    return found[1]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # RFC 2617
