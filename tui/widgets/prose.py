"""Text to read, wrapped to the width, and scrolled by the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.terminal.text import Line
from tui.terminal.wrapping import Paragraph, wrap
from tui.widgets.lines import Lines


class Prose(Lines):
    """Text without a cursor; the keys scroll it.

    With `follow` the end stays in view when text is added, unless the user has
    scrolled away from it.
    """

    shows_cursor = False

    def __init__(self, id: str | None = None, follow: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._follow = follow
        self._at_end = True
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._lines: list[Line] = []

    def show(self, paragraphs: Iterable[Paragraph]) -> None:
        """Replace the text, keeping the scroll position."""
        self._paragraphs = tuple(paragraphs)
        self._wrap()

    def count(self) -> int:
        return len(self._lines)

    def draw(self, index: int) -> Sequence[Line]:
        return (self._lines[index],)

    def move(self, by: int) -> None:
        self.go(self.scroll_offset.y + by)

    def go(self, index: int) -> None:
        self.scroll_to(y=index, animate=False, force=True)

    @property
    def beneath(self) -> int:
        """Number of lines below those in view."""
        return max(0, self.count() - self.scroll_offset.y - self.size.height)

    def scrolled(self) -> None:
        self._at_end = self.scroll_offset.y >= self.max_scroll_y
        self.post_message(self.Moved(self))

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        if not self.width:
            return
        at_end = self._at_end
        self._lines = [line for text in self._paragraphs for line in wrap(text, self.width)]
        self.redraw()
        self.post_message(self.Moved(self))
        if self._follow and at_end:
            self.go(self.count())
