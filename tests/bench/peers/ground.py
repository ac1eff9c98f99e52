"""Ground of the bench: sound daemon, registrar, far end and wire."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL
from pathlib import Path

from tests.bench.peers.farend import FarEnd
from tests.bench.peers.phones.base import MICROPHONE, SPEAKER, VOICE, Setup
from tests.bench.peers.wire import Wire
from tests.support.media.pulse import RATE, Pulse
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from tests.support.processes import end


class Ground:
    """What all phones share; `setup` leads them there."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder / "pki")
        leaf = authority.issue("server", dns=[DOMAIN], addresses=[LOOPBACK], common_name=DOMAIN)
        self.folder = folder
        self.pulse = Pulse(folder / "pulse")
        self.server = Kamailio(folder / "kamailio", leaf, logs_registrations=True)
        self.far = FarEnd(self.server.port)
        self.wire = Wire(self.server.tls_port, self.server.port)
        self.setup = Setup(
            self.pulse.client_environment, authority.file, self.server.tls_port, self.server.port
        )
        self._standing: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        await self.pulse.start()
        for sink in (SPEAKER, VOICE):
            await self.pulse.ask(
                "load-module", "module-null-sink", f"sink_name={sink}", f"rate={RATE}",
                "channels=1", f"sink_properties=device.description={sink}",
            )  # fmt: skip
        # linphonec shows no monitor of a sink.
        await self.pulse.ask(
            "load-module", "module-remap-source", f"source_name={MICROPHONE}",
            f"master={VOICE}.monitor", f"source_properties=device.description={MICROPHONE}",
        )  # fmt: skip
        await self.pulse.ask("set-default-sink", SPEAKER)
        await self.pulse.ask("set-default-source", MICROPHONE)
        # A bare null sink renders in blocks of up to 2 s, unless a client asks for less.
        self._standing = [await self.listen(sink, DEVNULL) for sink in (SPEAKER, VOICE)]
        for part in (self.server, self.far, self.wire):
            await part.start()

    async def stop(self) -> None:
        for part in (self.wire, self.far, self.server):
            await part.stop()
        for process in self._standing:
            await end(process)
        await self.pulse.stop()

    @property
    def has_sound(self) -> bool:
        """Whether the sound server still serves those that began with it."""
        return all(process.returncode is None for process in self._standing)

    async def listen(self, sink: str, output: int) -> asyncio.subprocess.Process:
        """Record what a sink plays, as raw samples at `RATE`."""
        return await asyncio.create_subprocess_exec(
            "parec", f"--device={sink}.monitor", "--latency-msec=5", f"--rate={RATE}",
            "--channels=1", "--format=s16le", "--raw", env=self.pulse.client_environment,
            stdin=DEVNULL, stdout=output, stderr=DEVNULL,
        )  # fmt: skip

    def registrations(self, user: str) -> int:
        """How often the registrar has accepted a user."""
        return self.server.log.read_text(errors="replace").count(f"registered {user}\n")
