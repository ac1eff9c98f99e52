"""PJSIP's configuration of an account."""

from __future__ import annotations

import pjsua2 as pj

from voip import routing
from voip.protection import Digest, Keying, Transport
from voip.protocol.settings import Network
from voip.protocol.worker.accounts import AccountSetup
from voip.security.policy import DEMANDS
from voip.sip.dialing import escape_user
from voip.sip.network import translation
from voip.worker import headers
from voip.worker.accounts import nat, sessions
from voip.worker.tls.transports import VOICE, mark
from voip.worker.vectors import strings

ALGORITHMS = {
    Digest.MD5: pj.PJSIP_AUTH_ALGORITHM_MD5,
    Digest.SHA_256: pj.PJSIP_AUTH_ALGORITHM_SHA256,
    Digest.SHA_512_256: pj.PJSIP_AUTH_ALGORITHM_SHA512_256,
}

_REPETITIONS = 4
"""Packets that repeat each real-time text: one text of 100,000 is lost at 10 % loss."""


def config(setup: AccountSetup, transport_id: int, network: Network) -> pj.AccountConfig:
    """PJSIP's configuration of an account, for one transport only."""
    config = pj.AccountConfig()
    parameter = "" if setup.transport is Transport.UDP else f";transport={setup.transport.value}"
    config.idUri = _id_uri(setup)
    # A request URI must not lead a request to another server or transport than
    # the account's own.
    # With `hide` PJSIP uses the route and writes no Route header, which would show
    # an address where servers expect their name.
    config.sipConfig.proxies = strings([f"sip:{setup.target}{parameter};lr;hide"])
    config.sipConfig.transportId = transport_id
    if setup.credentials is not None:
        config.sipConfig.authCreds = _credentials(setup)
    if setup.register:
        config.regConfig.registrarUri = f"sip:{setup.registrar}{parameter}"
        config.regConfig.headers.push_back(headers.header("Supported", "gruu"))
    config.regConfig.registerOnAdd = False
    config.regConfig.timeoutSec = setup.expires_s
    config.regConfig.disableRegOnModify = True
    config.mwiConfig.enabled = setup.register and not setup.trial
    if setup.trial:
        # RFC 5626: a binding of the same instance would replace the account's own.
        config.natConfig.sipOutboundUse = 0
    # PJSIP would make one of the machine's name.
    config.natConfig.sipOutboundInstanceId = f"<{setup.instance}>"
    # PJSIP's own keepalive has no answer, which would notice a server that is gone.
    config.natConfig.udpKaIntervalSec = 0
    # The engine retries, backs off and reports it; PJSIP would retry as well.
    config.regConfig.retryIntervalSec = 0
    config.regConfig.firstRetryIntervalSec = 0
    sessions.configure(config.callConfig, setup)
    _choose_ports(config.mediaConfig.transportConfig, network)
    # PJSIP would take the address of the default route, where the server may be
    # reached by another.
    here = routing.local_address(setup.target.address, setup.target.port)
    if nat.is_translated(setup):
        # The server knows nothing of IPv6, and sends voice back to where it comes from.
        here = translation.BEHIND
    config.mediaConfig.transportConfig.publicAddress = here or ""
    # A router forgets a way by which nothing is sent, on hold too.
    config.mediaConfig.streamKaEnabled = True
    # The family of SIP: PJSIP would offer IPv4 to a server reached by IPv6, and its
    # preference for either offers an address that the other end may lack.
    config.mediaConfig.ipv6Use = (
        pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if nat.speaks_ipv6(setup) else pj.PJSUA_IPV6_DISABLED
    )
    config.textConfig.redundancyLevel = _REPETITIONS
    # A re-INVITE for a single codec restarts DTLS with some servers.
    config.mediaConfig.lockCodecEnabled = False
    nat.configure(config.natConfig, setup)
    _demand_srtp(config.mediaConfig, setup)
    return config


def _choose_ports(transport: pj.TransportConfig, network: Network) -> None:
    transport.port = 0
    if network.rtp_range is not None:
        first, last = network.rtp_range
        transport.port = first
        # RTCP has the port after the one that PJSIP chooses.
        transport.portRange = last - first - 1
        transport.randomizePort = True
    if network.dscp:
        mark(transport, VOICE)


def _demand_srtp(media: pj.AccountMediaConfig, setup: AccountSetup) -> None:
    mandatory = DEMANDS[setup.transport].srtp_mandatory
    media.srtpUse = pj.PJMEDIA_SRTP_MANDATORY if mandatory else pj.PJMEDIA_SRTP_OPTIONAL
    media.srtpSecureSignaling = 1 if mandatory else 0
    keying = (
        pj.PJMEDIA_SRTP_KEYING_DTLS_SRTP
        if setup.keying is Keying.DTLS
        else pj.PJMEDIA_SRTP_KEYING_SDES
    )
    keyings = pj.IntVector()
    keyings.push_back(keying)
    media.srtpOpt.keyings = keyings
    suites = pj.SrtpCryptoVector()
    for name in setup.suites:
        suite = pj.SrtpCrypto()
        suite.name = name
        suites.push_back(suite)
    media.srtpOpt.cryptos = suites
    if setup.own_key is not None:
        media.srtpOpt.dtlsIdentity = setup.own_key.pem


def _credentials(setup: AccountSetup) -> pj.AuthCredInfoVector:
    vector = pj.AuthCredInfoVector()
    if setup.credentials is not None:
        credential = pj.AuthCredInfo(
            "digest", "*", setup.credentials.user, 0, setup.credentials.password
        )
        credential.minimumAlgorithm = ALGORITHMS[setup.minimum_digest]
        vector.push_back(credential)
    return vector


def _id_uri(setup: AccountSetup) -> str:
    address = f"sip:{escape_user(setup.user)}@{setup.domain}"
    if not setup.display_name or setup.hidden:
        return f"<{address}>"
    name = setup.display_name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{address}>'
