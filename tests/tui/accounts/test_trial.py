"""Steps of a form's test that ask the servers of ICE."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.accounts.test_form import open_account
from voip.causes import Cause, CauseKind
from voip.engine.network import relays
from voip.protocol.worker.accounts import Relay, Target

_ACCOUNT = """[accounts.work]
user = "alice"
domain = "pbx.example.com"
"""
_ICE = """ice = true
stun_server = "stun.example.com"
turn_server = "turn.example.com"
turn_transport = "tls"
turn_password_command = "echo x"
"""


@pytest.fixture
def relay_cause(monkeypatch: pytest.MonkeyPatch) -> list[Cause]:
    """Causes of later failures of the relay; without one it can be used."""
    causes: list[Cause] = []

    async def ask_stun(name: str, target: Target) -> Cause | None:
        return None

    async def ask_relay(relay: Relay) -> Cause | None:
        return causes[-1] if causes else None

    monkeypatch.setattr(relays, "ask_stun", ask_stun)
    monkeypatch.setattr(relays, "ask_relay", ask_relay)
    return causes


async def test_a_test_asks_the_servers_of_ice(
    phone: Screen, standin: StandIn, relay_cause: list[Cause]
) -> None:
    await phone.resize(100, 50)
    await open_account(phone, standin, _ACCOUNT + _ICE)
    await phone.press("ctrl+t")
    await phone.sees("Everything works.")
    for words in (
        "STUN server: passed", "stun.example.com answers", "Relay: passed",
        "turn.example.com proves its name, and gives this account an address",
    ):  # fmt: skip
        assert words in phone.text
    relay_cause.append(Cause(CauseKind.RELAY_SILENT, ("turn.example.com",)))
    await phone.press("t")
    await phone.sees("It fails at the relay.")
    assert "the relay turn.example.com does not answer" in phone.text


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ("", []),
        (_ICE, ["STUN server", "Relay"]),
        (_ICE + "hide_identity = true\n", ["Relay"]),
    ],
    ids=["without", "ice", "hidden"],
)
async def test_a_test_shows_the_steps_that_an_account_has(
    phone: Screen, standin: StandIn, relay_cause: list[Cause], more: str, rows: list[str]
) -> None:
    await phone.resize(100, 50)
    await open_account(phone, standin, _ACCOUNT + more)
    await phone.press("ctrl+t")
    await phone.sees("Everything works.")
    assert [row for row in ("STUN server", "Relay") if f"{row}: passed" in phone.text] == rows
    assert [row for row in ("STUN server", "Relay") if f"{row}:" in phone.text] == rows
