"""Takes the picture for the README: `python -m tests.terminal.picture`.

It shows the real program in tmux, with a real Kamailio and a second Offhook
at the far end of its calls.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support import disks
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.preload import hosts
from tests.support.screen.picture import svg
from tests.support.screen.tmux import Terminal
from tests.terminal.conftest import OFFHOOK
from voip.model import CallState
from voip.protocol.calls import AnswerCall, DeclineCall, HangUp, Play

PICTURE = Path(__file__).parent / "screens" / "phone.svg"
_DOMAIN = "pbx.example.com"
_COLUMNS, _ROWS = 100, 30
_FAR_ENDS = {"100": "Front desk", "200": "Workshop", "300": "Support"}


async def take(folder: Path) -> str:
    """SVG of a phone with two calls and a few rows in its log."""
    authority = Authority(folder / "pki")
    server = Kamailio(folder / "kamailio", authority.issue("k", dns=[_DOMAIN]), domain=_DOMAIN)
    alice, others = Phone(folder / "a"), Phone(folder / "o")
    for phone in (alice, others):
        phone.environment |= hosts(folder / "hosts", {_DOMAIN: LOOPBACK}, phone.environment)
    terminal = Terminal(folder / "t", _COLUMNS, _ROWS)
    await server.start()
    try:
        await alice.start()
        await others.start()
        where = f"{_DOMAIN}:{server.tls_port}"
        trust = {"domain": _DOMAIN, "server": where, "ca_file": str(authority.file)}
        await alice.add("work", password="secret-alice", user="alice", **trust)
        await alice.add(
            "home", password="wrong", user="alice", domain=_DOMAIN, transport="udp",
            server=f"{_DOMAIN}:{server.port}",
        )  # fmt: skip
        for user, name in _FAR_ENDS.items():
            await others.add(
                f"far{user}", password=f"secret-{user}", user=user, display_name=name, **trust
            )
            await others.until_registered(f"far{user}")
        await alice.until_registered("work")
        await _fill_the_log(alice, others)
        await terminal.open(
            [OFFHOOK],
            alice.environment | {"LC_ALL": "C.UTF-8", "COLORTERM": "truecolor",
                                 "TERM": "tmux-256color"},
        )  # fmt: skip
        await _talk(alice, others, folder)
        await terminal.until(lambda screen: "good ▇▇▇" in screen or "good ███" in screen, "quality")
        return svg(await terminal.screen(colours=True), _COLUMNS, "ssh server")
    finally:
        await terminal.kill()
        await alice.stop()
        await others.stop()
        await server.stop()


async def _fill_the_log(alice: Phone, others: Phone) -> None:
    support, there = await _ring(alice, "300", "work", others)
    await others.client.ask(DeclineCall(call=there, busy=True))
    await alice.until_logged(support)
    desk, missed = await _ring(others, f"alice@{_DOMAIN}", "far100", alice)
    await others.client.ask(HangUp(call=desk))
    await alice.until_logged(missed)


async def _talk(alice: Phone, others: Phone, folder: Path) -> None:
    speech = sound.speak(folder / "s.wav", "The quick brown fox jumps over the lazy dog. " * 30)
    workshop, far = await _ring(alice, "200", "work", others)
    await others.client.ask(AnswerCall(call=far))
    await alice.until_state(workshop, CallState.ACTIVE)
    _, desk = await _ring(others, f"alice@{_DOMAIN}", "far100", alice, play=str(speech))
    await alice.client.ask(AnswerCall(call=desk))
    await alice.until_state(desk, CallState.ACTIVE)
    await alice.client.ask(Play(call=desk, path=str(speech)))


async def _ring(
    caller: Phone, target: str, account: str, callee: Phone, **options: str
) -> tuple[str, str]:
    """Call until it rings: the ids of the call at both ends."""
    since = len(callee.events)
    out = await caller.call(target, account=account, **options)
    there = await callee.until_call(lambda call: call.state is CallState.INCOMING, since)
    return out, there.id


def main() -> None:
    with disks.pictured() as folder:
        picture = asyncio.run(take(Path(folder)))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
