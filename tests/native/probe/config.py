"""PJSIP's configuration, as a test's settings describe it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pjsua2 as pj

_KEYINGS = {
    "sdes": pj.PJMEDIA_SRTP_KEYING_SDES,
    "dtls": pj.PJMEDIA_SRTP_KEYING_DTLS_SRTP,
}
_ALGORITHMS = {
    None: pj.PJSIP_AUTH_ALGORITHM_NOT_SET,
    "MD5": pj.PJSIP_AUTH_ALGORITHM_MD5,
    "SHA-256": pj.PJSIP_AUTH_ALGORITHM_SHA256,
    "SHA-512-256": pj.PJSIP_AUTH_ALGORITHM_SHA512_256,
}
_USES = {
    "disabled": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


_RELAY_TYPES = {
    "udp": pj.PJ_TURN_TP_UDP,
    "tcp": pj.PJ_TURN_TP_TCP,
    "tls": pj.PJ_TURN_TP_TLS,
}


def transport_type(settings: dict[str, Any]) -> int:
    if settings.get("ipv6"):
        return pj.PJSIP_TRANSPORT_TLS6
    types = {"tls": pj.PJSIP_TRANSPORT_TLS, "tcp": pj.PJSIP_TRANSPORT_TCP}
    return types[settings.get("transport", "tls")]


def transport_config(settings: dict[str, Any]) -> pj.TransportConfig:
    config = pj.TransportConfig()
    config.port = 0
    config.boundAddress = settings.get("bound", "")
    config.tlsConfig.CaListFile = settings["ca_file"]
    config.tlsConfig.certFile = settings.get("certificate", "")
    config.tlsConfig.privKeyFile = settings.get("key", "")
    config.tlsConfig.verifyServer = True
    config.tlsConfig.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    config.tlsConfig.allowWildcard = settings.get("allow_wildcard", False)
    config.tlsConfig.listen = settings.get("listen", False)
    config.tlsConfig.serverName = settings.get("server_name", "")
    config.tlsConfig.pinnedKey = settings.get("pin", "")
    return config


def account_config(settings: dict[str, Any], user: str, transport: int) -> pj.AccountConfig:
    config = pj.AccountConfig()
    config.idUri = f"<sip:{user}@pbx.test>"
    credential = pj.AuthCredInfo("digest", "*", user, 0, "secret")
    credential.minimumAlgorithm = _ALGORITHMS[settings.get("minimum_algorithm")]
    config.sipConfig.authCreds.push_back(credential)
    if not settings.get("any_transport"):
        config.sipConfig.transportId = transport
    if "server" in settings:
        protocol = settings.get("transport", "tls")
        config.regConfig.registrarUri = f"sip:{settings['server']};transport={protocol}"
    for proxy in settings.get("proxies", []):
        config.sipConfig.proxies.append(proxy)
    config.natConfig.iceEnabled = settings.get("ice", False)
    config.natConfig.iceMaxHostCands = settings.get("host_candidates", -1)
    config.natConfig.iceStunServer = settings.get("stun", "")
    if "relay" in settings:
        _use_relay(config.natConfig, settings["relay"])
    config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
    config.regConfig.retryIntervalSec = 0
    config.regConfig.firstRetryIntervalSec = 0
    config.mediaConfig.transportConfig.port = 0
    config.mediaConfig.transportConfig.boundAddress = settings.get("bound", "")
    if "translated" in settings:
        config.natConfig.nat64Opt = pj.PJSUA_NAT64_ENABLED
        config.mediaConfig.transportConfig.boundAddress = ""
        config.mediaConfig.transportConfig.publicAddress = settings["translated"]
    config.mediaConfig.lockCodecEnabled = False
    use = settings.get("srtp", "mandatory")
    config.mediaConfig.srtpUse = _USES[use]
    config.mediaConfig.srtpSecureSignaling = 1 if use == "mandatory" else 0
    config.textConfig.redundancyLevel = settings.get("redundancy", 0)
    keyings = pj.IntVector()
    for name in settings.get("keyings", ["sdes"]):
        keyings.push_back(_KEYINGS[name])
    config.mediaConfig.srtpOpt.keyings = keyings
    if "identity" in settings:
        config.mediaConfig.srtpOpt.dtlsIdentity = Path(settings["identity"]).read_text()
    return config


def _use_relay(nat: pj.AccountNatConfig, relay: dict[str, Any]) -> None:
    nat.turnEnabled = True
    nat.turnServer = relay["server"]
    nat.turnConnType = _RELAY_TYPES[relay.get("transport", "tls")]
    nat.turnUserName, nat.turnPassword = relay["user"], relay["password"]
    nat.turnTls.CaListFile = relay.get("ca_file", "")
    nat.turnTls.serverName = relay.get("name", "")
    nat.turnTls.allowWildcard = relay.get("allow_wildcard", False)
    nat.turnTls.pinnedKey = relay.get("pin", "")
    # What PJSIP is told about verification and versions must not matter.
    nat.turnTls.verifyServer = False


def options(status: int = 0, texts: int = 0) -> pj.CallOpParam:
    parameters = pj.CallOpParam(True)
    parameters.statusCode = status
    parameters.opt.audioCount = 1
    parameters.opt.videoCount = 0
    parameters.opt.textCount = texts
    return parameters
