"""Locks against a second engine on the same settings, state or socket."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from voip.engine_lock import Holder, is_held, read_holder, write_holder
from voip.paths import Paths

log = logging.getLogger(__name__)

_TRIES = 20
_TRY_AGAIN_S = 0.02
"""Wait between tries: clients hold a lock for a moment to test it."""


class AlreadyRunning(Exception):
    """Another engine holds a lock; the text names it and the remedy."""


class Locks:
    """Locks of one engine: on its state, its settings and its socket.

    Each is needed: the three folders can be chosen one by one. The folder of the
    settings is locked itself, for it may be in a repository or read-only.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._held: dict[Path, int] = {}
        self._socket: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def take(self) -> None:
        """Acquire every lock, again where its file has vanished, then sign.

        The settings come first, for their folder stays: an engine that is refused would
        otherwise hold a running one's state for a while, where its file has vanished.

        Raises:
            AlreadyRunning: another engine holds one.
            OSError: a file cannot be made.
        """
        for path in (self._paths.config, self._paths.lock, self._paths.socket_lock):
            if not self._holds(path):
                self._take(path)
        self._sign()

    @property
    def intact(self) -> bool:
        """Report if another engine would be refused."""
        return all(map(self._holds, self._held))

    def tell_socket(self, socket: Path) -> None:
        """Write the engine's socket where clients with other folders find it."""
        self._socket = socket
        self._sign()

    def _holds(self, path: Path) -> bool:
        descriptor = self._held.get(path)
        if descriptor is None:
            return False
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(descriptor), path.stat())
        return False

    def _take(self, path: Path) -> None:
        folder = path == self._paths.config
        kind = os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        descriptor = os.open(path, kind | os.O_CLOEXEC, 0o600)
        try:
            if not folder:
                os.fchmod(descriptor, 0o600)
            self._flock(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        before = self._held.pop(path, None)
        if before is not None:
            os.close(before)
        self._held[path] = descriptor

    def _flock(self, descriptor: int, path: Path) -> None:
        for _ in range(_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_TRY_AGAIN_S)
            except OSError as error:
                if path != self._paths.config:
                    raise
                # NFS cannot lock a folder. The lock on the state is enough unless
                # OFFHOOK_STATE_DIR gives the same settings two states.
                log.warning("%s cannot be locked: %s", path, error.strerror)
                return
            else:
                return
        raise AlreadyRunning(self._who_holds(path))

    def _who_holds(self, path: Path) -> str:
        if path == self._paths.config and not is_held(self._paths.lock):
            return (
                f"another engine runs with the settings in {path}: end it, or set "
                "OFFHOOK_CONFIG_DIR to another folder"
            )
        if path == self._paths.socket_lock:
            return (
                f"another engine listens in {path.parent}: end it, or set "
                "OFFHOOK_RUNTIME_DIR to another folder"
            )
        holder = read_holder(self._paths.lock)
        process = f", process {holder.process}" if holder.process else ""
        where = f" and listens at {holder.socket}" if holder.socket else ""
        return f"an engine is running already{process}{where} ({self._paths.lock})"

    def _sign(self) -> None:
        descriptor = self._held.get(self._paths.lock)
        if descriptor is None:
            return
        try:
            write_holder(descriptor, Holder(os.getpid(), self._socket))
        except OSError as error:
            # A full disk must not stop the phone.
            log.warning("%s cannot be written: %s", self._paths.lock, error.strerror)
