"""Finds the running engine, or starts one."""

from __future__ import annotations

import select
import socket as sockets
import sys
import time
from pathlib import Path

from voip import engine_lock
from voip import paths as places
from voip.client.errors import NoEngine

_START_TIMEOUT_S = 15.0
_LONG_START_TIMEOUT_S = 600.0
"""Longest wait for an engine that reports work on its files, on standard error."""

_AGAIN_TIMEOUT_S = 5.0
"""Longest wait for an engine that makes its socket or lock again."""

_LOOK_EVERY_S = 0.01


def reach(start: bool) -> Path:
    """Socket of the engine, started first if there is none and `start`.

    Waits for an engine whose socket has vanished to make it again.

    Raises:
        NoEngine: there is none, or none that can be reached.
    """
    paths = places.find()
    if _answers(paths.socket):
        return paths.socket
    socket = _running(paths)
    if socket is not None:
        return socket
    if not start:
        raise NoEngine("the engine is not running")
    return _start(paths)


def _running(paths: places.Paths) -> Path | None:
    """The socket of the engine that holds the lock; None when none does.

    Raises:
        NoEngine: it does not answer.
    """
    began = time.monotonic()
    while engine_lock.is_held(paths.lock):
        holder = engine_lock.read_holder(paths.lock)
        for socket in (paths.socket, holder.socket):
            if socket is not None and _answers(socket):
                return socket
        # An engine that has not written its socket yet is still starting.
        patience = _AGAIN_TIMEOUT_S if holder.socket else _START_TIMEOUT_S
        if time.monotonic() - began > patience:
            process = f", process {holder.process}," if holder.process else ""
            raise NoEngine(
                f"an engine runs{process} but does not answer at {holder.socket or paths.socket}; "
                f"{paths.log} may say why"
            )
        time.sleep(_LOOK_EVERY_S)
    return None


def _start(paths: places.Paths) -> Path:
    """Start an engine in the background and wait until it listens."""
    import subprocess  # slow to import, and unused while an engine runs

    try:
        places.check_socket(paths.socket)
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
    began = time.monotonic()
    patience = _START_TIMEOUT_S
    while time.monotonic() - began < patience:
        if process.stderr and select.select((process.stderr,), (), (), 0)[0]:
            patience = _LONG_START_TIMEOUT_S
        if _answers(paths.socket):
            holder = engine_lock.read_holder(paths.lock).process
            if holder not in (None, process.pid):
                # Another client's engine was faster. Ours, still starting, would take
                # its place once that one is stopped.
                process.terminate()
                process.wait()
            return paths.socket
        if process.poll() is not None:
            text = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
            last = text.splitlines()[-1].removeprefix("offhook: ") if text else ""
            return _instead(paths, last or "the engine ended at once")
        time.sleep(_LOOK_EVERY_S)
    raise NoEngine(f"the engine did not come up; {paths.log} may say why")


def _instead(paths: places.Paths, reason: str) -> Path:
    """Socket of the engine that made ours end for `reason`.

    Another client may have started it at the same moment, or its folders have
    vanished and it is about to make them again.
    """
    deadline = time.monotonic() + _AGAIN_TIMEOUT_S
    while True:
        socket = _running(paths)
        if socket is None and _answers(paths.socket):
            socket = paths.socket
        if socket is not None:
            return socket
        if time.monotonic() > deadline or not engine_lock.is_held(paths.config):
            raise NoEngine(reason)
        time.sleep(_LOOK_EVERY_S)


def _answers(path: Path) -> bool:
    probe = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    with probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
