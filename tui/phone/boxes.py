"""Actions in boxes that hold a list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tui.accounts.trust import Trust
from tui.calls.lock import LockDetails
from tui.host import Command, Host
from tui.keys.context import Context
from tui.settings.themes import Themes
from tui.widgets.list_box import LineBox, ListBox, SearchBox
from tui.widgets.screens import Phoned

_Box = TypeVar("_Box", bound=Phoned)


def _in(kind: type[_Box], act: Callable[[_Box], Awaitable[None]]) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if isinstance(phone.screen, kind):
            await act(phone.screen)

    return run


_choose = _in(ListBox, lambda box: box.choose())
_restore = _in(ListBox, lambda box: box.restore())
_reload = _in(ListBox, lambda box: box.reload())


async def _search(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, SearchBox):
        phone.screen.open_search()


async def _leave(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, LineBox):
        phone.screen.leave_line()


async def _symbols(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, Themes):
        phone.screen.next_symbols()


COMMANDS = {
    "device.use": _choose,
    "setting.change": _choose,
    "setting.default": _restore,
    "key.change": _choose,
    "key.default": _restore,
    "theme.keep": _choose,
    "theme.symbols": _symbols,
    "event.open": _choose,
    "trust.pin": _choose,
    "trust.leave": _in(Trust, lambda box: box.leave()),
    "trust.replace": _in(Trust, lambda box: box.replace()),
    "trust.unpin": _restore,
    "words.equal": _in(LockDetails, lambda box: box.words_are_equal()),
    "words.different": _in(LockDetails, lambda box: box.words_are_different()),
    "words.forget": _in(LockDetails, lambda box: box.forget()),
    "list.reload": _reload,
    "list.search": _search,
    "list.leave": _leave,
}
