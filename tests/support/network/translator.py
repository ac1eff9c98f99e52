"""A network of IPv6 alone, whose translator leads to IPv4 (RFC 6146).

The test's own namespace is the Internet beyond, and the network's router.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv6Address
from pathlib import Path

from tests.support.network.hosts import Host, on_this
from tests.support.peers.nameserver import NameServer

PREFIX = IPv6Address("fd64:ff9b::")
"""Prefix of the translator, of 96 bits: that of everybody is not for private addresses."""

ROUTER = "fd00:64::1"
_MACHINE = "fd00:64::2"
_POOL = "192.168.64.0/24"

_CONFIG = """
tun-device nat64
ipv4-addr 192.168.64.1
prefix {prefix}/96
dynamic-pool {pool}
data-dir {folder}
"""

# tayga gives each machine an address of its own: the ports of a real one are shared.
_RULES = """
table ip translator {{
  chain share {{
    type nat hook postrouting priority srcnat;
    ip saddr {pool} masquerade random
  }}
}}
"""


class Ipv6Network:
    """A `machine` in a network of IPv6 alone, and its name server, a DNS64."""

    def __init__(self, folder: Path) -> None:
        self.machine = Host()
        self.nameserver = NameServer(ROUTER)
        self._folder = folder
        self._tayga: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._folder.mkdir()
        await self.machine.start()
        await self.machine.plug("lan", f"{_MACHINE}/64", far="far64", far_addresses=f"{ROUTER}/64")
        await self.machine.run("ip", "route", "add", "default", "via", ROUTER)
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            Path(f"/proc/sys/net/{name}").write_text("1")
        await self._translate()
        resolv_conf = self._folder / "resolv.conf"
        resolv_conf.write_text(f"nameserver {ROUTER}\n")
        await on_this("mount", "--bind", str(resolv_conf), "/etc/resolv.conf")
        self.nameserver.prefix = PREFIX
        self.nameserver.add("ipv4only.arpa", "A", "192.0.0.170", "192.0.0.171")
        await self.nameserver.start()

    async def stop(self) -> None:
        await self.nameserver.stop()
        await on_this("umount", "/etc/resolv.conf")
        if self._tayga is not None:
            self._tayga.terminate()
            await self._tayga.wait()
        await on_this("ip", "link", "delete", "nat64")
        await on_this("nft", "delete", "table", "ip", "translator")
        await self.machine.stop()

    async def _translate(self) -> None:
        config, rules = self._folder / "tayga.conf", self._folder / "rules.nft"
        config.write_text(_CONFIG.format(prefix=PREFIX, pool=_POOL, folder=self._folder))
        rules.write_text(_RULES.format(pool=_POOL))
        await on_this("tayga", "--mktun", "--config", str(config))
        await on_this("ip", "link", "set", "nat64", "up")
        await on_this("ip", "route", "add", _POOL, "dev", "nat64")
        await on_this("ip", "route", "add", f"{PREFIX}/96", "dev", "nat64")
        await on_this("nft", "-f", str(rules))
        with (self._folder / "tayga.log").open("wb") as log:
            self._tayga = await asyncio.create_subprocess_exec(
                "tayga", "--nodetach", "--config", str(config), stdout=log, stderr=log
            )
