"""ICE of an account, as PJSIP gets it."""

from __future__ import annotations

import pjsua2 as pj
import pytest
from msgspec.structs import replace

from voip.protection import Transport
from voip.protocol.settings import Network
from voip.protocol.worker.accounts import (
    AccountSetup,
    Credentials,
    IceServers,
    Relay,
    Target,
    Trust,
)
from voip.worker.accounts.configuration import config

_PIN = "ab" * 32
_RELAY = Relay(
    Target("2001:db8::9", 5349),
    "turn.example.com",
    Transport.TLS,
    Credentials("alice", "for the relay"),
    Trust("/ca.pem", True, _PIN),
)
SETUP = AccountSetup(
    name="work",
    user="alice",
    domain="pbx.example.com",
    instance="urn:uuid:1",
    transport=Transport.TLS,
    server_name="pbx.example.com",
    target=Target("192.0.2.1", 5061),
    registrar="pbx.example.com",
    ice_servers=IceServers(Target("192.0.2.8", 3478), _RELAY),
)


def test_a_relay_over_tls_gets_all_of_the_trust() -> None:
    account = config(SETUP, 0, Network())
    nat = account.natConfig
    assert (nat.iceEnabled, nat.turnEnabled) == (True, True)
    assert (nat.turnServer, nat.turnConnType) == ("[2001:db8::9]:5349", pj.PJ_TURN_TP_TLS)
    assert (nat.turnUserName, nat.turnPassword) == ("alice", "for the relay")
    tls = nat.turnTls
    assert (tls.CaListFile, tls.serverName) == ("/ca.pem", "turn.example.com")
    assert (tls.allowWildcard, tls.pinnedKey) == (True, _PIN)
    assert tls.proto == pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    assert (nat.iceStunServer, nat.iceMaxHostCands) == ("192.0.2.8:3478", -1)


@pytest.mark.parametrize("lacking", [{"trust": None}, {"server_name": ""}])
def test_a_relay_over_tls_that_proves_nothing_is_an_error(lacking: dict[str, object]) -> None:
    relay = replace(_RELAY, **lacking)
    with pytest.raises(ValueError, match="needs an authority to trust and a name"):
        config(replace(SETUP, ice_servers=IceServers(relay=relay)), 0, Network())


def test_a_hidden_account_offers_its_relay_alone() -> None:
    account = config(replace(SETUP, hidden=True), 0, Network())
    nat = account.natConfig
    assert (nat.turnEnabled, nat.iceMaxHostCands, nat.iceStunServer) == (True, 0, "")


def test_without_servers_there_is_no_ice() -> None:
    account = config(replace(SETUP, ice_servers=None), 0, Network())
    nat = account.natConfig
    assert (nat.iceEnabled, nat.turnEnabled, nat.iceStunServer) == (False, False, "")
    assert nat.mediaStunUse == nat.sipStunUse == pj.PJSUA_STUN_USE_DISABLED


def test_voice_has_the_ports_and_the_mark_of_the_settings() -> None:
    account = config(SETUP, 0, Network(rtp_ports="10000-10009", dscp=True))
    media = account.mediaConfig
    voice = media.transportConfig
    # The last port is for RTCP.
    assert (voice.port, voice.portRange, voice.randomizePort) == (10000, 8, True)
    assert (voice.qosParams.flags, voice.qosParams.dscp_val) == (pj.PJ_QOS_PARAM_HAS_DSCP, 46)
    usual = config(SETUP, 0, Network())
    media = usual.mediaConfig
    assert (media.transportConfig.port, media.transportConfig.qosParams.flags) == (0, 0)
    assert media.streamKaEnabled
