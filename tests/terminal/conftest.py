from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.support.phone import Phone
from tests.support.screen.tmux import Terminal

COLUMNS, ROWS = 100, 30
OpenPhone = Callable[..., Awaitable[Terminal]]
OFFHOOK = str(Path(sys.executable).with_name("offhook"))


@pytest.fixture
async def phone(place: Path) -> AsyncIterator[Phone]:
    """Folders of a phone whose engine the program starts and this stops."""
    phone = Phone(place / "phone")
    phone.environment |= {"TERM": "tmux-256color", "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor"}
    phone.environment.pop("SSH_CONNECTION", None)
    yield phone
    await phone.run("stop", "--force", status=None)


@pytest.fixture
async def open_phone(phone: Phone, place: Path) -> AsyncIterator[OpenPhone]:
    """Opens the phone in new terminals, and closes them at the end."""
    terminals: list[Terminal] = []

    async def opened(
        columns: int = COLUMNS,
        rows: int = ROWS,
        settings: Sequence[str] = (),
        words: Sequence[str] = (),
    ) -> Terminal:
        terminal = Terminal(place / f"t{len(terminals)}", columns, rows)
        terminals.append(terminal)
        # tmux has a TERM of its own for its windows.
        await terminal.open(["env", *settings, OFFHOOK, *words], phone.environment)
        return terminal

    yield opened
    for terminal in terminals:
        await terminal.kill()
