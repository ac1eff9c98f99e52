"""Help: the current keys, and the meaning of the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tui.keys import keymap
from tui.keys.actions import Action, available, by_group
from tui.keys.context import Context
from tui.state import State
from tui.terminal.text import Part
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.list_box import SearchBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of

_KEYS_WIDTH = 14
_SECTIONS = (
    (
        "What the lock means",
        (
            "A closed lock shows what was seen, not what was set: the account speaks to its "
            "server over TLS, the server's certificate was verified, with its name or by its "
            "pin, the connection has not dropped, and every stream of voice is encrypted "
            "with keys that no one on the way could read.",
            "The lock of an account speaks of its connection alone. Each call has a lock of its "
            "own, and it opens as soon as one of these no longer holds.",
        ),
    ),
    (
        "What it does not",
        (
            "It is not end to end. The server sees whom you call and when, and can listen. How a "
            "call goes on from there is unknown; the ordinary telephone network encrypts nothing.",
            "It does not say who is at the other end. A name without quotes is one of your "
            "contacts. A "
            "name in quotes was chosen by the caller, and nobody checked it. Where it could be "
            "taken for a lock, a number or somebody you know, the address goes first.",
            "While a lock is open, say nothing that others may not hear. {key} on a call or an "
            "account shows which fact is missing, and what to do.",
        ),
    ),
    (
        "How to check it",
        (
            "Capture a call with tshark: of a TLS account it shows no SIP and no voice that can be "
            "read. docs/trust.md has the commands. Offhook's own tests do it to a real call, and "
            "see everything where the account says UDP.",
        ),
    ),
)


class Guide(SearchBox[Prose]):
    """Lists all keys, marking those that do something now."""

    name_of_screen = "guide"
    BINDINGS = bindings_of("guide")
    title_of_box = "Help"

    def __init__(self, main_context: Callable[[], Context]) -> None:
        super().__init__(Prose())
        self._main_context = main_context
        self._query = ""

    def show(self, state: State) -> None:
        super().show(state)
        self._draw()

    def search(self, text: str) -> None:
        self._query = text.casefold()
        self._draw()

    def _draw(self) -> None:
        text = [*self._keys(), *self._lock()]
        if not text:
            text = [paragraph(Part("No matches.", "muted"))]
        elif not self._query:
            sign = self.phone.glyphs.cursor
            about = f"{sign} works now. The lock is explained at the end."
            text = [paragraph(Part(about, "muted")), paragraph(), *text]
        self.rows.show(text)

    def _keys(self) -> Iterator[Paragraph]:
        now = {action.id for action in available(self._main_context())}
        for title, actions in by_group().items():
            texts = [self._key(action, action.id in now) for action in actions]
            yield from self._section(title, [text for text in texts if self._matches(text)])

    def _key(self, action: Action, applies: bool) -> Paragraph:
        glyphs = self.phone.glyphs
        keys = ", ".join(map(keymap.show, self.phone.keymap.keys[action.id].split(",")))
        sign = glyphs.cursor if applies else " " * len(glyphs.cursor)
        return paragraph(
            Part(f"{sign} "),
            Part(f"{keys:<{_KEYS_WIDTH}}", "strong" if applies else "muted"),
            Part(action.title, "text" if applies else "muted"),
            hang=_KEYS_WIDTH + 2,
        )

    def _lock(self) -> Iterator[Paragraph]:
        key = self.phone.keymap.shown("lock.details")
        for title, sentences in _SECTIONS:
            texts = [paragraph("  ", text.format(key=key), hang=2) for text in sentences]
            yield from self._section(title, [text for text in texts if self._matches(text)])

    def _section(self, title: str, texts: list[Paragraph]) -> Iterator[Paragraph]:
        if texts:
            yield paragraph(Part(title, "accent"))
            yield from texts
            yield paragraph()

    def _matches(self, text: Paragraph) -> bool:
        return self._query in "".join(part.text for part in text.parts).casefold()
