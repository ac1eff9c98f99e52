"""Actions in boxes that hold a list."""

from __future__ import annotations

from tui.accounts.trust import Trust
from tui.calls.lock import LockDetails
from tui.settings.devices import Devices
from tui.settings.themes import Themes
from tui.widgets.list_box import LineBox, ListBox, SearchBox
from tui.widgets.screens import on_screen

_choose = on_screen(ListBox, lambda box: box.choose())
_restore = on_screen(ListBox, lambda box: box.restore())

COMMANDS = {
    "device.use": _choose,
    "device.test": on_screen(Devices, lambda box: box.test()),
    "setting.change": _choose,
    "setting.default": _restore,
    "key.change": _choose,
    "key.default": _restore,
    "theme.keep": _choose,
    "theme.symbols": on_screen(Themes, lambda box: box.next_symbols()),
    "event.open": _choose,
    "trust.pin": _choose,
    "trust.leave": on_screen(Trust, lambda box: box.leave()),
    "trust.replace": on_screen(Trust, lambda box: box.replace()),
    "trust.unpin": _restore,
    "words.equal": on_screen(LockDetails, lambda box: box.words_are_equal()),
    "words.different": on_screen(LockDetails, lambda box: box.words_are_different()),
    "words.forget": on_screen(LockDetails, lambda box: box.forget()),
    "list.reload": on_screen(ListBox, lambda box: box.reload()),
    "list.search": on_screen(SearchBox, lambda box: box.open_search()),
    "list.leave": on_screen(LineBox, lambda box: box.leave_line()),
}
