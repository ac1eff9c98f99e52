"""Opening the phone: what must be settled before Textual is loaded."""

from __future__ import annotations

import gc
import os
import sys

_FRAMES_OVER_SSH = "15"


def _in_gnu_screen() -> bool:
    if os.environ.get("STY"):
        return True
    # Over SSH only TERM tells; tmux may use the same, and knows all colours.
    terminal = os.environ.get("TERM", "")
    return terminal.startswith("screen") and not os.environ.get("TMUX")


def main() -> int:
    """Run the full-screen phone; returns the exit status.

    1 when there is no terminal to draw on, or the screen failed; calls are the
    engine's and go on in either case.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(
            "offhook: the full-screen phone needs a terminal; `offhook --help` lists what works "
            "without one",
            file=sys.stderr,
        )
        return 1
    # A size that somebody exported is not the terminal's, and never changes.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    # Textual reads both when it is loaded. Nothing here moves without news.
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    if os.environ.get("SSH_CONNECTION"):
        os.environ.setdefault("TEXTUAL_FPS", _FRAMES_OVER_SSH)
    if _in_gnu_screen():
        # Its windows know 256 colours at most, and show any other as they like;
        # the variable is that of the terminal around it.
        os.environ.pop("COLORTERM", None)
    from tui.app import OffhookApp

    # Off while modules load: the command line had it so. They stay for good.
    gc.freeze()
    gc.enable()
    app = OffhookApp()
    app.run()
    return app.return_code or 0
