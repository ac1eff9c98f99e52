"""The real program on a pseudo-terminal, with its bytes counted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping

import pyte


class OnPty:
    """One program on a terminal of its own; `screen` (pyte) is its picture.

    A terminal that is not `controlling` sends no signal when it closes.
    """

    def __init__(
        self,
        words: list[str],
        environment: Mapping[str, str],
        columns: int,
        rows: int,
        controlling: bool = True,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.started = time.perf_counter()
        if controlling:
            self._pid, self._terminal = pty.fork()
            if self._pid == 0:
                os.execvpe(words[0], words, dict(environment))
        else:
            self._terminal, theirs = pty.openpty()
            self._pid = subprocess.Popen(
                words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                env=dict(environment),
            ).pid  # fmt: skip
            os.close(theirs)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def read(self, seconds: float) -> bytes:
        """Return output within `seconds`, as soon as there is any."""
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._terminal, 1 << 20)
        except OSError:  # the program has ended
            return b""
        # pyte does not support Kitty's keyboard protocol.
        self._stream.feed(data.replace(b"\x1b[>", b"\x1b[").replace(b"\x1b[<", b"\x1b["))
        return data

    def listen(self, seconds: float) -> bytes:
        """Return all output of the next `seconds`."""
        end = time.perf_counter() + seconds
        heard = b""
        while (left := end - time.perf_counter()) > 0:
            heard += self.read(left)
        return heard

    def until(self, condition: Callable[[str], bool], seconds: float = 30.0) -> float:
        """Read until `condition` holds for the screen; return the time."""
        end = time.perf_counter() + seconds
        while not condition(self.text()):
            if time.perf_counter() > end:
                raise TimeoutError(self.text())
            self.read(end - time.perf_counter())
        return time.perf_counter()

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def end(self, tell: bool = True) -> None:
        """Close the terminal, with a signal or without; the program must end."""
        program = os.pidfd_open(self._pid)
        os.close(self._terminal)
        if tell:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGHUP)
        ended, _, _ = select.select([program], [], [], 10.0)
        os.close(program)
        if not ended:
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        assert ended, "the program outlived its terminal"
