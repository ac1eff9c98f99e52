"""Reads and writes the terminal; ends the screen when it is gone.

After a hang-up Textual reads in a busy loop, and its output blocks for ever.
No signal reports the end where the terminal is not the controlling one, or
where SIGHUP is ignored (nohup).
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
    """The terminal is gone."""


def end_soon() -> None:
    """End this process after `_FAREWELL_S`, if it has not ended by then.

    Textual's output to a terminal that is gone may block for ever.
    """
    last = threading.Timer(_FAREWELL_S, os._exit, [0])
    last.daemon = True
    last.start()


class _Output:
    """Textual's output file; calls `gone` where its thread would die unseen."""

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
    """Textual's driver with a read loop that ends on hang-up."""

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
        assert sys.__stderr__ is not None  # `tui.start` checks for a terminal
        output: Any = _Output(sys.__stderr__, self._gone)
        self._file = output

    def run_input_thread(self) -> None:
        """Read keys and pastes until the screen closes or the terminal is gone."""
        read = TerminalInput(self._debug)
        # Input bytes that are not UTF-8 must not end the screen.
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
        """True if the terminal hung up; otherwise wait `_READ_S`.

        Another program may have made Ctrl-D end one read (ICANON).
        """
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            self._gone()
            return True
        self.exit_event.wait(_READ_S)
        return False

    def _gone(self) -> None:
        # The app may be blocked on its output and never handle the message.
        if not self._is_gone.is_set():
            self._is_gone.set()
            end_soon()
            self.send_message(TerminalGone())
