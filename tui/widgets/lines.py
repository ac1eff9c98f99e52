"""Scrolling list that sends the terminal only the cells that changed.

Textual repaints a widget's whole line on each refresh; over SSH that is most
of a phone's traffic. This keeps each line as last drawn, and refreshes only
the span that differs.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.host import WidgetHost, host_of
from tui.terminal.text import Line, Part, cells_of, fit

_OF_FOREGROUND = {"text": "foreground", "strong": "foreground"}


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of `height` lines each, one of them under the cursor.

    Subclasses provide the rows with `count` and `draw`, and the text of an empty
    list with `empty`.
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    height = 1
    shows_cursor = True

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

    class Opened(Message):
        """A row was clicked twice."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._strips: dict[int, Strip] = {}
        self._styles_by_role: dict[str, Style] = {}

    @property
    def phone(self) -> WidgetHost:
        return host_of(self)

    # Rows of subclasses

    def count(self) -> int:
        """The number of rows."""
        return 0

    def draw(self, index: int) -> Sequence[Line]:
        """The lines of a row, at most `height`."""
        raise NotImplementedError

    def empty(self) -> Sequence[Line]:
        """Text in place of rows when there are none."""
        return ()

    # Drawing

    def redraw(self) -> None:
        """Draw the rows in view again, and refresh the cells that differ."""
        if not self.is_attached or not self.size:
            return
        size = Size(self.width, max(1, self.count() * self.height))
        if size != self.virtual_size:
            self.virtual_size = size
        if self.count() and self.cursor >= self.count():
            self.cursor = self.count() - 1
        top, width = self.scroll_offset.y, self.width
        visible = range(top, top + self.size.height)
        drawn, self._strips = self._strips, {}
        for y in visible:
            old, new = drawn.get(y), self._build(y, width)
            self._strips[y] = new
            span = (0, width) if old is None else changed(old, new)
            if span is not None:
                self.refresh(Region(span[0], y - top, span[1] - span[0], 1))

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        strip, width = self._strips.get(y), self.width
        if strip is None or strip.cell_length != width:
            strip = self._strips[y] = self._build(y, width)
        return strip

    @property
    def width(self) -> int:
        """Width of a line in cells."""
        return self.scrollable_content_region.width

    def _build(self, y: int, width: int) -> Strip:
        index, part = divmod(y, self.height)
        count = self.count()
        if not count:
            lines: Sequence[Line] = self.empty()
            content = lines[y] if y < len(lines) else Line()
        elif index < count:
            lines = self.draw(index)
            content = lines[part] if part < len(lines) else Line()
        else:
            content = Line()
        strip = self._strip(content, width)
        if count and index == self.cursor and index < count and self._marks_cursor:
            strip = Strip(
                [Segment(s.text, (s.style or Style()) + self._style("cursor")) for s in strip],
                strip.cell_length,
            )
        return strip

    @property
    def _marks_cursor(self) -> bool:
        return self.shows_cursor and self.has_focus

    def _strip(self, content: Line, width: int) -> Strip:
        parts = fit(content, width, self.phone.glyphs.ellipsis)
        segments = [Segment(part.text, self._style_of(part)) for part in parts if part.text]
        return Strip(segments).adjust_cell_length(width, self._style("text"))

    def _style_of(self, part: Part) -> Style:
        style = self._style(part.role)
        if part.action is not None:
            style += Style.from_meta({"@click": f"app.do({part.action!r})"})
        return style

    def _style(self, role: str) -> Style:
        style = self._styles_by_role.get(role)
        if style is None:
            style = self._styles_by_role[role] = self._themed(role)
        return style

    def _themed(self, role: str) -> Style:
        # Component classes would cost ten more nodes to style, in every widget of lines.
        if role == "cursor":
            return Style.from_color(self._colour("selection-text"), self._colour("selection"))
        colour = self._colour(_OF_FOREGROUND.get(role, role))
        return self.rich_style + Style(color=colour, bold=role == "strong" or None)

    def _colour(self, variable: str) -> RichColor:
        return Color.parse(self.phone.theme_variables[variable]).rich_color

    def notify_style_update(self) -> None:
        self._styles_by_role.clear()
        self._strips.clear()
        super().notify_style_update()

    def on_mount(self) -> None:
        # Textual draws again only widgets whose own colours are others.
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def on_resize(self) -> None:
        self._strips.clear()
        self.redraw()
        self.keep_cursor_in_view()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    # The cursor

    def move(self, by: int) -> None:
        """Move the cursor, scrolling to keep it in view."""
        self.go(self.cursor + by)

    def go(self, index: int) -> None:
        """Put the cursor on a row, or on the nearest one there is."""
        self.cursor = max(0, min(index, self.count() - 1))
        self.keep_cursor_in_view()

    @property
    def page(self) -> int:
        """Number of rows in view."""
        return max(1, self.size.height // self.height)

    def watch_cursor(self) -> None:
        self.redraw()
        self.post_message(self.Moved(self))

    def keep_cursor_in_view(self) -> None:
        """Scroll to the row under the cursor."""
        if not self.count() or not self.shows_cursor:
            return
        region = Region(0, self.cursor * self.height, max(1, self.width), self.height)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.scrolled()

    def scrolled(self) -> None:
        """Called after other rows came into view."""

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self.shows_cursor:
            return
        index = (offset.y + self.scroll_offset.y) // self.height
        if index < self.count():
            self.go(index)
            if event.chain == 2:
                self.post_message(self.Opened(self))


def changed(old: Strip, new: Strip) -> tuple[int, int] | None:
    """Start and end of the cells in which two strips differ."""
    if old == new:
        return None
    before, after = cells_of(old), cells_of(new)
    if len(before) != len(after):
        return 0, max(len(before), len(after))
    differing = [x for x, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]
    if not differing:
        return None
    start, end = differing[0], differing[-1] + 1
    # Wide characters have equal second cells, which must be redrawn too.
    while end < len(after) and after[end][0] == "":
        end += 1
    return start, end
