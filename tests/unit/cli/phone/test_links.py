"""`offhook open` and `offhook links`, the latter read by the desktop's own programs."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui.start
from tests.unit.cli.typed import typed

SCHEMES = ("sip", "sips", "tel")
ODD = "a b \"x\" 'y' `z` $HOME \\ & ;"
_PATIENCE_S = 20.0

OTHER = """[Desktop Entry]
Type=Application
Name=Other
Exec=true %u
"""


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("bob", "begins with sip:, sips: or tel:"),
        ("http://pbx.test", "begins with sip:, sips: or tel:"),
        ("--play=x", "no such option"),
        ("tel:1\x1b[2J", "holds control characters"),
        ("tel:é", "names nobody who can be called"),
        ("tel:" + "1" * 300, "is longer than 255 characters"),
    ],
)
async def test_what_is_no_link_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, link: str, words: str
) -> None:
    monkeypatch.setattr(tui.start, "main", lambda text: pytest.fail(text))
    status, out, err = await typed("open", link)
    assert (status, out) == (2, "")
    assert words in err.lower()
    assert "\x1b" not in err


async def test_of_a_link_the_screen_gets_its_callee_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def main(text: str) -> int:
        opened.append(text)
        return 0

    monkeypatch.setattr(tui.start, "main", main)
    link = "sip:bob@pbx.test;maddr=192.0.2.1;method=REFER?Replaces=x&Route=%3Csip:evil.test;lr%3E"
    assert await typed("open", link) == (0, "", "")
    assert opened == ["sip:bob@pbx.test"]


async def test_a_link_needs_a_terminal() -> None:
    status, _, err = await typed("open", "tel:100")
    assert status == 1
    assert "the full-screen phone needs a terminal" in err


class Desktop:
    """Folders of a user's desktop, and a terminal that records its program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entry = folder / "data" / "applications" / "offhook.desktop"
        self.list = folder / "config" / "mimeapps.list"
        self._started = folder / "started"
        programs = folder / "bin"
        programs.mkdir()
        for name in ("xterm", "xdg-terminal-exec"):
            self._script(programs / name, f"printf '%s\\n' \"$@\" > '{self._started}'")
        os.mkfifo(self._started)

    def program(self, name: str) -> Path:
        """Make a program `offhook` in a folder of that name."""
        path = self.folder / name / "offhook"
        path.parent.mkdir()
        self._script(path, "")
        return path

    def other(self) -> None:
        """Let another program open tel: links."""
        self.entry.parent.mkdir(parents=True)
        self.entry.with_name("other.desktop").write_text(OTHER)
        self.do("xdg-mime", "default", "other.desktop", "x-scheme-handler/tel")

    def do(self, *words: str) -> str:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def defaults(self) -> list[str]:
        return [self.do("xdg-mime", "query", "default", f"x-scheme-handler/{s}") for s in SCHEMES]

    def opened(self, link: str) -> list[str]:
        """Open a link as other programs do; return the words that the terminal runs."""
        reading = os.open(self._started, os.O_RDWR)
        try:
            self.do("gio", "open", link)
            ready, _, _ = select.select([reading], [], [], _PATIENCE_S)
            assert ready, "no terminal was started"
            words = os.read(reading, 65536).decode().splitlines()
        finally:
            os.close(reading)
        return words[1:] if words[0] == "-e" else words

    def _script(self, path: Path, line: str) -> None:
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)


@pytest.fixture
def desktop(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    made = Desktop(place)
    for name, folder in (("HOME", "home"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"),
                         ("XDG_DATA_DIRS", "none"), ("XDG_CONFIG_DIRS", "none")):  # fmt: skip
        monkeypatch.setenv(name, str(place / folder))
    for name in ("XDG_CURRENT_DESKTOP", "DESKTOP_SESSION", "KDE_FULL_SESSION",
                 "GNOME_DESKTOP_SESSION_ID", "DBUS_SESSION_BUS_ADDRESS"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{place / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "argv", [str(made.program("plain"))])
    yield made


@pytest.mark.parametrize("folder", ["apps", "two words", ODD])
async def test_a_link_of_another_program_starts_this_one(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    program = desktop.program(folder)
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert await typed("links", "install") == (0, f"{desktop.entry}\n", "")
    assert desktop.do("desktop-file-validate", str(desktop.entry)) == ""
    assert desktop.defaults() == ["offhook.desktop"] * 3
    for link in ("sip:bob@pbx.test;x=$HOME?a=%22", "sips:bob@pbx.test", "tel:+15550100"):
        assert desktop.opened(link) == [str(program), "open", link]


async def test_removed_it_is_as_if_it_had_never_been_there(desktop: Desktop) -> None:
    desktop.other()
    before = desktop.defaults()
    assert before == ["", "", "other.desktop"]
    # Another time, the entry finds itself as the default.
    assert (await typed("links", "install")).status == 0
    assert (await typed("links", "install")).status == 0
    assert desktop.defaults() == ["offhook.desktop"] * 3
    assert await typed("links", "remove") == (0, "", "")
    assert desktop.defaults() == before
    assert not desktop.entry.exists()
    assert "offhook" not in desktop.list.read_text()


async def test_another_choice_since_then_is_kept(desktop: Desktop) -> None:
    desktop.other()
    await typed("links", "install")
    desktop.entry.with_name("third.desktop").write_text(OTHER)
    for scheme in ("sip", "tel"):
        desktop.do("xdg-mime", "default", "third.desktop", f"x-scheme-handler/{scheme}")
    await typed("links", "remove")
    assert desktop.defaults() == ["third.desktop", "", "third.desktop"]


@pytest.mark.parametrize("made", ["file", "link"])
async def test_a_file_of_somebody_else_is_left_alone(desktop: Desktop, made: str) -> None:
    desktop.entry.parent.mkdir(parents=True)
    if made == "file":
        desktop.entry.write_text(OTHER)
    else:
        desktop.entry.symlink_to(desktop.folder / "nowhere")
    status, _, err = await typed("links", "install")
    assert status == 1
    assert err == f"offhook: {desktop.entry} was not written by Offhook: move it away first\n"
    assert (await typed("links", "remove")).status == 1
    assert desktop.entry.is_symlink() or desktop.entry.read_text() == OTHER
    assert not (desktop.folder / "nowhere").exists()
    assert not desktop.list.exists()


async def test_without_xdg_mime_it_says_what_to_do(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(desktop.folder / "bin"))
    status, out, err = await typed("links", "install")
    assert (status, out) == (0, f"{desktop.entry}\n")
    assert err.startswith("offhook: there is no xdg-mime on this machine: choose Offhook for links")
    assert desktop.entry.exists()
    assert not desktop.list.exists()
    assert await typed("links", "remove") == (0, "", "")
    assert not desktop.entry.exists()


@pytest.mark.parametrize("folder", ["a=b", "a%b", "a\nb"])
async def test_a_folder_that_no_desktop_can_name_is_refused(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setattr(sys, "argv", [str(desktop.program(folder))])
    status, _, err = await typed("links", "install")
    assert status == 1
    assert "install Offhook in another folder" in err
    assert not desktop.entry.exists()


@pytest.mark.parametrize("word", ["install", "remove"])
async def test_macos_has_no_such_list(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    status, _, err = await typed("links", word)
    assert status == 1
    assert err.startswith("offhook: macOS gives links to application bundles alone")
    assert not desktop.entry.exists()
