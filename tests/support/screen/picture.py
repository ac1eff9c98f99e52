"""A captured screen as an SVG picture."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text


def svg(screen: str, columns: int, title: str) -> str:
    """Return an SVG of a screen that tmux captured with its colours.

    It names no font to download: the viewer's monospaced one is used.
    """
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(screen.rstrip("\n")), no_wrap=True, crop=True)
    picture = console.export_svg(title=title, theme=MONOKAI, unique_id="offhook")
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    return picture.replace("Fira Code, monospace", "Menlo, Consolas, monospace").replace(
        "<svg ", '<svg xml:space="preserve" ', 1
    )
