"""The real program in a real terminal: tmux, with keys and screens."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

PATIENCE_S = 40.0


class Terminal:
    """A tmux server with one window of fixed size, without user settings.

    The window's output is copied to a pipe, so that a change wakes the reader.
    """

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self._folder = folder
        self._socket = folder / "tmux.sock"
        self._pipe = folder / "output.pipe"
        self._size = (str(columns), str(rows))
        self._changed = asyncio.Event()
        self._descriptor: int | None = None

    async def open(self, words: list[str], environment: Mapping[str, str]) -> None:
        """Run a program in a new window."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._pipe.exists():
            os.mkfifo(self._pipe)
        self._descriptor = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._descriptor, self._drain)
        columns, rows = self._size
        settings = [f"-e{name}={value}" for name, value in environment.items()]
        # The program waits for a line, so that none of its output is missed.
        starter = ["sh", "-c", 'stty -echo; read _; stty echo; exec "$@"', "sh", *words]
        await self._tmux(
            "new-session", "-d", "-x", columns, "-y", rows, *settings, *starter,
            environment=environment,
        )  # fmt: skip
        await self._tmux("set-option", "-g", "window-size", "manual")
        await self._tmux("pipe-pane", "-O", f"cat > '{self._pipe}'")
        await self._tmux("send-keys", "Enter")

    async def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        await self._tmux("send-keys", *keys)

    async def type(self, text: str) -> None:
        """Press a key for each character."""
        await self._tmux("send-keys", "-l", text)

    async def screen(self, colours: bool = False) -> str:
        """Return the text of the screen."""
        return await self._tmux("capture-pane", "-p", *(["-e"] if colours else []))

    async def title(self) -> str:
        """Return the title of the window, as the program set it."""
        return (await self._tmux("display-message", "-p", "#{pane_title}")).strip()

    async def pid(self) -> int:
        """Return the process id of the program."""
        return int(await self._tmux("display-message", "-p", "#{pane_pid}"))

    async def shows(self, *texts: str) -> str:
        """Wait until the screen shows all of `texts`; return it."""
        return await self.until(lambda screen: all(text in screen for text in texts), repr(texts))

    async def close(self, text: str) -> None:
        """Press escape, and wait until `text` is gone from the screen.

        A key sent at once would be read as Alt with that key.
        """
        await self.keys("Escape")
        await self.until(lambda screen: text not in screen, f"no {text!r}")

    async def until(self, condition: Callable[[str], bool], what: str) -> str:
        """Wait until `condition` holds for the screen; return it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while True:
            self._changed.clear()
            screen = await self.screen()
            if condition(screen):
                return screen
            try:
                await asyncio.wait_for(self._changed.wait(), deadline - loop.time())
            except TimeoutError:
                raise AssertionError(f"the screen never showed {what}:\n{screen}") from None

    async def resize(self, columns: int, rows: int) -> None:
        await self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    async def gone(self) -> None:
        """Wait until the program and the tmux server have ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while True:
            self._changed.clear()
            try:
                await self._tmux("has-session")
            except AssertionError:
                return
            # The window's pipe ends with it, which wakes its reader.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.2)
            assert loop.time() < deadline, "the program did not end"

    async def kill(self) -> None:
        """Close the terminal under the program, and check that the program ends."""
        if self._descriptor is None:
            return
        with contextlib.suppress(AssertionError):
            program = os.pidfd_open(await self.pid())
            try:
                await self._tmux("kill-server")
                ended = asyncio.Event()
                loop = asyncio.get_running_loop()
                loop.add_reader(program, ended.set)
                await asyncio.wait_for(ended.wait(), PATIENCE_S)
                loop.remove_reader(program)
            finally:
                os.close(program)
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = None

    def _drain(self) -> None:
        assert self._descriptor is not None
        with contextlib.suppress(BlockingIOError):
            while os.read(self._descriptor, 65536):
                pass
        self._changed.set()

    async def _tmux(self, *words: str, environment: Mapping[str, str] | None = None) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux", "-S", str(self._socket), "-f", "/dev/null", *words,
            env=None if environment is None else dict(environment),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == 0, (words, err.decode())
        return out.decode()
