"""config.toml, whoever changes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from voip.engine.files import settings
from voip.engine.files.toml import ConfigError
from voip.engine.files.watched import Watched
from voip.protocol.settings import Settings

log = logging.getLogger(__name__)


class SettingsFile:
    """config.toml as it was read last; `notice` tells of what is wrong with it.

    `settings` are in force; `problem` is why the file could not be read since.
    """

    def __init__(self, path: Path, notice: Callable[[str, str], None]) -> None:
        self._path = path
        self._notice = notice
        self._watched = Watched(path)
        self.problem: str | None = None
        self.settings = Settings()
        try:
            self.settings = settings.load(path)
        except ConfigError as error:
            log.error("%s; the phone goes on with its own settings", error)
            self.problem = str(error)

    @property
    def changed(self) -> bool:
        """True if the file is another than the one read last."""
        return self._watched.changed

    def reload(self) -> bool:
        """Read the file again; a broken one changes only a notice, and gives False."""
        self._watched.mark_read()
        try:
            self.settings = settings.load(self._path)
        except ConfigError as error:
            self.problem = str(error)
            self._notice("error", str(error))
            return False
        self.problem = None
        return True

    def change(self, changes: Mapping[str, str | int | bool | None]) -> None:
        """Change settings in the file.

        Raises:
            ConfigError: the result or the file cannot be used; the file is left alone.
        """
        self.settings = settings.change(self._path, changes)
        self._watched.mark_read()
        self.problem = None
