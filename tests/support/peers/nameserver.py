"""A real DNS server on loopback, over UDP, which answers as it is told."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

PORT = 53
_TTL_S = 300
_LONGEST_CHAIN = 8


class NameServer:
    """Answers from `records`: texts of records by name and type.

    A name in `rcodes` fails with that code, one in `silent` gets no answer; every
    answer comes after `delay_s`. With a `prefix` of 96 bits it is a DNS64 (RFC 6147):
    a name that has no IPv6 address gets those by which a translator leads to its
    IPv4 ones.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.records: dict[tuple[str, str], list[str]] = {}
        self.rcodes: dict[str, dns.rcode.Rcode] = {}
        self.silent: set[str] = set()
        self.is_silent = False
        self.prefix: IPv6Address | None = None
        self.delay_s = 0.0
        self.ttl_s = _TTL_S
        self.asked: list[tuple[str, str]] = []
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(self.host, PORT)
        )

    async def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def add(self, name: str, kind: str, *texts: str) -> None:
        """Set the records of a name, as in a zone file."""
        self.records[name, kind] = list(texts)

    def _append(
        self, response: dns.message.Message, name: str, kind: str, texts: list[str]
    ) -> None:
        if texts:
            answer: Any = dns.rrset.from_text(f"{name}.", self.ttl_s, "IN", kind, *texts)
            response.answer.append(answer)

    def send(self, data: bytes, to: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def answer(self, request: dns.message.Message) -> dns.message.Message | None:
        (question,) = request.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.is_silent or name in self.silent:
            return None
        response = dns.message.make_response(request)
        response.flags |= dns.flags.RA
        if name in self.rcodes:
            response.set_rcode(self.rcodes[name])
            return response
        if not any(owner == name for owner, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        for _ in range(_LONGEST_CHAIN):
            alias = self.records.get((name, "CNAME"))
            if not alias:
                break
            self._append(response, name, "CNAME", alias)
            name = alias[0].removesuffix(".")
        self._append(response, name, kind, self._texts(name, kind))
        return response

    def _texts(self, name: str, kind: str) -> list[str]:
        texts = self.records.get((name, kind), [])
        if texts or kind != "AAAA" or self.prefix is None:
            return texts
        return [
            str(IPv6Address(int(self.prefix) | int(IPv4Address(text))))
            for text in self.records.get((name, "A"), [])
        ]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        response = self._server.answer(dns.message.from_wire(data))
        if response is not None:
            wire = response.to_wire()
            asyncio.get_running_loop().call_later(
                self._server.delay_s, self._server.send, wire, addr
            )
