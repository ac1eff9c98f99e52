"""A phone that the bench drives, and a process at a terminal of its own."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import enum
import os
import re
import shutil
import signal
import termios
import tty
from dataclasses import dataclass
from pathlib import Path

from tests.support.peers.kamailio import DOMAIN

USER = "near"
TARGET = f"sip:far@{DOMAIN}"
SPEAKER, MICROPHONE, VOICE = "bench_speaker", "bench_microphone", "bench_voice"
"""Sink and source of the phone; the microphone hears what is played into the last."""
PATIENCE_S = 30.0

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_END_S = 10.0
_WINDOW = (30, 100)  # lines and columns


@dataclass(frozen=True)
class Setup:
    """Ground that all phones stand on.

    `sound` has the variables that lead to the sound daemon, `tls_port` and `udp_port` lead
    to the registrar.
    """

    sound: dict[str, str]
    authority: Path
    tls_port: int
    udp_port: int

    @property
    def password(self) -> str:
        return f"secret-{USER}"

    def environment_of(self, home: Path) -> dict[str, str]:
        """Variables of a phone with a home of its own."""
        return {
            **self.sound, "HOME": str(home), "PULSE_SINK": SPEAKER, "PULSE_SOURCE": MICROPHONE,
        }  # fmt: skip


class Processing(enum.Enum):
    """What a phone does to the sound of its microphone."""

    NOTHING = enum.auto()
    ECHO = enum.auto()
    NOISE = enum.auto()


class Missing(Exception):
    """Phone that is not installed; the text names its Debian package."""

    def __init__(self, phone: str, package: str) -> None:
        super().__init__(f"{phone} is not installed; Debian has it in {package}")


class Driver(abc.ABC):
    """A phone with one account; `prepare` comes before every `start`."""

    name: str
    codecs: frozenset[str] = frozenset({"PCMU", "opus"})
    is_secure = True
    processing: frozenset[Processing] = frozenset()
    """What it may be asked to do, beside nothing."""

    @abc.abstractmethod
    async def version(self) -> str: ...

    @abc.abstractmethod
    async def prepare(self, processing: Processing) -> None:
        """Write the phone's settings."""

    @abc.abstractmethod
    async def start(self) -> None:
        """Start the phone; it may register later."""

    async def show(self) -> None:  # noqa: B027  (most phones have none)
        """Open the phone's screen, if it is a program of its own."""

    @abc.abstractmethod
    async def dial(self) -> float:
        """Call the far end; returns the moment of the command (Unix time)."""

    @abc.abstractmethod
    async def hang_up(self) -> None: ...

    @abc.abstractmethod
    async def stop(self) -> None: ...

    @property
    @abc.abstractmethod
    def pids(self) -> list[int]:
        """First processes of the phone; the others descend from them."""


class AtTerminal:
    """A process with a terminal of its own, in raw mode: what is typed is not echoed.

    Its standard output is a terminal, since a pipe would hold lines back.
    """

    def __init__(
        self,
        words: tuple[str, ...],
        environment: dict[str, str],
        folder: Path,
        kind: str = "dumb",
    ) -> None:
        self._words, self._environment, self._folder = words, environment, folder
        self._kind = kind
        self._text = ""
        self._news = asyncio.Event()
        self._master = -1
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        termios.tcsetwinsize(slave, _WINDOW)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        self._process = await asyncio.create_subprocess_exec(
            *self._words, stdin=slave, stdout=slave, stderr=slave, cwd=self._folder,
            env={**self._environment, "TERM": self._kind}, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    async def until(self, pattern: str) -> None:
        """Wait until it has written what matches `pattern`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not re.search(pattern, self._text):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            words = " ".join(self._words)
            raise AssertionError(f"{words}: no “{pattern}” in {self._text[-3000:]!r}") from None

    async def stop(self) -> None:
        """End it in good order, or kill it after a while."""
        if self._process is None:
            return
        await end(self._process)
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        self._process = None

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # its last process has ended
            asyncio.get_running_loop().remove_reader(self._master)
            return
        self._text += _COLOURS.sub("", data.decode(errors="replace")).replace("\r", "")
        self._news.set()


class Program(Driver):
    """A phone that is one program of a Debian `package`, run with `words` at a terminal."""

    program: str
    package: str

    def __init__(self, folder: Path, setup: Setup, *words: str) -> None:
        found = shutil.which(self.program)
        if found is None:
            raise Missing(self.name, self.package)
        self._path = Path(found)
        self._folder, self._setup = folder, setup
        self._process = AtTerminal((found, *words), setup.environment_of(folder), folder)

    @property
    def pids(self) -> list[int]:
        return [self._process.pid]

    async def version(self) -> str:
        return await package_version(self.package)

    async def start(self) -> None:
        await self._process.start()

    async def stop(self) -> None:
        await self._process.stop()


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that leads a session, and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _END_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def first_line(*words: str, pattern: str) -> str:
    """First match of `pattern` in what a program writes; its group, if it has one."""
    process = await asyncio.create_subprocess_exec(
        *words, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    found = re.search(pattern, out.decode(errors="replace"))
    return found[found.lastindex or 0] if found else "?"


async def package_version(package: str) -> str:
    return await first_line("dpkg-query", "-W", "-f", "${Version}", package, pattern=r"\S+")
