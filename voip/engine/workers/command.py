"""Command that runs a worker."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TypedDict


class Options(TypedDict):
    """Options of `Popen` for a worker's process."""

    pass_fds: list[int]
    stdin: int
    stdout: int
    stderr: int
    start_new_session: bool


def command(link: socket.socket) -> tuple[tuple[str, ...], Options]:
    """Words and options of a worker that talks on a copy of `link`."""
    words = (sys.executable, "-m", "voip.worker", str(link.fileno()))
    return words, Options(
        pass_fds=[link.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
