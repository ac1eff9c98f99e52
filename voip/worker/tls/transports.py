"""PJSIP's transports for each kind of trust, and the echo line's listener."""

from __future__ import annotations

import socket

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.worker.accounts import Trust

_TLS_TIMEOUT_MS = 10_000

_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    # Linux, milliseconds: data that is not acknowledged ends a connection.
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 10_000),
    # Seconds until a probe and between probes, and probes without an answer.
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
)
"""Options to detect a lost peer within 20 s; a system may lack some."""


def create_transport(endpoint: pj.Endpoint, transport: Transport, trust: Trust | None) -> int:
    """Create a transport for outgoing connections; return PJSIP's id."""
    config = pj.TransportConfig()
    config.port = 0
    if transport is Transport.TLS:
        if trust is None:
            raise ValueError("a TLS transport needs an authority to trust")
        config.tlsConfig = _trusting(trust)
        return endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
    if transport is Transport.TCP:
        config.sockOptParams.sockOpts = _socket_options()
        return endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, config)
    return endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)


def create_listener(endpoint: pj.Endpoint, certificate: str, key: str) -> tuple[int, int]:
    """Create the echo line's TLS listener on loopback: PJSIP's id and port."""
    config = pj.TransportConfig()
    config.port = 0
    config.boundAddress = "127.0.0.1"
    config.tlsConfig = _tls_config(certificate)
    config.tlsConfig.certFile = certificate
    config.tlsConfig.privKeyFile = key
    config.tlsConfig.listen = True
    number = endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
    address = endpoint.transportGetInfo(number).localName
    return number, int(address.rpartition(":")[2])


def _trusting(trust: Trust) -> pj.TlsConfig:
    config = _tls_config(trust.ca_file)
    config.allowWildcard = trust.allow_wildcard
    if trust.pin is not None:
        # PJSIP would ignore an empty pin; it must accept nothing.
        config.pinnedKey = trust.pin or "none"
    if trust.client is not None:
        config.certFile = trust.client.certificate
        config.privKeyFile = trust.client.key
        config.password = trust.client.passphrase or ""
    return config


def _tls_config(ca_file: str) -> pj.TlsConfig:
    config = pj.TlsConfig()
    config.CaListFile = ca_file
    config.verifyServer = True
    config.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    config.enableRenegotiation = False
    config.msecTimeout = _TLS_TIMEOUT_MS
    config.sockOptParams.sockOpts = _socket_options()
    return config


def _socket_options() -> pj.SockOptVector:
    options = pj.SockOptVector()
    for level, name, value in _SOCKET_OPTIONS:
        number: int | None = getattr(socket, name, None)
        if number is not None:
            options.push_back(pj.SockOpt(level, number, value))
    return options
