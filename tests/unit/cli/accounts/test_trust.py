"""`offhook trust` as typed, with servers that follow a script."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.attached import environment_of
from tests.support.screen.pty import OnPty
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.choices import Means
from voip.model import RegistrationState
from voip.protocol.accounts import AccountList, EditAccount, GetAccounts
from voip.protocol.trust import ServerReport
from voip.sip.sentences import fingerprint

HOST = "pbx.example.com"
REPORT = facts.server(HOST, ("no authority that is trusted issued the server's certificate",))
KEY = REPORT.chain[0].key_sha256
OTHER = "f" * 64
OFFHOOK = str(Path(sys.executable).with_name("offhook"))


async def run(standin: StandIn, *words: str) -> tuple[int | None, str, str]:
    """Return status, standard output and standard error, without a terminal."""
    process = await asyncio.create_subprocess_exec(
        OFFHOOK, "trust", *words, env={**os.environ, **environment_of(standin.folder)},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def pin_of(standin: StandIn, name: str = "work") -> object:
    rows = (await standin.client.get(GetAccounts(), AccountList)).accounts
    return next(row for row in rows if row.name == name).fields.get("pin")


@pytest.fixture
async def untrusted(standin: StandIn) -> StandIn:
    """Add an account whose server no authority vouches for."""
    standin.shows_certificates(HOST, REPORT)
    await standin.add_account("work")
    return standin


async def test_without_a_terminal_it_shows_and_pins_nothing(untrusted: StandIn) -> None:
    status, out, err = await run(untrusted, HOST)
    assert status == 1
    assert "WRONG  no authority that is trusted issued the server's certificate" in out
    for shown in (*REPORT.chain[0].names, REPORT.chain[1].subject, fingerprint(KEY)):
        assert shown in out
    assert err == (
        "offhook: there is no terminal to ask on, and nothing was pinned: name the key with --pin\n"
    )
    assert await pin_of(untrusted) is None


async def test_a_key_that_is_named_is_pinned_if_it_is_the_one(untrusted: StandIn) -> None:
    status, _, err = await run(untrusted, HOST, "--pin", "0" * 64)
    assert status == 1
    assert f"the server's key is not the one that was named: it is {fingerprint(KEY)}" in err
    assert await pin_of(untrusted) is None
    status, _, err = await run(untrusted, f"{HOST}:5061", "--pin", fingerprint(KEY))
    assert (status, err) == (0, "account work accepts only this key from now on\n")
    assert await pin_of(untrusted) == KEY
    await untrusted.until_registered("work")
    status, out, err = await run(untrusted, HOST, "--pin", KEY)
    assert status == 0
    assert "PINNED this key is the one" in out
    assert err.startswith("account work is pinned to this key already\n")


async def test_json_is_the_report(untrusted: StandIn) -> None:
    status, out, err = await run(untrusted, HOST, "--json")
    assert (status, err) == (0, "")
    assert msgspec.json.decode(out, type=ServerReport) == REPORT
    assert await pin_of(untrusted) is None
    status, out, _ = await run(untrusted, HOST, "--json", "--pin", KEY)
    assert (status, json.loads(out)["pin"]) == (0, KEY)


async def test_a_person_is_asked_on_a_terminal(untrusted: StandIn) -> None:
    environment = {**os.environ, **environment_of(untrusted.folder), "TERM": "xterm"}

    def answer(text: str, expected: str) -> None:
        terminal = OnPty([OFFHOOK, "trust", HOST], environment, 120, 50)
        terminal.until(lambda screen: "Type yes to have account work accept it" in screen)
        terminal.press(f"{text}\r")
        terminal.until(lambda screen: expected in screen)
        terminal.end()

    await asyncio.to_thread(answer, "y", "offhook: nothing was pinned")
    assert await pin_of(untrusted) is None
    await asyncio.to_thread(answer, "yes", "account work accepts only this key")
    assert await pin_of(untrusted) == KEY


async def test_the_account_must_be_clear(untrusted: StandIn) -> None:
    await untrusted.add_account("other", domain="other.example", server=HOST)
    await untrusted.add_account("plain", transport="udp")
    status, out, err = await run(untrusted, HOST, "--pin", KEY)
    assert status == 1
    assert fingerprint(KEY) in out
    assert "several accounts use this server: choose one with --account (work, other)" in err
    assert (await run(untrusted, HOST, "--pin", KEY, "--account", "other"))[0] == 0
    assert (await pin_of(untrusted), await pin_of(untrusted, "other")) == (None, KEY)
    for words, refusal in (
        (("nobody.example",), "no account uses this server"),
        ((f"{HOST}:5099",), "no account uses this server"),
        ((HOST, "--account", "plain"), "is not the server of account plain"),
        ((HOST, "--account", "nobody"), "there is no account nobody"),
        (("-x",), "No such option"),
        (("pbx:0",), "0 is not a port"),
    ):
        status, _, err = await run(untrusted, *words)
        assert status == (2 if words == ("-x",) else 1)
        assert refusal in err


async def test_what_no_pin_mends_is_not_pinned(standin: StandIn) -> None:
    words = "the server's key is too short: RSA 1024 bits, and 2048 are the least that is safe"
    standin.shows_certificates(
        HOST, msgspec.structs.replace(REPORT, problems=(words,), refused=(words,))
    )
    await standin.add_account("work")
    status, out, err = await run(standin, HOST, "--pin", KEY)
    assert (status, err) == (1, f"offhook: {words}\n")
    assert "A pin does not fix this" in out
    standin.shows_no_certificate(HOST, f"{HOST}:5061 does not speak TLS")
    status, out, err = await run(standin, HOST)
    assert (status, out, err) == (1, "", f"offhook: {HOST}:5061 does not speak TLS\n")


@pytest.fixture
async def changed(untrusted: StandIn) -> StandIn:
    """Add an account that is pinned to another key than its server shows."""
    await untrusted.client.ask(EditAccount(name="work", fields={"pin": OTHER}, means=Means.SCREEN))
    await untrusted.reaches(lambda s: s.accounts[0].registration.state is RegistrationState.FAILED)
    return untrusted


async def test_another_key_than_before_is_shown_beside_it(changed: StandIn) -> None:
    status, out, err = await run(changed, HOST)
    assert "OTHER  the server shows another key than the one that the account is pinned to:" in out
    assert fingerprint(OTHER) in out
    assert "Accepted here by alice on the screen on " in out
    assert "It may be an attack" in out
    assert (status, err) == (
        1,
        "offhook: there is no terminal to ask on, and nothing was pinned: name the key with "
        "--pin\n",
    )
    position = len(changed.events)
    assert (await run(changed, HOST, "--pin", KEY))[0] == 0
    await changed.until_registered("work", position)
    _, out, _ = await run(changed, HOST)
    assert "Accepted here by alice by command on " in out


async def test_another_key_than_before_takes_another_word(changed: StandIn) -> None:
    """Neither Enter, nor y, nor the word of a first pin accepts the key."""
    environment = {**os.environ, **environment_of(changed.folder), "TERM": "xterm"}

    def answer(text: str, expected: str) -> None:
        terminal = OnPty([OFFHOOK, "trust", HOST], environment, 120, 50)
        terminal.until(lambda screen: "Press Enter to leave everything as it is." in screen)
        terminal.press(f"{text}\r")
        terminal.until(lambda screen: expected in screen)
        terminal.end()

    for text in ("", "y", "yes"):
        await asyncio.to_thread(answer, text, "offhook: nothing was pinned")
        assert await pin_of(changed) == OTHER
    await asyncio.to_thread(answer, "accept", "account work accepts only this key")
    assert await pin_of(changed) == KEY


async def test_calls_that_end_with_a_pin_are_told_before_it_is_set(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state.answered)
    key = facts.server(HOST).chain[0].key_sha256
    status, _, err = await run(standin, HOST, "--pin", key)
    assert (status, err.splitlines()[0]) == (0, "The call with account work that is up now ends.")
    await standin.reaches(lambda s: not s.calls)
