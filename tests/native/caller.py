"""A server that calls a probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import NewServer
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer

_UNWATCHED = 9
"""Port without a receiver, for tests that look elsewhere."""


@dataclass
class Caller:
    """A server that calls a probe over the connection that it registered on."""

    probe: Probe
    server: HostileServer
    connection: Connection
    contact: str

    @property
    def was_active(self) -> bool:
        """True if a stream of the probe has had SRTP."""
        return any(event["event"] == "srtp" and event["active"] for event in self.probe.events)

    def send_invite(self, profile: str, attributes: tuple[str, ...], port: int = _UNWATCHED) -> str:
        return self._send("INVITE", sip.sdp(self.server.host, port, profile, attributes))

    async def invite(
        self, profile: str, attributes: tuple[str, ...], port: int = _UNWATCHED
    ) -> sip.Message:
        """First answer but “Trying” to an offer."""
        return await self._answer(self.send_invite(profile, attributes, port))

    async def reinvite(
        self,
        before: sip.Message,
        profile: str,
        attributes: tuple[str, ...],
        port: int,
        formats: str = "0 101",
    ) -> sip.Message:
        """Answer to another offer in a call; `before` is that to the one before."""
        self.acknowledge(before)
        body = sip.sdp(self.server.host, port, profile, attributes, formats)
        return await self._offer(before, "INVITE", body)

    async def offer(self, before: sip.Message, body: str) -> sip.Message:
        """Answer to any other session in a call whose last answer has its ACK."""
        return await self._offer(before, "INVITE", body)

    async def update(
        self, before: sip.Message, profile: str, attributes: tuple[str, ...]
    ) -> sip.Message:
        """Answer to another offer by UPDATE (RFC 3311), which is over with it."""
        body = sip.sdp(self.server.host, _UNWATCHED, profile, attributes)
        return await self._offer(before, "UPDATE", body)

    async def _offer(self, before: sip.Message, method: str, body: str) -> sip.Message:
        number = int(before.get("CSeq").split()[0]) + 1
        self.connection.send(
            sip.within(
                self._dialog(before), method, number, via=self._via, contact=self._own, body=body
            )
        )
        _, answer = await self.server.until(
            lambda m: m.status > 100 and m.get("CSeq") == f"{number} {method}"
        )
        return answer

    def acknowledge(self, answer: sip.Message) -> None:
        """Send the ACK of a final answer to an offer."""
        number = int(answer.get("CSeq").split()[0])
        branch = None
        if answer.status >= 300:
            branch = answer.get("Via").split("branch=z9hG4bK-")[1].split(";")[0]
        self.connection.send(
            sip.within(
                self._dialog(answer), "ACK", number, via=self._via, contact=self._own, branch=branch
            )
        )

    async def ask(self, method: str, body: str = "", **fields: Any) -> sip.Message:
        """First answer but “Trying” to any request; `fields` are more of it."""
        return await self._answer(self._send(method, body, **fields))

    @property
    def _via(self) -> str:
        return f"SIP/2.0/TLS {self.server.host}:{self.server.port}"

    @property
    def _own(self) -> str:
        return f"<sip:mallory@{self.server.host}:{self.server.port};transport=tls>"

    def _dialog(self, answer: sip.Message) -> sip.Dialog:
        return sip.Dialog(answer.get("From"), answer.get("To"), answer.get("Call-ID"), self.contact)

    async def call_after(self, before: sip.Message, body: str) -> sip.Message:
        """Answer to the offer of a new call, sent at once with the BYE of the one before."""
        number = int(before.get("CSeq").split()[0]) + 1
        goodbye = sip.within(self._dialog(before), "BYE", number, via=self._via, contact=self._own)
        invite = self._request("INVITE", body)
        self.connection.send(goodbye + invite)
        [message] = sip.Parser().feed(invite)
        return await self._answer(message.get("Call-ID"))

    def _send(self, method: str, body: str = "", **fields: Any) -> str:
        data = self._request(method, body, **fields)
        self.connection.send(data)
        [message] = sip.Parser().feed(data)
        return message.get("Call-ID")

    def _request(self, method: str, body: str = "", **fields: Any) -> bytes:
        return sip.request(
            method,
            self.contact,
            via=self._via,
            to="<sip:alice@pbx.test>",
            contact=self._own,
            body=body,
            **fields,
        )

    async def _answer(self, call_id: str) -> sip.Message:
        _, answer = await self.server.until(
            lambda message: message.status > 100 and message.get("Call-ID") == call_id
        )
        return answer


async def registered(
    new_probe: NewProbe,
    new_server: NewServer,
    library: Path | None = None,
    base: Mapping[str, str] | None = None,
    **settings: object,
) -> Caller:
    """A probe that has registered with a server, which may call it."""
    server = await new_server()
    probe = await new_probe(
        names=None,
        system=None,
        base=base,
        library=library,
        server=f"{server.host}:{server.port}",
        **{"bound": server.host, **settings},
    )
    connection, register = await server.until(lambda message: message.method == "REGISTER")
    assert (await probe.until("registration"))["code"] == 200
    contact = register.get("Contact").split("<", 1)[1].split(">", 1)[0]
    return Caller(probe, server, connection, contact)
