"""Which SIP connections there are, and what was seen of each.

PJSIP names a connection by its address in memory, which is used again after
the connection has ended; here each gets a number that never comes back.
"""

from __future__ import annotations

import pjsua2 as pj

from voip.protection import TlsStatus, Transport
from voip.protocol.worker.process import ConnectionEvent
from voip.worker.tls import certificates, refusals


class Connections:
    def __init__(self) -> None:
        self._ids: dict[int, int] = {}
        self._last = 0

    def id_of(self, handle: int) -> int | None:
        """The number of the connection behind PJSIP's handle, if it is up."""
        return self._ids.get(handle)

    def is_up(self, number: int) -> bool:
        return number in self._ids.values()

    def on_state(
        self, prm: pj.OnTransportStateParam, describe: pj.Endpoint
    ) -> ConnectionEvent | None:
        """Fold a change that PJSIP reports; the event for the engine, if any."""
        transport = _transport(prm.type)
        if prm.state == pj.PJSIP_TP_STATE_CONNECTED:
            self._last += 1
            self._ids[prm.hnd] = self._last
            return ConnectionEvent(
                id=self._last,
                up=True,
                outgoing=prm.outgoing,
                transport=transport,
                host=prm.remoteName,
                port=prm.remotePort,
                tls=certificates.status(prm.tlsInfo) if transport is Transport.TLS else None,
                address=_address(prm),
            )
        number = self._ids.pop(prm.hnd, None)
        tls = _refused_tls(prm, transport)
        error = _error(prm, tls, describe)
        if number is None:
            if error is None:
                return None
            self._last += 1
            number = self._last
        return ConnectionEvent(
            id=number,
            up=False,
            outgoing=prm.outgoing,
            transport=transport,
            host=prm.remoteName,
            port=prm.remotePort,
            tls=tls,
            error=error,
            other_key=_other_key(prm, tls),
            distrusted=tls is not None and prm.tlsInfo.verifyStatus != 0,
        )


def _address(prm: pj.OnTransportStateParam) -> str | None:
    # Only what TLS reports holds an address beside the name that was dialled.
    host, _, _ = prm.tlsInfo.remoteAddr.rpartition(":")
    return host.strip("[]") or None


def _error(
    prm: pj.OnTransportStateParam, tls: TlsStatus | None, describe: pj.Endpoint
) -> str | None:
    # Without a certificate the handshake has failed for a reason of its own.
    if tls is not None:
        refused = refusals.certificate(prm.tlsInfo, prm.remoteName, tls.chain)
        if refused:
            return refused
    # A shutdown is a consequence; the disconnection tells the cause.
    if prm.state != pj.PJSIP_TP_STATE_DISCONNECTED or prm.lastError == 0:
        return None
    return refusals.handshake(describe.utilStrError(prm.lastError))


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
    # A certificate that was refused is shown too: the person decides by it.
    if transport is not Transport.TLS or prm.tlsInfo.isEmpty():
        return None
    return certificates.status(prm.tlsInfo) if prm.tlsInfo.remoteCertInfo.raw else None
