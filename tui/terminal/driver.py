"""Reads and writes the terminal; a terminal that is gone ends the screen.

Textual reads on from a terminal that was hung up, as fast as it can, and its
output waits for one for ever. No signal tells of the end where the terminal
is not the controlling one, or where somebody ignores SIGHUP (nohup).
"""

from __future__ import annotations

import codecs
import errno
import os
import select
import sys
import termios
import threading
from collections.abc import Callable
from typing import Any, TextIO

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.pastes import TerminalInput

_READ_S = 0.1
_READ_BYTES = 4096
_FAREWELL_S = 2.0
_GONE = (errno.EIO, errno.ENXIO, errno.EBADF, errno.EPIPE)


class TerminalGone(Message):
    """There is no terminal to draw on any more."""


def end_soon() -> None:
    """End this process, if it has not ended in good order by then.

    What Textual still writes to a terminal that is gone may wait for ever.
    """
    last = threading.Timer(_FAREWELL_S, os._exit, [0])
    last.daemon = True
    last.start()


class _Output:
    """The file that Textual writes to: says `gone` where the writing thread would die unnoticed."""

    def __init__(self, file: TextIO, gone: Callable[[], None]) -> None:
        self._file = file
        self._gone = gone

    def write(self, text: str) -> None:
        self._attempt(lambda: self._file.write(text))

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            if error.errno not in _GONE:
                raise
            self._gone()


class TerminalDriver(LinuxDriver):
    """Textual's driver, with our own reading."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._is_gone = threading.Event()
        assert sys.__stderr__ is not None  # there is a terminal: `tui.start`
        output: Any = _Output(sys.__stderr__, self._gone)
        self._file = output

    def run_input_thread(self) -> None:
        """Read keys and pastes until the screen closes or the terminal is gone."""
        read = TerminalInput(self._debug)
        # A name in another encoding than the terminal's must not end the screen.
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            try:
                ready, _, _ = select.select([self.fileno], [], [], _READ_S)
                data = os.read(self.fileno, _READ_BYTES) if ready else b""
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self._gone()
                return
            if ready and not data and self._hung_up():
                return
            for message in read.feed(decode(data)):
                self.process_message(message)
            for message in read.tick():
                self.process_message(message)

    def _hung_up(self) -> bool:
        """True if the end that was read is the terminal's; waits a moment if not.

        Another program may have made Ctrl-D an end for one read (ICANON).
        """
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            self._gone()
            return True
        self.exit_event.wait(_READ_S)
        return False

    def _gone(self) -> None:
        # The app may wait for its output, and would not hear of it.
        if not self._is_gone.is_set():
            self._is_gone.set()
            end_soon()
            self.send_message(TerminalGone())
