"""Opening the phone: checks before Textual is loaded."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.attached import environment_of
from tui import app, start

OFFHOOK = ["-c", "import sys; from voip.cli import main; sys.exit(main())"]


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Screen:
    """Replaces the phone: records what Textual would get."""

    settings: dict[str, str | None]
    return_code: int | None = None

    def __init__(self, dialled: str) -> None:
        self.collects = gc.isenabled()
        self.dialled = dialled

    def run(self) -> None:
        Screen.settings = {
            "animations": os.environ.get("TEXTUAL_ANIMATIONS"),
            "frames": os.environ.get("TEXTUAL_FPS"),
            "collects": str(self.collects),
            "colours": os.environ.get("COLORTERM"),
            "dialled": self.dialled,
        }


def run(stdin: bool = True, stdout: bool = True, dialled: str = "") -> tuple[int, str]:
    """Open the phone, on a terminal or not; return status and standard error."""
    streams = SimpleNamespace(stdin=Stream(stdin), stdout=Stream(stdout), stderr=Stream(False))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "sys", streams)
        return start.main(dialled), streams.stderr.getvalue()


@pytest.fixture(autouse=True)
def _screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "OffhookApp", Screen)
    monkeypatch.setattr(Screen, "return_code", None)
    for name in ("TEXTUAL_ANIMATIONS", "TEXTUAL_FPS", "SSH_CONNECTION"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield
    gc.enable()


@pytest.mark.parametrize("command", [["-m", "tui"], OFFHOOK], ids=["tui", "offhook"])
def test_without_a_terminal_it_says_what_works(command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **environment_of(tmp_path)},
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "offhook: the full-screen phone needs a terminal; `offhook --help` lists what works "
        "without one\n"
    )
    # No engine was started needlessly.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("stdin", "stdout"), [(False, True), (True, False)])
def test_both_ends_must_be_a_terminal(stdin: bool, stdout: bool) -> None:
    status, said = run(stdin, stdout)
    assert status == 1
    assert "needs a terminal" in said


def test_nothing_moves_without_news() -> None:
    gc.disable()
    assert run() == (0, "")
    assert (Screen.settings["animations"], Screen.settings["frames"]) == ("none", None)
    assert Screen.settings["collects"] == "True"


def test_a_links_text_is_handed_on() -> None:
    assert run(dialled="100") == (0, "")
    assert Screen.settings["dialled"] == "100"


def test_over_ssh_fewer_frames_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    assert run() == (0, "")
    assert Screen.settings["frames"] == "15"


def test_a_rate_that_somebody_chose_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    monkeypatch.setenv("TEXTUAL_FPS", "30")
    assert run() == (0, "")
    assert Screen.settings["frames"] == "30"


@pytest.mark.parametrize(
    ("around", "colours"),
    [
        ({"TERM": "xterm-256color"}, "truecolor"),
        ({"TERM": "screen-256color", "STY": "123.pts-1.host"}, None),
        ({"TERM": "xterm-256color", "STY": "123.pts-1.host"}, None),
        ({"TERM": "screen.xterm-256color"}, None),
        ({"TERM": "screen"}, None),
        # tmux shows the nearest colour itself; not inside GNU screen.
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux,1,0"}, "truecolor"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}, "truecolor"),
        ({"TERM": "screen", "TMUX": "/tmp/tmux,1,0", "STY": "123.pts-1.host"}, None),
    ],
)
def test_inside_gnu_screen_no_colour_is_mixed(
    monkeypatch: pytest.MonkeyPatch, around: dict[str, str], colours: str | None
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in around.items():
        monkeypatch.setenv(name, value)
    assert run() == (0, "")
    assert Screen.settings["colours"] == colours


def test_a_screen_that_failed_is_told_by_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Screen, "return_code", 1)
    assert run() == (1, "")


def test_textual_is_loaded_after_what_it_reads_was_set() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, tui.start; print('textual' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "False\n"
