"""Finding the engine's socket, and starting an engine where there is none."""

from __future__ import annotations

import socket
import sys
import time

from voip import paths as places
from voip.protocol.client import ErrorInfo

_START_TIMEOUT_S = 15.0
_LOOK_EVERY_S = 0.01


class NoEngine(Exception):
    """There is no engine to talk to; the text says why."""


class CommandFailed(Exception):
    """The engine said no. `kind` is for programs, `code` a SIP status."""

    def __init__(self, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.kind = error.kind
        self.code = error.code


def start_engine() -> None:
    """Start an engine in the background and wait until it listens.

    Raises:
        NoEngine: it did not come up; the text says what it said.
    """
    import subprocess  # not needed by those who find an engine

    found = places.find()
    try:
        places.check_socket(found.socket)
    except places.UnsafePath as error:
        raise NoEngine(f"the engine cannot start: {error}") from error
    process = subprocess.Popen(
        [sys.executable, "-m", "voip.engine"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _answers(str(found.socket)):
            return
        if process.poll() is not None:
            # Another client may have started one at the same moment.
            if _answers(str(found.socket)):
                return
            said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            last = said.splitlines()[-1].removeprefix("offhook: ") if said else ""
            raise NoEngine(last or "the engine ended at once")
        time.sleep(_LOOK_EVERY_S)
    raise NoEngine(f"the engine did not come up; {found.log} may say why")


def _answers(path: str) -> bool:
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True
