"""Questions to the contacts command while the user types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.host import Host
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.people import DirectoryPage, SearchDirectory

PAUSE_S = 0.3
"""Rest in typing before the command is run."""


class DirectorySearch:
    """Asks for the text that was typed last; one question at a time.

    `show` gets each answer that no later text has overtaken.
    """

    def __init__(self, show: Callable[[str, DirectoryPage], None]) -> None:
        self._show = show
        self._text = ""
        self._asking = False

    def ask(self, phone: Host, text: str) -> None:
        """Ask for `text`, once the user rests, if there is a command."""
        self._text = text
        has_command = phone.state.settings.contacts.command is not None
        if has_command and text.strip() and not self._asking:
            self._asking = True
            phone.later(self._ask(phone))

    async def _ask(self, phone: Host) -> None:
        text = ""
        try:
            while self._text.strip() and text != self._text:
                text = self._text
                await asyncio.sleep(PAUSE_S)
                if text != self._text:
                    continue
                page = await phone.bridge.get(SearchDirectory(search=text), DirectoryPage)
                if text == self._text:
                    self._show(text, page)
        except (CommandFailed, NoEngine):
            return  # the list without the command's people is there
        finally:
            self._asking = False
