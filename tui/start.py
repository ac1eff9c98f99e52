"""Starts the phone, after settings that Textual reads when loaded."""

from __future__ import annotations

import gc
import os
import sys

_FRAMES_OVER_SSH = "15"


def _in_gnu_screen() -> bool:
    if os.environ.get("STY"):
        return True
    # Over SSH only TERM is left; tmux may set the same, but has all colours.
    terminal = os.environ.get("TERM", "")
    return terminal.startswith("screen") and not os.environ.get("TMUX")


def main(dialled: str = "") -> int:
    """Run the full-screen phone; returns the exit status.

    `dialled` is a link's text for the dial line.
    1 when there is no terminal to draw on, or the screen failed. Calls belong to
    the engine and go on in either case.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            "offhook: the full-screen phone needs a terminal; `offhook --help` lists what works "
            "without one",
            file=sys.stderr,
        )
        return 1
    # Exported sizes would fix the screen's size, whatever the terminal's.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    # Textual reads both when it is loaded. Animations would send cells without news.
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if os.environ.get("SSH_CONNECTION"):
        os.environ.setdefault("TEXTUAL_FPS", _FRAMES_OVER_SSH)
    if _in_gnu_screen():
        # Windows of GNU screen have 256 colours at most, and show others wrongly;
        # COLORTERM is that of the terminal around them.
        os.environ.pop("COLORTERM", None)
    from tui.app import OffhookApp

    # The command line turned collection off for loading; modules are never freed.
    gc.freeze()
    gc.enable()
    app = OffhookApp(dialled=dialled)
    app.run()
    return app.return_code or 0
