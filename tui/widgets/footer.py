"""Last line of the screen: the keys that do something now."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.keys.actions import available, offered
from tui.keys.context import Context
from tui.terminal.text import Line, Part
from tui.widgets.lines import Lines

_ALWAYS = ("phone.palette", "phone.help")


class Footer(Lines, can_focus=False):
    """Keys in order of rank; those that do not fit are in the palette."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self._situation = Context()

    def show(self, context: Context) -> None:
        self._situation = context
        self.redraw()

    def count(self) -> int:
        return 1

    def draw(self, index: int) -> Sequence[Line]:
        phone = self.phone
        actions = offered(available(self._situation))
        if phone.typing:
            # Letters are text now.
            actions = tuple(a for a in actions if phone.keymap.works_while_typing(a.id))
        last = [a for a in actions if a.id in _ALWAYS]
        words = [
            (phone.shown_key(a.id), a.words, a.id)
            for a in [*(a for a in actions if a.id not in _ALWAYS), *last]
        ]
        room = self.size.width - 1
        kept = words[len(words) - len(last) :]
        room -= sum(_size(word) for word in kept)
        parts: list[Part] = [Part(" ")]
        first: list[tuple[str, str, str]] = []
        for word in words[: len(words) - len(last)]:
            if _size(word) > room:
                break
            room -= _size(word)
            first.append(word)
        for key, text, action in [*first, *kept]:
            parts += [Part(key, "accent", action), Part(f" {text}", "muted", action), Part("  ")]
        return (Line(tuple(parts)),)


def _size(word: tuple[str, str, str]) -> int:
    return cell_len(word[0]) + 1 + cell_len(word[1]) + 2
