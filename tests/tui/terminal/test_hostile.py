"""Far ends' text is harmless on every screen and in every notification."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import sys
import unicodedata
from pathlib import Path

import msgspec
import pytest

from tests.support.clock import standing_still
from tests.support.screen.pilot import TERMINAL, Screen, screen
from tests.support.screen.pty import OnPty
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.tui.scenes import SCENES, Stage
from voip.protection import TlsStatus
from voip.protocol.settings import ChangeSettings, Notify

# In order: set a title, write to the clipboard, request a report that is typed in, clear,
# print, begin an 8-bit sequence, overrun the line, reverse the text.
_SEQUENCES = (
    "\x1b]0;owned\a", "\x1b]52;c;b3duZWQ=\a", "\x1b[6n", "\x1b[97;13m", "\x9b5i", "\x9d2;owned\x9c",
    "\x1bPowned\x1b\\", "\r\n", "\x00\b\x7f", "\u202eowned\u2066", "\u200f\u061c", "\u2028",
    "\x1b]8;;http://owned\a", "[@click=app.do('phone.quit')]",
)  # fmt: skip
_MARKS = (
    b"\x1b]0;",
    b"\x1b]52;",
    b"\x1b[6n",
    b"\x1b[97;13m",
    b"\x1b]8;",
    b"\x1bPowned",
    b"\x1b]2;owned",
)

_DRAWING = re.compile(r"\x1b\[[0-9;]*[Hm]")
_CALLING = re.compile(
    r"\a|\x1b\[2[23];2t|\x1b\](?:2|9|22|777;notify);(?P<text>[^\x00-\x1f\x7f-\x9f]{0,450})\a"
    r"|\x1b\]99;i=offhook:d=[01]:e=1:p=(?:title|body);[A-Za-z0-9+/=]*\x1b\\"
)


def hostile(text: str) -> str:
    """Return 4,000 characters that begin with the harmless part `text`."""
    return (text + "".join(_SEQUENCES) * 40)[:4000]


def acts(text: str) -> list[str]:
    """Return the characters that act on a terminal or on the reading order."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]


@pytest.fixture(autouse=True)
def hostile_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the workers' text of certificates, codecs and devices hostile too."""
    kind = facts.tls_to

    def tls_to(host: str) -> TlsStatus:
        widget = kind(host)
        assert widget.peer is not None
        leaf = msgspec.structs.replace(
            widget.peer, subject=hostile("CN="), issuer=hostile("CN="), names=(hostile(host),)
        )
        return msgspec.structs.replace(widget, peer=leaf, chain=(leaf, *widget.chain[1:]))

    devices = tuple(
        msgspec.structs.replace(device, name=hostile(device.name)) for device in facts.DEVICES
    )
    monkeypatch.setattr(facts, "tls_to", tls_to)
    monkeypatch.setattr(facts, "DEVICES", devices)


@pytest.mark.parametrize("scene", SCENES)
async def test_it_is_harmless_text_on_every_screen(scene: str, place: Path) -> None:
    with standing_still() as clock:
        async with StandIn(place / "s") as engine, screen(clock=clock, draws=True) as phone:
            await SCENES[scene](Stage(phone, engine, clock, hostile))
            await phone.settle()
            assert acts("".join(phone.lines)) == []
            assert acts(_DRAWING.sub("", "".join(phone.drawn))) == []
            assert _CALLING.sub("", "".join(phone.said)) == ""
            for width, height in ((60, 20), (120, 40)):
                await phone.resize(width, height)
                assert acts("".join(phone.lines)) == []
                assert {strip.cell_length for strip in phone.strips} == {width}


@pytest.mark.parametrize("notify", ["osc9", "osc99", "osc777"])
async def test_it_is_harmless_in_every_notification(
    phone: Screen, standin: StandIn, notify: Notify
) -> None:
    await standin.client.ask(ChangeSettings(changes={"screen.notify": notify}))
    await phone.to_main()
    await standin.add_account("work")
    await standin.incoming("work", f'"{hostile("Bob")}" <sip:bob@example.com>')
    await phone.until(lambda: phone.app.state.incoming)
    await phone.settle()
    said = "".join(phone.said)
    assert said.count("\a") >= 1
    assert f"\x1b]{notify.removeprefix('osc')};" in said
    assert _CALLING.sub("", said) == ""


async def test_a_name_that_imitates_is_quoted_in_title_notification_and_banner(
    phone: Screen, standin: StandIn
) -> None:
    await standin.client.ask(ChangeSettings(changes={"screen.notify": "osc9"}))
    await phone.to_main()
    await standin.add_account("work")
    await standin.incoming("work", '"\N{LOCK} +1 555 0100" <sip:mallory@evil.example>')
    await phone.until(lambda: phone.app.state.incoming)
    await phone.settle()
    said = "".join(phone.said)
    assert said.count("mallory@evil.example (“\ufffd +1 555 0100”) calls") == 2
    assert "mallory@evil.example  “\ufffd +1 555" in phone.text
    assert "\N{LOCK}" not in phone.text + said


async def test_the_real_program_sends_nothing_of_it(standin: StandIn) -> None:
    standin.refuse_account("home", 403, hostile("Forbidden"))
    await standin.add_account("work")
    await standin.add_account("home")
    environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR")} | TERMINAL
    terminal = OnPty([sys.executable, "-m", "tui"], environment, 80, 24)
    heard = bytearray()

    async def until(words: str) -> None:
        for _ in range(60):
            if words in terminal.text():
                return
            heard.extend(await asyncio.to_thread(terminal.read, 1.0))
        raise AssertionError(f"“{words}” does not come:\n{terminal.text()}")

    try:
        await until("registered")
        call = await standin.incoming("work", f'"{hostile("Bob")}" <sip:bob@example.com>')
        await until("calls you")
        terminal.press("a")
        await until("active")
        terminal.press("l")
        await until("What it means")
        terminal.press("\x1b")
        standin.remote_hangs_up(call)
        call = await standin.call("300", account="work")
        standin.remote_refuses(call, 599, hostile("No such luck"))
        await until("luck")  # on a line of its own with its combining characters
    finally:
        terminal.end()
    for mark in _MARKS:
        assert mark not in heard
    # Reading stops at the awaited words, which may be within a character.
    text = codecs.getincrementaldecoder("utf-8")().decode(bytes(heard))
    assert set(acts(text)) <= {"\x1b", "\a"}
    assert b"owned" in heard
