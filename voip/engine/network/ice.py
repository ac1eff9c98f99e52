"""Search for the servers that an account's ICE needs: STUN and a relay."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from voip.causes import Cause, CauseKind
from voip.engine.network.locator import Located, Locator
from voip.protocol.account_fields import WrittenAccount
from voip.protocol.worker.accounts import Target


class IceTargets(msgspec.Struct, frozen=True):
    """Addresses of an account's STUN server and relay, or the causes for none.

    `relay_name` is the relay's host as the user wrote it, for TLS to prove.
    """

    stun: Target | None = None
    relay: Target | None = None
    relay_name: str = ""
    missing: tuple[Cause, ...] = ()


async def find(account: WrittenAccount, target: Target, locator: Locator) -> IceTargets:
    """Find servers of the family of `target`, as the voice is."""
    missing: list[Cause] = []
    stun = relay = None
    relay_name = ""
    # A STUN server would tell the public address, which a hidden account keeps.
    if account.stun_server is not None and not account.hide_identity:
        located = await locator.locate_stun(account.stun_server)
        stun = _of_family(located.targets, target)
        if stun is None:
            missing.append(_cause(CauseKind.STUN_NOT_FOUND, located))
    if account.turn_server is not None:
        located = await locator.locate_relay(account.turn_server, account.turn_transport)
        relay, relay_name = _of_family(located.targets, target), located.server_name
        if relay is None:
            missing.append(_cause(CauseKind.RELAY_NOT_FOUND, located))
    return IceTargets(stun, relay, relay_name, tuple(missing))


def _of_family(targets: Sequence[Target], other: Target) -> Target | None:
    return next((target for target in targets if target.is_ipv6 == other.is_ipv6), None)


def _cause(kind: CauseKind, located: Located) -> Cause:
    also = () if located.cause is None else (located.cause,)
    return Cause(kind, (located.server_name,), also)
