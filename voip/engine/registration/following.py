"""Accounts that follow accounts.toml, whoever changes it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from voip.engine.accounts.file import AccountFile
from voip.engine.files.toml import ConfigError
from voip.engine.files.watched import Watched
from voip.engine.registration.registrations import Registrations


class FollowedFile:
    """accounts.toml as it was read last; `notice` tells of what is wrong with it.

    `problem` is why it could not be read, `remarks` what was left alone in it.
    """

    def __init__(
        self,
        file: AccountFile,
        watched: Watched,
        registrations: Registrations,
        notice: Callable[[str, str], None],
    ) -> None:
        self._file = file
        self._watched = watched
        self._registrations = registrations
        self._notice = notice
        self._changing = asyncio.Lock()
        self.problem: str | None = None
        self.remarks: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """True if the file is another than the one read last."""
        return self._watched.changed

    @contextlib.asynccontextmanager
    async def change(self) -> AsyncIterator[None]:
        """Lock for one change of accounts.toml and its secrets.

        The accounts are reloaded only after the change: a half-changed account would be
        used with its old password. Changes wait for each other, so that the last one
        read is the one that stays.
        """
        async with self._changing:
            yield
            await self._follow()

    async def reload(self) -> None:
        """Read accounts.toml; a broken file changes only a notice."""
        async with self.change():
            pass

    async def _follow(self) -> None:
        self._watched.mark_read()
        try:
            loaded = self._file.load()
        except ConfigError as error:
            self.problem = str(error)
            self._notice("error", str(error))
            return
        self.problem = None
        for problem in loaded.problems.values():
            self._notice("error", problem)
        for text in loaded.notices:
            if text not in self.remarks:
                self._notice("warning", text)
        self.remarks = loaded.notices
        await self._registrations.apply(loaded)
