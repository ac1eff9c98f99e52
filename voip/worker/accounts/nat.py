"""Ways of an account's voice: its family, a translator, and the candidates of ICE."""

from __future__ import annotations

import pjsua2 as pj

from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup, Relay
from voip.sip.network import translation
from voip.worker.tls.transports import tls_config_of

_CONNECTIONS = {
    Transport.UDP: pj.PJ_TURN_TP_UDP,
    Transport.TCP: pj.PJ_TURN_TP_TCP,
    Transport.TLS: pj.PJ_TURN_TP_TLS,
}


def is_translated(setup: AccountSetup) -> bool:
    """Report if the account's server has an IPv4 address, which a translator leads to."""
    return translation.is_translated(setup.target.address, setup.target.translator)


def speaks_ipv6(setup: AccountSetup) -> bool:
    """Report if the account's calls offer IPv6, as its server has."""
    return setup.target.is_ipv6 and not is_translated(setup)


def configure(nat: pj.AccountNatConfig, setup: AccountSetup) -> None:
    """Use a translator where one is needed, and ICE as the account wants it.

    Raises:
        ValueError: a relay over TLS has no trust.
    """
    servers = setup.ice_servers
    if is_translated(setup):
        nat.nat64Opt = pj.PJSUA_NAT64_ENABLED
        # Its Contact is the address that the server sees, be it a private one.
        nat.contactRewriteUse = 2
    # PJSIP's own servers are none, and it must not ask them for other accounts.
    nat.sipStunUse = nat.mediaStunUse = pj.PJSUA_STUN_USE_DISABLED
    nat.iceEnabled = servers is not None
    if servers is None:
        return
    # RFC 8445 appendix B.7: with it the two ends may choose different pairs.
    nat.iceAggressiveNomination = False
    # Without a change of the address in the session no further offer is due.
    nat.iceAlwaysUpdate = False
    if setup.hidden:
        # Every candidate but the relay's tells an address of this phone.
        nat.iceMaxHostCands = 0
    elif servers.stun is not None:
        nat.iceStunServer = str(servers.stun)
    if servers.relay is not None:
        _use_relay(nat, servers.relay)


def _use_relay(nat: pj.AccountNatConfig, relay: Relay) -> None:
    nat.turnEnabled = True
    nat.turnServer = str(relay.target)
    nat.turnConnType = _CONNECTIONS[relay.transport]
    if relay.credentials is not None:
        nat.turnUserName = relay.credentials.user
        nat.turnPassword = relay.credentials.password
    if relay.transport is Transport.TLS:
        if relay.trust is None or not relay.server_name:
            raise ValueError("a relay over TLS needs an authority to trust and a name to prove")
        nat.turnTls = tls_config_of(relay.trust)
        nat.turnTls.serverName = relay.server_name
