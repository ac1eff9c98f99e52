"""SIP connections by number, and the accounts that they belong to.

PJSIP names a connection by its address in memory and uses that again after its
end; the numbers here are never used again.

Text does not decide: any server can name any account. A connection belongs to
the accounts whose own requests it carried; a UDP address, to those whose
requests it answered (RFC 3261 sections 18.1.2 and 26.3.2.2). Before the first
answer, and after a refusal, PJSIP does not report which of its transports made a
connection: then the server's name and the address that was dialled decide, and
which accounts have no connection there, or would refuse the key that was shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import pjsua2 as pj

from voip.causes import Cause
from voip.protection import TlsStatus, Transport
from voip.protocol.worker.accounts import AccountSetup, Target
from voip.protocol.worker.process import ConnectionEvent
from voip.worker.tls import certificates, refusals

_MOST_LEFT = 4
"""Targets that an account may leave within PJSIP's timeout of a handshake."""

_MOST_ADDRESSES = 16
"""Addresses from which one target may answer over UDP."""


class _Way(NamedTuple):
    """Way to an account's server."""

    transport: Transport
    server_name: str
    target: Target
    pin: str | None

    def leads_to(self, prm: pj.OnTransportStateParam) -> bool:
        """Report if PJSIP would dial a connection this way.

        PJSIP names a TLS connection by its server, others by their address.
        """
        name = self.server_name if self.transport is Transport.TLS else self.target.address
        same = (name.lower(), self.target.port) == (_bare(prm.remoteName), prm.remotePort)
        return same and prm.remoteAddress in ("", self.target.address)

    def accepts(self, tls: TlsStatus | None) -> bool:
        """Report if it trusts what a server has shown, as far as pins tell."""
        if tls is None or not tls.pinned:
            return self.pin is None
        return tls.peer is not None and self.pin == tls.peer.key_sha256

    def refuses(self, other_key: str | None) -> bool:
        """Report if it is pinned to another key; without one, if it is not pinned."""
        return self.pin is None if other_key is None else self.pin not in (None, other_key)


class _Answering(NamedTuple):
    """UDP addresses that have answered an account, at one target of it."""

    way: _Way | None
    addresses: deque[str]


class Connections:
    """Book of connections by number, and of UDP addresses as host:port."""

    def __init__(self) -> None:
        self._ids: dict[int, int] = {}
        self._last = 0
        self._ways: dict[str, _Way] = {}
        self._left: dict[str, deque[_Way]] = {}
        self._by_connection: dict[int, set[str]] = {}
        self._in_use: dict[str, int] = {}
        self._remotes: dict[int, tuple[str, int]] = {}
        self._answering: dict[str, _Answering] = {}

    def expect(self, setup: AccountSetup) -> None:
        """Note the server that an account's requests go to."""
        pin = setup.trust.pin if setup.trust is not None else None
        way = _Way(setup.transport, setup.server_name, setup.target, pin)
        before = self._ways.get(setup.name, way)
        if before != way:
            self._left.setdefault(setup.name, deque(maxlen=_MOST_LEFT)).append(before)
        self._ways[setup.name] = way

    def use(self, account: str, connection: int) -> None:
        """Note a connection that carried the account's own request."""
        self._by_connection.setdefault(connection, set()).add(account)
        self._in_use[account] = connection

    def leave(self, account: str) -> None:
        """Note that an account's next request goes over another connection."""
        self._in_use.pop(account, None)

    def answered(self, account: str, address: str) -> None:
        """Note a UDP address of the account's server.

        Those of a target that was left stay until the next one answers: calls still
        come from them.
        """
        way = self._ways.get(account)
        answering = self._answering.get(account)
        if answering is None or answering.way != way:
            answering = _Answering(way, deque(maxlen=_MOST_ADDRESSES))
            self._answering[account] = answering
        if address not in answering.addresses:
            answering.addresses.append(address)

    def forget(self, account: str) -> None:
        self.leave(account)
        self._ways.pop(account, None)
        self._left.pop(account, None)
        self._answering.pop(account, None)
        for accounts in self._by_connection.values():
            accounts.discard(account)

    def of_connection(self, connection: int) -> frozenset[str]:
        return frozenset(self._by_connection.get(connection, ()))

    def of_message(self, received: pj.SipRxData) -> frozenset[str]:
        """Accounts of the connection or address that a message came from."""
        connection = self.id_of(received.transport)
        if connection is not None:
            return self.of_connection(connection)
        return self.of_address(received.srcAddress)

    def of_address(self, address: str) -> frozenset[str]:
        """Accounts of a UDP address, or else of its host.

        A server may call from another port than the one that answers, unless
        that port is another server's.
        """
        rows = [(at, name) for name, a in self._answering.items() for at in a.addresses]
        exact = frozenset(name for at, name in rows if at == address)
        host = _host(address)
        return exact or frozenset(name for at, name in rows if _host(at) == host)

    def id_of(self, handle: int) -> int | None:
        """Number of the connection of PJSIP's handle, None if it is not up."""
        return self._ids.get(handle)

    def handle_of(self, number: int | None) -> int | None:
        """PJSIP's handle of a connection, None if it is not up."""
        return next((handle for handle, each in self._ids.items() if each == number), None)

    def is_up(self, number: int | None) -> bool:
        return number is not None and number in self._ids.values()

    def on_state(
        self, prm: pj.OnTransportStateParam, describe: pj.Endpoint
    ) -> ConnectionEvent | None:
        """Note a change that PJSIP reports; return the engine's event, if any."""
        transport = _transport(prm.type)
        if prm.state == pj.PJSIP_TP_STATE_CONNECTED:
            self._last += 1
            self._ids[prm.hnd] = self._last
            tls = certificates.status(prm.tlsInfo) if transport is Transport.TLS else None
            accounts = self._expecting(prm, transport, lambda way: way.accepts(tls))
            self._remotes[self._last] = prm.remoteAddress, prm.remotePort
            return ConnectionEvent(
                id=self._last,
                up=True,
                outgoing=prm.outgoing,
                transport=transport,
                host=self._name(prm, accounts),
                port=prm.remotePort,
                tls=tls,
                address=_address(prm),
                accounts=accounts,
            )
        number = self._ids.pop(prm.hnd, None)
        tls = _refused_tls(prm, transport)
        cause = _cause(prm, tls, describe)
        if number is None:
            if cause is None:
                return None
            self._last += 1
            number = self._last
        self._remotes.pop(number, None)
        other_key = _other_key(prm, tls)
        distrusted = tls is not None and prm.tlsInfo.verifyStatus != 0
        carried = self._by_connection.pop(number, set())
        accounts = tuple(sorted(carried)) or self._expecting(
            prm, transport, lambda way: not distrusted or way.refuses(other_key), other_key
        )
        return ConnectionEvent(
            id=number,
            up=False,
            outgoing=prm.outgoing,
            transport=transport,
            host=self._name(prm, accounts),
            port=prm.remotePort,
            tls=tls,
            cause=cause,
            other_key=other_key,
            accounts=accounts,
        )

    def _name(self, prm: pj.OnTransportStateParam, accounts: tuple[str, ...]) -> str:
        """Name of a server, also where PJSIP knows its address alone."""
        way = self._ways.get(accounts[0]) if accounts else None
        return way.server_name if way else prm.remoteName

    def _expecting(
        self,
        prm: pj.OnTransportStateParam,
        transport: Transport,
        fits: Callable[[_Way], bool],
        other_key: str | None = None,
    ) -> tuple[str, ...]:
        """Accounts that a connection is dialled for, by their ways to it."""
        if not prm.outgoing:
            return ()
        remote = prm.remoteAddress, prm.remotePort
        expecting = {
            name
            for name, current in self._ways.items()
            # A handshake may show another key after its target was left.
            for way in (current, *(self._left.get(name, ()) if other_key else ()))
            if way.transport is transport
            and way.leads_to(prm)
            and fits(way)
            # An account dials no server that it is connected to.
            and self._remotes.get(self._in_use.get(name, 0)) != remote
        }
        return tuple(sorted(expecting))


def _bare(host: str) -> str:
    return host.strip("[]").lower()


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _address(prm: pj.OnTransportStateParam) -> str | None:
    # That of a finished handshake alone; `remoteName` is the dialled name.
    host, _, _ = prm.tlsInfo.remoteAddr.rpartition(":")
    return host.strip("[]") or None


def _cause(
    prm: pj.OnTransportStateParam, tls: TlsStatus | None, describe: pj.Endpoint
) -> Cause | None:
    # Without a certificate the handshake failed for another reason.
    if tls is not None:
        refused = refusals.certificate(prm.tlsInfo, prm.remoteName, tls.chain)
        if refused:
            return refused
    # A shutdown is a consequence; the disconnection has the cause.
    if prm.state != pj.PJSIP_TP_STATE_DISCONNECTED or prm.lastError == 0:
        return None
    return refusals.connection(prm.lastError, describe.utilStrError(prm.lastError))


def _other_key(prm: pj.OnTransportStateParam, tls: TlsStatus | None) -> str | None:
    if tls is None or tls.peer is None or not refusals.is_other_key(prm.tlsInfo):
        return None
    return tls.peer.key_sha256


def _transport(name: str) -> Transport:
    kind = name.upper()
    if kind.startswith("TLS"):
        return Transport.TLS
    return Transport.TCP if kind.startswith("TCP") else Transport.UDP


def _refused_tls(prm: pj.OnTransportStateParam, transport: Transport) -> TlsStatus | None:
    # The user needs a refused certificate to decide whether to accept it.
    if transport is not Transport.TLS or prm.tlsInfo.isEmpty():
        return None
    return certificates.status(prm.tlsInfo) if prm.tlsInfo.remoteCertInfo.raw else None
