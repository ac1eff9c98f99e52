"""A real rtpengine: the voice of calls goes through it, and it translates their keys."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path

from tests.support.network.ports import free_port
from tests.support.processes import end_server, until_ready

_PING = b"1 d7:command4:pinge"
_PONG = b"1 d6:result4:ponge"
_PATIENCE_S = 0.5


class Rtpengine:
    """An rtpengine at `host`, without its kernel module.

    A SIP server asks it at `address` by its ng protocol (bencode over UDP).
    """

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder
        self._host = host
        self._port = free_port(socket.SOCK_DGRAM)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        assert shutil.which("rtpengine"), "rtpengine is missing: run ./check, which installs it"
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "log").open("wb") as log:
            # Ports for voice are below those that the system gives out: a program that
            # was given one for all addresses must find it free. Its log has private
            # keys from level 7 on.
            self._process = await asyncio.create_subprocess_exec(
                "rtpengine", "--config-file=none", "--foreground", "--table=-1",
                f"--interface={self._host}", f"--listen-ng={self.address}",
                "--port-min=20000", "--port-max=29999", "--num-threads=2",
                "--log-stderr", "--log-level=6",
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        await until_ready(self._process, self._answers, self._folder / "log")

    async def stop(self) -> None:
        await end_server(self._process)

    async def _answers(self) -> bool:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.setblocking(False)
            try:
                await loop.sock_connect(control, (self._host, self._port))
                await loop.sock_sendall(control, _PING)
                reply = await asyncio.wait_for(loop.sock_recv(control, 1000), _PATIENCE_S)
            except (OSError, TimeoutError):
                return False
            return reply == _PONG
