"""PJSIP's transports for each kind of trust, and the echo line's listener."""

from __future__ import annotations

import socket
from typing import NamedTuple

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.settings import Network
from voip.protocol.worker.accounts import AccountSetup, Trust
from voip.security.policy import DEMANDS

_TLS_TIMEOUT_MS = 10_000

_SOCKET_OPTIONS = (
    # Nagle's algorithm keeps a request behind an ACK back for 40 ms.
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    # Linux, milliseconds: data that is not acknowledged ends a connection.
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 10_000),
    # Seconds until a probe and between probes, and probes without an answer.
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
)
"""Options that send at once, and detect a lost peer within 20 s; a system may lack some."""


class Means(NamedTuple):
    """Everything that the accounts of one transport of PJSIP have in common.

    A TLS connection proves one name to one trust: others must not use it.
    """

    transport: Transport
    is_ipv6: bool
    server_name: str | None
    trust: Trust | None

    @classmethod
    def of(cls, setup: AccountSetup) -> Means:
        verified = DEMANDS[setup.transport].verified_server
        return cls(
            setup.transport,
            setup.target.is_ipv6,
            setup.server_name if verified else None,
            setup.trust if verified else None,
        )


_KINDS = {
    (Transport.UDP, False): pj.PJSIP_TRANSPORT_UDP,
    (Transport.UDP, True): pj.PJSIP_TRANSPORT_UDP6,
    (Transport.TCP, False): pj.PJSIP_TRANSPORT_TCP,
    (Transport.TCP, True): pj.PJSIP_TRANSPORT_TCP6,
    (Transport.TLS, False): pj.PJSIP_TRANSPORT_TLS,
    (Transport.TLS, True): pj.PJSIP_TRANSPORT_TLS6,
}


VOICE, _SIGNALLING = 46, 24
"""Code points EF (RFC 3246) and CS3, as RFC 4594 section 4 has them."""


def mark(config: pj.TransportConfig, code_point: int) -> None:
    """Mark what a transport sends for routers on the way (RFC 2474)."""
    config.qosParams.flags = pj.PJ_QOS_PARAM_HAS_DSCP
    config.qosParams.dscp_val = code_point


def create_transport(endpoint: pj.Endpoint, means: Means, network: Network) -> int:
    """Create a transport for outgoing connections; return PJSIP's id."""
    config = pj.TransportConfig()
    config.port = network.sip_port if means.transport is Transport.UDP else 0
    if network.dscp:
        mark(config, _SIGNALLING)
    if means.transport is Transport.TLS:
        if means.trust is None or not means.server_name:
            raise ValueError("a TLS transport needs an authority to trust and a name to prove")
        config.tlsConfig = tls_config_of(means.trust)
        config.tlsConfig.serverName = means.server_name
    elif means.transport is Transport.TCP:
        config.sockOptParams.sockOpts = _socket_options()
    return endpoint.transportCreate(_KINDS[means.transport, means.is_ipv6], config)


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


def tls_config_of(trust: Trust) -> pj.TlsConfig:
    """PJSIP's configuration of a trust, which has no name to prove yet."""
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
