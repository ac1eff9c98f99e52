"""A real Offhook of its own, with engine, workers and folders."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.attached import Attached, environment_of
from tests.support.forking import Forked, children, command, fork
from tests.support.peers.kamailio import DOMAIN
from tests.support.preload import preload


class Phone(Attached):
    """A phone in `folder`; `stderr` is what its engine has written there.

    Its engine, workers and commands are forked from processes with the same modules, where
    the environment has no libraries to load first; those of a `fresh` one are always new
    Pythons, and so are those of one with a `prefix` of words before its command.
    """

    def __init__(
        self,
        folder: Path,
        audio: str | None = "null",
        fresh: bool = False,
        prefix: tuple[str, ...] = (),
    ) -> None:
        super().__init__(folder)
        self._fresh = fresh
        self._prefix = prefix
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OFFHOOK")},
            **environment_of(folder),
            **preload(os.environ),
        }
        if audio is not None:
            self.environment["OFFHOOK_AUDIO"] = audio
        self.process: asyncio.subprocess.Process | Forked | None = None
        self.stderr = b""

    # Life

    async def start(self) -> None:
        """Start the engine, and follow it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = await self._engine()
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.stderr += line
            if b" is up, process " in line:
                break
        else:
            raise AssertionError(f"the engine ended at its start:\n{self.stderr.decode()}")
        self._drain = asyncio.create_task(self._read(self.process.stderr))
        await self.attach()

    async def _read(self, stderr: asyncio.StreamReader) -> None:
        while some := await stderr.read(65536):
            self.stderr += some

    async def stop(self) -> None:
        await self.detach()
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError("the engine did not end in good order") from None
        finally:
            # Its pipe is closed on this loop, which ends with the test.
            await self._drain

    @property
    def _is_forked(self) -> bool:
        return not self._fresh and not self._prefix and "LD_PRELOAD" not in self.environment

    async def _engine(self) -> asyncio.subprocess.Process | Forked:
        if self._is_forked:
            return await fork(self.environment)
        return await asyncio.create_subprocess_exec(
            *self._prefix, sys.executable, "-m", "voip.engine", "--foreground",
            env=self.environment, stderr=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    # The command line

    async def run(self, *words: str, status: int | None = 0, text: str = "") -> tuple[str, str]:
        """Run the real `offhook`; returns standard output and error."""
        ended, out, err = await self._command(words, text.encode())
        if status is not None:
            assert ended == status, (words, ended, out, err)
        return out.decode(), err.decode()

    async def _command(self, words: Sequence[str], text: bytes) -> tuple[int, bytes, bytes]:
        if self._is_forked:
            return await command(words, self.environment, text)
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("offhook")), *words,
            env=self.environment, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(text)
        assert process.returncode is not None
        return process.returncode, out, err

    async def json(self, *words: str, status: int = 0) -> Any:
        out, _ = await self.run(*words, "--json", status=status)
        return json.loads(out)

    # The engine

    async def add_secure(
        self, user: str, host: str, port: int, authority: Path, **fields: Any
    ) -> None:
        """Add a TLS account of `user` at the test domain, named like the user."""
        await self.add(
            user,
            password=f"secret-{user}",
            user=user,
            domain=DOMAIN,
            server=f"{host}:{port}",
            ca_file=str(authority),
            **fields,
        )

    async def add_open(
        self, user: str, host: str, port: int, transport: str = "udp", **fields: Any
    ) -> None:
        """Add an account of `user` without TLS, named like the user."""
        await self.add(
            user,
            password=f"secret-{user}",
            user=user,
            domain=DOMAIN,
            transport=transport,
            server=f"{host}:{port}",
            **fields,
        )

    def worker_pids(self) -> list[int]:
        """Processes that the engine started."""
        assert self.process is not None
        started = children(self.process.pid)
        return started + self.process.worker_pids() if isinstance(self.process, Forked) else started
