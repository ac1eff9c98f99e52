"""The user's own ring sound, as workers play it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from voip.engine.files.sound_files import SoundFileError, repeatable
from voip.engine.files.toml import ConfigError
from voip.engine.files.watched import Watched
from voip.protocol.settings import Audio


class RingSound:
    """A checked copy of the user's file in `folder`, or none: the phone's own rings.

    `notice` gets a level and the reason each time that a file cannot be used any more;
    `problem` has the reason as long as that is so.
    """

    def __init__(self, folder: Path, notice: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._notice = notice
        self._name: str | None = None
        self._watched: Watched | None = None
        self._copy: Path | None = None
        self._one_at_a_time = asyncio.Lock()
        self.problem: str | None = None

    def within(self, audio: Audio) -> Audio:
        """Settings of sound with the copy in place of the user's file."""
        copy = str(self._copy) if self._copy else None
        return msgspec.structs.replace(audio, ring_sound=copy)

    async def check(self, name: object) -> None:
        """Refuse a file that cannot ring; anything but a name is for others to check.

        Raises:
            ConfigError: says why.
        """
        if isinstance(name, str) and name:
            try:
                (await self._copied(name)).unlink(missing_ok=True)
            except SoundFileError as error:
                raise ConfigError(str(error)) from error

    async def use(self, name: str | None) -> None:
        """Ring by the file called `name`, or by the phone's own sound."""
        async with self._one_at_a_time:
            if (name or None) != self._name:
                self._name = name or None
                await self._read()

    async def refresh(self) -> None:
        """Read the file again if it has changed."""
        async with self._one_at_a_time:
            if self._watched is not None and self._watched.changed:
                await self._read()

    def close(self) -> None:
        """Delete the copy."""
        if self._copy is not None:
            self._copy.unlink(missing_ok=True)
        self._copy = None

    async def _read(self) -> None:
        before, copy, problem = self._copy, None, None
        self._watched = None
        if self._name is not None:
            with contextlib.suppress(RuntimeError):  # ~nobody has no home
                self._watched = Watched(Path(self._name).expanduser())
            try:
                copy = await self._copied(self._name)
            except SoundFileError as error:
                problem = f"{error}: the phone rings by its own sound"
        self._copy = copy
        if before is not None:
            # Whoever plays it has it open.
            before.unlink(missing_ok=True)
        if problem is not None and problem != self.problem:
            self._notice("warning", problem)
        self.problem = problem

    async def _copied(self, name: str) -> Path:
        try:
            path = Path(name).expanduser()
        except RuntimeError as error:
            raise SoundFileError(f"{name} cannot be found: {error}") from error
        if not path.is_absolute():
            raise SoundFileError(f"the whole path of the ring sound is needed, not {name}")
        return await asyncio.to_thread(repeatable, path, self._folder)
