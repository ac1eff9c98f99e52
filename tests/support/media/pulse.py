"""The tests' own sound daemons: a microphone and a speaker, no hardware."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.network.ports import LOOPBACK
from tests.support.processes import end, until_ready

PATIENCE_S = 40.0
RATE = 48_000

MICROPHONE, SPEAKER = "Default (Monitor of mic)", "Default (speaker)"
IN_USE = f"{MICROPHONE} / {SPEAKER}"
"""Names of a daemon's default devices, as a phone has them."""

_LATENCY_MS = 10
_SAMPLE_BYTES = 2

Samples = NDArray[np.int16]

_AUDIBLE = 300
"""Of 32767; a null sink without a player renders zeros throughout."""


def audible(samples: Samples) -> bool:
    return bool(np.abs(samples.astype(int)).max(initial=0) > _AUDIBLE)


def write(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """Write a sound to a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


class Pulse:
    """A PulseAudio daemon with the sinks `mic` and `speaker`.

    A microphone hears what is played into `mic`; a test can listen to `speaker`.
    No other daemon is touched or found.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[asyncio.subprocess.Process] = []
        self._standing: list[asyncio.subprocess.Process] = []
        self.socket = folder / "pulse" / "native"

    @property
    def client_environment(self) -> dict[str, str]:
        """Environment of a program that uses only this daemon."""
        return {**lonely(self._folder), "PULSE_SERVER": f"unix:{self.socket}"}

    @property
    def home(self) -> Path:
        """Home folder of programs that use this daemon."""
        return self._folder

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    # Life

    async def start(self) -> None:
        self.socket.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        await self._launch()
        await self.ask("set-default-sink", "speaker")
        await self.ask("set-default-source", "mic.monitor")
        await self._hurry("speaker", "mic")

    async def die(self) -> None:
        """End at once, as a daemon that crashes does."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):  # it has followed another
                process.kill()
        for process in self._processes:
            await process.wait()
        self._processes.clear()
        self.socket.unlink()

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        """Run without answering."""
        for process in self._processes:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in self._processes:
                with contextlib.suppress(ProcessLookupError):  # it has died
                    process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        for process in (*self._standing, *self._processes):
            await end(process)

    async def _launch(self) -> None:
        """Start, until there are the sinks `speaker` and `mic`."""
        await self._begin(
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
            "--high-priority=no", "--log-target=stderr",
            "-L", f"module-native-protocol-unix socket={self.socket} auth-anonymous=1",
            "-L", " ".join(("module-null-sink", *null_sink("speaker"))),
            "-L", " ".join(("module-null-sink", *null_sink("mic"))),
            is_ready=self._is_listening, environment=lonely(self._folder),
        )  # fmt: skip

    async def _begin(
        self,
        *words: str,
        is_ready: Callable[[], Awaitable[bool]],
        environment: Mapping[str, str],
    ) -> None:
        """Start one of the daemon's processes, and wait until it is ready."""
        assert shutil.which(words[0]), f"{words[0]} is missing: run ./check, which installs it"
        with (self._folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *words, env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        await until_ready(process, is_ready, self._folder / "log")

    # Using it

    async def ask(self, *words: str) -> str:
        """Answer of `pactl`."""
        process = await asyncio.create_subprocess_exec(
            "pactl", *words, env=self.client_environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, (words, err, self.log[-2000:])
        return out.decode()

    async def plug_in(self, sink: str) -> None:
        """Add a sink."""
        await self.ask("load-module", "module-null-sink", *null_sink(sink))
        await self._hurry(sink)

    async def plug_in_a_microphone(self, source: str, sink: str) -> None:
        """Add a microphone that hears what is played into a sink."""
        await self.ask(
            "load-module", "module-remap-source", f"source_name={source}",
            f"master={sink}.monitor", f"source_properties=device.description={source}",
        )  # fmt: skip

    async def plug_in_a_tone(self, source: str, hertz: int) -> None:
        """Add a microphone that hears a tone, and needs no sink."""
        await self.ask(
            "load-module", "module-sine-source", f"source_name={source}", f"rate={RATE}",
            f"frequency={hertz}",
        )  # fmt: skip

    async def unplug(self, device: str) -> None:
        """Remove what was plugged in."""
        modules = (await self.ask("list", "short", "modules")).splitlines()
        (module,) = [line.split()[0] for line in modules if f"_name={device} " in line]
        await self.ask("unload-module", module)

    async def speak(self, path: Path, sink: str = "mic") -> None:
        """Play a file to its end, into the microphone by default."""
        process = await asyncio.create_subprocess_exec(
            "paplay", f"--device={sink}", str(path), env=self.client_environment,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await process.communicate()
        assert process.returncode == 0, err

    @contextlib.asynccontextmanager
    async def listen(self, sink: str = "speaker") -> AsyncIterator[Ear]:
        """Hear what a sink plays, from the moment this begins."""
        process = await self._parec(f"{sink}.monitor", asyncio.subprocess.PIPE)
        ear = Ear(process)
        try:
            await ear.until(lambda samples: len(samples) > 0)
            yield ear
        finally:
            await end(process)
            await ear.close()

    async def _hurry(self, *sinks: str) -> None:
        # A bare null sink renders in blocks of up to 2 s, unless a client asks for
        # less: these always do.
        for sink in sinks:
            client = await self._parec(f"{sink}.monitor", asyncio.subprocess.DEVNULL)
            self._standing.append(client)
            await until_ready(client, partial(self._hears, client.pid), self._folder / "log")

    async def _hears(self, client: int) -> bool:
        owner = f'application.process.id = "{client}"'
        return owner in await self.ask("list", "source-outputs")

    async def _parec(self, device: str, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "parec", f"--device={device}", f"--latency-msec={_LATENCY_MS}",
            f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw",
            env=self.client_environment, stdin=asyncio.subprocess.DEVNULL, stdout=output,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def _is_listening(self) -> bool:
        return await is_listening(self.socket)


class Ear:
    """Sound heard so far, at `RATE`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._data = bytearray()
        self._news = asyncio.Condition()
        self._ended = False
        self._task = asyncio.create_task(self._follow(process.stdout))

    @property
    def samples(self) -> Samples:
        return self._after(0)

    @property
    def position(self) -> int:
        """Number of samples heard."""
        return len(self._data) // _SAMPLE_BYTES

    async def until(self, condition: Callable[[Samples], bool], since: int = 0) -> None:
        """Return when `condition` is true of the sound after sample `since`."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: self._ended or condition(self._after(since)))
            assert condition(self._after(since)), "the recording ended"
        except TimeoutError:
            heard = self._after(since)
            raise AssertionError(
                f"not heard in {len(heard) / RATE:.1f} s of sound, "
                f"loudest sample {np.abs(heard.astype(int)).max(initial=0)}"
            ) from None

    async def hear(self, seconds: float) -> Samples:
        """Sound of the next `seconds`, by the daemon's clock."""
        since = self.position
        size = int(seconds * RATE)
        await self.until(lambda samples: len(samples) >= size, since)
        return self._after(since)[:size]

    def tail(self, since: int) -> Samples:
        """Sound after sample `since`."""
        return self._after(max(since, 0))

    def save(self, path: Path, since: int = 0) -> Path:
        """Write the sound after sample `since` to a WAV file."""
        return write(path, self._after(since))

    async def close(self) -> None:
        await self._task

    def _after(self, since: int) -> Samples:
        data = self._data[since * _SAMPLE_BYTES : self.position * _SAMPLE_BYTES]
        return np.frombuffer(bytes(data), dtype="<i2")

    async def _follow(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(65536):
            async with self._news:
                self._data += data
                self._news.notify_all()
        async with self._news:
            self._ended = True
            self._news.notify_all()


class Forward:
    """A port or a socket that leads to a daemon's socket, like `ssh -R`."""

    def __init__(self, there: Path) -> None:
        self._there = there
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    async def port(self) -> str:
        """Listen on a port of loopback; returns a value for PULSE_SERVER."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        return f"tcp:{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    async def socket(self, here: Path) -> str:
        """Listen on a socket; returns a value for PULSE_SERVER."""
        self._server = await asyncio.start_unix_server(self._serve, str(here))
        return f"unix:{here}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there_reader, there_writer = await asyncio.open_unix_connection(str(self._there))
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(_pass_on(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


def null_sink(name: str) -> tuple[str, ...]:
    described = f"sink_properties=device.description={name}"
    return f"sink_name={name}", f"rate={RATE}", "channels=1", described


async def is_listening(socket: Path) -> bool:
    """True if a program accepts connections on a socket."""
    try:
        _, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    writer.close()
    return True


def lonely(folder: Path) -> dict[str, str]:
    """Environment without any sound daemon or its settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PULSE", "PIPEWIRE", "ALSA", "XDG_", "DBUS", "DISPLAY"))
    }
    return {
        **kept,
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder / "pulse"),
        # The machine's own could grant real-time priority.
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder / 'no-bus'}",
    }


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()
