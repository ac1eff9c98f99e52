"""A real baresip with one account: plays a file, records what it hears."""

from __future__ import annotations

import asyncio
import json
import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.support.media import sound
from tests.support.network.ports import LOOPBACK, free_port
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Leaf

PATIENCE_S = 40.0

# Codecs and filters come before their users: baresip loads modules in order.
_MODULES = ("g711", "sndfile", "aufile", "srtp")
_APPLICATIONS = ("account", "contact", "menu", "ctrl_tcp")

_CODEC = "PCMU/8000/1"
_CODEC_RATE = 8000
_SOURCE_S = 60

Event = dict[str, Any]


class Wish(NamedTuple):
    """Set-up of the account, in the words of baresip's account file.

    Without `mediaenc` it speaks plain RTP. With `medianat` (ice) it offers every
    address of this machine. `contact` is whom its texts go to.
    """

    transport: str = "tls"
    mediaenc: str = "srtp-mand"
    answermode: str = "manual"
    medianat: str = ""
    contact: str = ""


class Baresip:
    """A baresip process; `events` are its reports, in order."""

    def __init__(
        self,
        folder: Path,
        user: str,
        server: Kamailio,
        leaf: Leaf,
        source: Path,
        wish: Wish = Wish(),  # noqa: B008  (frozen)
    ) -> None:
        self._folder = folder
        self._user = user
        self._server = server
        self._leaf = leaf
        self._source = source
        self._wish = wish
        self._control = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._answers: dict[str, Event] = {}
        self._news = asyncio.Condition()
        self._gone = False
        self.events: list[Event] = []

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    # Life

    async def start(self) -> None:
        """Start it, and register its account."""
        self._write_files()
        program = shutil.which("baresip")
        assert program, "baresip is missing: run ./check, which installs it"
        # Without a screen it shows nowhere else what it was written.
        trace = ["-s"] if self._wish.contact else []
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                program, *trace, "-f", str(self._folder),
                cwd=self._folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        reader, self._writer = await self._connected()
        self._task = asyncio.create_task(self._follow(reader))
        await self.command("uanew", self._account())
        await self.until("REGISTER_OK")

    async def stop(self) -> None:
        """End it in good order; every recording is complete after that."""
        process = self._process
        if process is not None and process.returncode is None:
            if self._writer is not None:
                self._send("quit", "", "bye")
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
                raise AssertionError("baresip did not end in good order") from None
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()

    # Asking and waiting

    async def command(self, name: str, parameters: str = "") -> str:
        """Run a command of its menu; returns its answer in words."""
        token = f"{name}-{len(self._answers)}"
        self._send(name, parameters, token)
        await self._until(lambda: token in self._answers, f"answer to {name}")
        answer = self._answers[token]
        assert answer["ok"] is True, (name, parameters, answer)
        return str(answer.get("data", ""))

    async def until(self, kind: str) -> Event:
        """First event of a type, as baresip's `ua_event` names them."""

        def first() -> Event | None:
            return next((e for e in self.events if e.get("type") == kind), None)

        await self._until(lambda: first() is not None, kind)
        event = first()
        assert event is not None
        return event

    def heard(self) -> Path:
        """Recording of the far end's voice; stop baresip first."""
        # The name holds the time, and in newer versions both parties.
        (path,) = self._folder.glob("dump-*-dec.wav")
        return path

    def _write_files(self) -> None:
        self._folder.mkdir(parents=True)
        available = _modules_folder()
        source = self._folder / "source.wav"
        _repeat(self._source, source)
        certificate = self._folder / "own.pem"
        certificate.write_bytes(self._leaf.key.read_bytes() + self._leaf.certificate.read_bytes())
        lines = [
            f"module_path {available}",
            *([] if self._wish.medianat else [f"net_interface {LOOPBACK}"]),
            f"sip_listen {LOOPBACK}:0",
            f"sip_certificate {certificate}",
            # These tests are not about baresip's trust.
            "sip_verify_server no",
            f"ctrl_tcp_listen {LOOPBACK}:{self._control}",
            f"audio_source aufile,{source}",
            f"snd_path {self._folder}",
            f"audio_path {self._folder}",  # no ringing tones of its own
            "ringback_disabled yes",
            "menu_bell no",
            "rtp_stats no",
        ]
        # Version 1.0 decodes without a player; newer ones have one for files.
        if b"auplay_register" in (available / "aufile.so").read_bytes():
            lines.append(f"audio_player aufile,{self._folder}/player.wav")
        modules = (*_MODULES, self._wish.medianat) if self._wish.medianat else _MODULES
        lines += [f"module {name}.so" for name in modules]
        lines += [f"module_app {name}.so" for name in _APPLICATIONS]
        (self._folder / "config").write_text("\n".join(lines) + "\n")
        # A command adds the account once there is a listener for its events.
        (self._folder / "accounts").write_text("# none\n")
        contact = f"<{self._wish.contact}>" if self._wish.contact else "# none"
        (self._folder / "contacts").write_text(f"{contact}\n")

    def _account(self) -> str:
        transport = self._wish.transport
        port = self._server.tls_port if transport == "tls" else self._server.port
        mediaenc = f";mediaenc={self._wish.mediaenc}" if self._wish.mediaenc else ""
        medianat = f";medianat={self._wish.medianat}" if self._wish.medianat else ""
        return (
            f"<sip:{self._user}@{DOMAIN};transport={transport}>"
            f";auth_pass=secret-{self._user}"
            f';outbound="sip:{LOOPBACK}:{port};transport={transport}"'
            f"{mediaenc}{medianat};answermode={self._wish.answermode}"
            f";audio_codecs={_CODEC};regint=300"
        )

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._process is not None
        ended = asyncio.ensure_future(self._process.wait())
        try:
            while not ended.done():
                try:
                    return await asyncio.open_connection(LOOPBACK, self._control)
                except OSError:
                    # No event reports that baresip listens.
                    await asyncio.wait({ended}, timeout=0.05)
            raise AssertionError(f"baresip ended: {self.log[-3000:]}")
        finally:
            ended.cancel()

    def _send(self, name: str, parameters: str, token: str) -> None:
        assert self._writer is not None
        message = {"command": name, "token": token}
        if parameters:
            message["params"] = parameters
        data = json.dumps(message).encode()
        self._writer.write(b"%d:%s," % (len(data), data))

    async def _follow(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                size = int((await reader.readuntil(b":"))[:-1])
                data = await reader.readexactly(size + 1)
                message: Event = json.loads(data[:-1])
                async with self._news:
                    if message.get("response"):
                        self._answers[str(message.get("token"))] = message
                    else:
                        self.events.append(message)
                    self._news.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            async with self._news:
                self._gone = True
                self._news.notify_all()

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        async def find() -> None:
            async with self._news:
                await self._news.wait_for(lambda: self._gone or condition())

        try:
            await asyncio.wait_for(find(), PATIENCE_S)
            assert condition()
        except (TimeoutError, AssertionError):
            raise AssertionError(
                f"baresip: no {what}; it said {self.events[-10:]}\n{self.log[-3000:]}"
            ) from None


def _modules_folder() -> Path:
    program = shutil.which("baresip")
    assert program, "baresip is missing: run ./check, which installs it"
    libraries = Path(program).parent.parent / "lib"
    first = [*libraries.glob("baresip/modules"), *libraries.glob("*/baresip/modules")]
    assert first, "baresip has no modules: run ./check, which installs them"
    return first[0]


def _repeat(speech: Path, target: Path) -> None:
    """Write the speech repeatedly, in the codec's own form.

    baresip plays a file only at its codec's rate, and ends the call with it.
    """
    samples = sound.load(speech)
    size = int(len(samples) * _CODEC_RATE / sound.RATE)
    lower = np.fft.irfft(np.fft.rfft(samples)[: size // 2 + 1], size) * size / len(samples)
    pause = np.zeros(_CODEC_RATE // 2)
    once = np.concatenate([np.clip(lower, -32768, 32767), pause]).astype("<i2")
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_CODEC_RATE)
        for _ in range(_SOURCE_S * _CODEC_RATE // len(once) + 1):
            file.writeframes(once.tobytes())
