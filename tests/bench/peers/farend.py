"""A far end that reflects a phone's voice, or plays packets to it with gaps.

It is registered at the Kamailio over UDP, and answers every call at once with the
one codec that was asked for. RTCP is not read, and sent only of what is lost on purpose.
"""

from __future__ import annotations

import re

from tests.bench.peers.stream import Stream
from tests.bench.registered import CRYPTO, HOST, MEDIA, SUITE, Registered
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip

_RTCP = re.compile(r"^a=rtcp:(\d+)", re.MULTILINE)
_STATIC = {"PCMU": "0"}


class FarEnd(Registered):
    """A far end of one call at a time; `codec` is PCMU or opus."""

    def __init__(self, registrar_port: int) -> None:
        super().__init__(registrar_port)
        self.codec = "PCMU"
        self.stream: Stream | None = None
        self._call = ""
        self._answer = b""
        self.offer = ""
        self.calls = 0

    async def stop(self) -> None:
        self._close()
        await super().stop()

    async def answered(self, calls: int) -> Stream:
        """The stream of the phone's latest call, once there were more than `calls`."""
        await self.until(lambda: self.calls > calls and self.stream is not None)
        assert self.stream is not None
        return self.stream

    async def left(self) -> None:
        """Wait until the phone has hung up."""
        await self.until(lambda: self.stream is None)

    def on_request(self, message: sip.Message) -> bytes | None:
        if message.method == "INVITE":
            return self._on_invite(message)
        if message.method == "ACK":
            return None
        if message.method in ("BYE", "CANCEL") and message.get("Call-ID") == self._call:
            self._close()
        return sip.response(message, 200, "OK")

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
        self._answer = sip.response(message, 200, "OK", contact=self.contact, body=session)
        return self._answer

    def _session(self, offer: str) -> str | None:
        """The answer to an offer; None if it lacks the codec, or asks for other keys."""
        host, media = HOST.search(offer), MEDIA.search(offer)
        assert host is not None
        assert media is not None
        name = {"PCMU": "PCMU/8000", "opus": "opus/48000/2"}[self.codec]
        kind = re.search(rf"^a=rtpmap:(\d+) {name}", offer, re.MULTILINE | re.IGNORECASE)
        payload_type = kind[1] if kind else _STATIC.get(self.codec)
        if payload_type is None or payload_type not in media[3].split():
            return None
        crypto = CRYPTO.search(offer)
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
            lines.append(f"a=crypto:{crypto[1]} {SUITE} inline:{self.stream.key}")
        return "\r\n".join(lines) + "\r\n"

    def _close(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream, self._call = None, ""
