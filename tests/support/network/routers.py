"""Routers that translate addresses, each with a machine behind it.

The test's own namespace is the Internet between them.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.network.hosts import Host, on_this

INTERNET = "10.90.0.1"
"""Address of the servers."""

_RULES = """
table ip home {{
  chain translate {{
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade {ports}
  }}
  chain keep_out {{
    type filter hook input priority filter;
    iifname "wan" ct state new drop
  }}
  chain pass {{
    type filter hook forward priority filter;
    {blocked}
  }}
}}
"""


class Internet:
    """The test's own namespace as one that routers are joined to.

    It swallows what is sent to a private address, as the real one does: coturn gives a
    relay up whose packets cannot be sent.
    """

    async def start(self) -> None:
        await on_this("ip", "address", "add", f"{INTERNET}/32", "dev", "lo")
        await on_this("ip", "link", "add", "nowhere", "type", "veth", "peer", "name", "nobody")
        await on_this("ip", "link", "set", "nowhere", "arp", "off", "up")
        await on_this("ip", "link", "set", "nobody", "up")
        await on_this("ip", "route", "add", "10.0.0.0/8", "dev", "nowhere")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    async def stop(self) -> None:
        await on_this("ip", "link", "delete", "nowhere")
        await on_this("ip", "address", "delete", f"{INTERNET}/32", "dev", "lo")


class Home:
    """A machine behind a router; `number` tells homes apart.

    A `symmetric` router gives each connection a port that nobody can guess, so that no
    address that a STUN server reports leads back. With `udp` False it lets none out.
    """

    def __init__(
        self, folder: Path, number: int, symmetric: bool = False, udp: bool = True
    ) -> None:
        self.machine = Host()
        self.local = f"10.{number}.0.2"
        self.public = f"10.90.{number}.2"
        self._folder = folder
        self._number = number
        self._router = Host()
        self._symmetric = symmetric
        self._udp = udp

    async def start(self) -> None:
        await self.machine.start()
        await self._router.start()
        number = self._number
        await self._router.plug(
            "wan", f"{self.public}/24", far=f"wan{number}", far_addresses=f"10.90.{number}.1/24"
        )
        await self.machine.join(
            "lan", f"{self.local}/24", self._router, "lan", f"10.{number}.0.1/24"
        )
        await self.machine.run("ip", "route", "add", "default", "via", f"10.{number}.0.1")
        await self._router.run("ip", "route", "add", "default", "via", f"10.90.{number}.1")
        await self._router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        rules = self._folder / f"home-{number}.nft"
        rules.write_text(
            _RULES.format(
                ports="random" if self._symmetric else "",
                blocked="" if self._udp else 'oifname "wan" meta l4proto udp drop',
            )
        )
        await self._router.run("nft", "-f", str(rules))

    async def let_in(self, guest: Home) -> None:
        """Lay a cable, `wlan`, between the machine of another home and this router."""
        network = f"10.{self._number}.1"
        await guest.machine.join("wlan", f"{network}.2/24", self._router, "wlan", f"{network}.1/24")

    async def welcome(self, guest: Home) -> None:
        """Have a machine that was let in reach the Internet by this router."""
        await guest.machine.run(
            "ip", "route", "replace", "default", "via", f"10.{self._number}.1.1"
        )

    async def stop(self) -> None:
        await self.machine.stop()
        await self._router.stop()
