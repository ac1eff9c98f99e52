"""baresip, with its defaults but for what the bench demands of all phones."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from tests.bench.peers.phones.base import TARGET, USER, Processing, Program, Setup
from tests.support.network.ports import LOOPBACK, free_port
from tests.support.peers.kamailio import DOMAIN

_MODULES = ("g711", "opus", "alsa", "srtp")
_APPLICATIONS = ("account", "menu", "ctrl_tcp")


class Baresip(Program):
    name = program = "baresip"
    package = "baresip-core"

    def __init__(self, folder: Path, setup: Setup) -> None:
        super().__init__(folder, setup, "-f", str(folder))
        self._libraries = next(self._path.parent.parent.glob("lib/**/baresip/modules"))
        self._control = free_port()

    async def prepare(self, processing: Processing) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"module_path {self._libraries}",
            f"sip_listen {LOOPBACK}:0",
            f"sip_cafile {self._setup.authority}",
            f"net_interface {LOOPBACK}",
            f"ctrl_tcp_listen {LOOPBACK}:{self._control}",
            "audio_player alsa,pulse",
            "audio_source alsa,pulse",
            "audio_alert alsa,pulse",
            f"audio_path {self._folder}",  # no sounds of its own
            "jitter_buffer_type fixed",
            "jitter_buffer_delay 5-10",
            "ringback_disabled yes",
            *(f"module {name}.so" for name in _MODULES),
            *(f"module_app {name}.so" for name in _APPLICATIONS),
        ]
        (self._folder / "config").write_text("\n".join(lines) + "\n")
        (self._folder / "contacts").write_text("# none\n")
        outbound = f"sip:{LOOPBACK}:{self._setup.tls_port};transport=tls"
        (self._folder / "accounts").write_text(
            f"<sip:{USER}@{DOMAIN};transport=tls>;auth_pass={self._setup.password}"
            f';outbound="{outbound}";mediaenc=srtp-mand;regint=600'
            ";audio_codecs=opus/48000/2,PCMU/8000/1\n"
        )

    async def dial(self) -> float:
        begun = time.time()
        await self._command("dial", TARGET)
        return begun

    async def hang_up(self) -> None:
        await self._command("hangup")

    async def _command(self, name: str, parameters: str = "") -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, self._control)
        data = json.dumps({"command": name, "params": parameters}).encode()
        writer.write(b"%d:%s," % (len(data), data))
        await writer.drain()
        writer.close()
