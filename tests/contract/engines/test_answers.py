"""Both engines: answers beside those about calls and accounts."""

from __future__ import annotations

from typing import Any

from tests.contract.engines.sides import ACCOUNT, BOB, Side
from tests.support.attached import connect
from voip.model import RegistrationState, Status
from voip.protection import LockReport, LockState
from voip.protocol.accounts import AccountEvent, CheckAccount, CheckEvent, CheckReport
from voip.protocol.calls import CallEvent, GetHistory, HistoryPage, Mute
from voip.protocol.people import ContactsPage, GetContacts, LookedUp, LookUp
from voip.protocol.phone import (
    Doctor,
    DoctorReport,
    EchoEvent,
    EchoStarted,
    EngineLog,
    GetEngineLog,
    GetStatus,
    StartEcho,
    StopEcho,
)
from voip.protocol.settings import ChangeSettings, GetSettings, SettingsData, SettingsEvent
from voip.protocol.sound import Devices, GetDevices
from voip.protocol.trust import GetLock


async def test_the_lock_of_a_call_and_of_an_account_in_detail(side: Side) -> None:
    await side.register()
    of_account = await side.engine.client.get(GetLock(account=ACCOUNT), LockReport)
    assert of_account.state is LockState.CLOSED
    assert of_account.tls is not None
    call = await side.dial("100")
    opened = await side.engine.client.get(GetLock(call=call), LockReport)
    assert (opened.state, opened.streams) == (LockState.OPEN, ())
    assert opened.remedy
    side.answers(call)
    await side.engine.until_call(lambda c: c.lock.closed)
    closed = await side.engine.client.get(GetLock(call=call), LockReport)
    assert closed.why == f"encrypted to {side.host}; beyond it, unknown"
    assert closed.remedy is None
    assert all(fact.holds for fact in closed.facts)
    # A call's facts grow in the same order.
    names = [fact.name for fact in opened.facts]
    assert [fact.name for fact in closed.facts][: len(names)] == names
    assert closed.tls == of_account.tls
    (stream,) = closed.streams
    assert (stream.kind, stream.srtp, stream.keying) == ("audio", True, "sdes")
    assert stream.suite
    assert stream.codec


async def test_the_log_is_paged_and_filtered(side: Side) -> None:
    await side.register()
    calls = []
    for _ in range(2):
        call = await side.engine.call("echo", hangup_after_s=0)
        await side.engine.until_logged(call)
        calls.append(call)
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)

    async def page(**selection: Any) -> tuple[list[str], int]:
        answer = await side.engine.client.get(GetHistory(**selection), HistoryPage)
        return [entry.id for entry in answer.entries], answer.total

    first, second = calls
    assert await page() == ([missed, second, first], 3)
    assert await page(limit=2) == ([missed, second], 3)
    assert await page(limit=2, offset=2) == ([first], 3)
    assert (await page(before=second))[0] == [first]
    assert await page(search="bob") == ([missed], 1)
    assert await page(search="nobody at all") == ([], 0)
    assert await page(missed=True) == ([missed], 1)
    assert await page(account="echo") == ([second, first], 2)
    assert await page(secure=True) == ([second, first], 2)
    assert await page(secure=False) == ([missed], 1)


async def test_settings_are_changed_for_everybody_and_kept(side: Side) -> None:
    client = side.engine.client
    before = await client.get(GetSettings(), SettingsData)
    assert before.problem is None
    assert before.folder == str(side.engine.folder / "config")
    await client.ask(ChangeSettings(changes={"screen.theme": "light", "audio.ring": False}))
    event = await side.engine.until(SettingsEvent, lambda e: True)
    after = await client.get(GetSettings(), SettingsData)
    assert after.settings == event.settings
    assert (after.settings.screen.theme, after.settings.audio.ring) == ("light", False)
    await client.ask(ChangeSettings(changes={"screen.theme": None}))
    back = await client.get(GetSettings(), SettingsData)
    assert back.settings.screen == before.settings.screen
    assert "theme" not in (side.engine.folder / "config" / "config.toml").read_text()


async def test_devices_are_looked_up_anew(side: Side) -> None:
    devices = await side.engine.client.get(GetDevices(), Devices)
    assert devices.in_use == "sound is switched off"


async def test_the_doctor_finds_that_calls_can_be_made(side: Side) -> None:
    report = await side.engine.client.get(Doctor(), DoctorReport)
    assert report.ok, report.findings
    assert (report.pjsip, report.tls13) == ("2.17", True)
    assert "AEAD_AES_256_GCM" in report.srtp_suites
    assert all(advisory.closed for advisory in report.advisories)
    assert "CVE-2026-57162" in {advisory.name.split()[0] for advisory in report.advisories}


async def test_the_log_of_the_engine_tells_its_beginning(side: Side) -> None:
    log = await side.engine.client.get(GetEngineLog(limit=50), EngineLog)
    assert log.path == str(side.engine.folder / "state" / "engine.log")
    version = (await side.engine.status()).engine.version
    assert any(f"Offhook {version} is up" in line for line in log.lines)


async def test_the_echo_line_starts_and_stops(side: Side) -> None:
    started = await side.engine.client.get(StartEcho(), EchoStarted)
    event = await side.engine.until(EchoEvent, lambda e: e.uri is not None)
    assert event.uri == started.uri
    assert started.uri.startswith("sip:echo@127.0.0.1:")
    await side.engine.client.ask(StopEcho())
    await side.engine.until(EchoEvent, lambda e: e.uri is None)
    assert not (side.engine.folder / "run" / "echo").exists()


async def test_the_status_is_what_the_events_left(side: Side) -> None:
    await side.register()
    call = await side.echo()
    await side.engine.client.ask(Mute(call=call))
    async with await connect(side.engine.socket) as other:
        status = await other.get(GetStatus(), Status)
    accounts: dict[str, Any] = {}
    calls: dict[str, Any] = {}
    for numbered in side.engine.events:
        if isinstance(numbered.event, AccountEvent):
            accounts[numbered.event.account.name] = numbered.event.account
        elif isinstance(numbered.event, CallEvent):
            calls[numbered.event.call.id] = numbered.event.call
    assert tuple(accounts.values()) == status.accounts
    assert [(c.id, c.state, c.lock, c.muted) for c in calls.values()] == [
        (c.id, c.state, c.lock, c.muted) for c in status.calls
    ]


async def test_a_text_is_looked_up_and_nobody_is_called(side: Side) -> None:
    await side.register()
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)

    nobody = await side.engine.client.get(GetContacts(search="bo"), ContactsPage)
    assert (nobody.contacts, nobody.total) == ((), 0)

    async def look_up(text: str, account: str | None = None) -> LookedUp:
        command = LookUp(text=text, account=account)
        return await side.engine.client.get(command, LookedUp)

    number = await look_up("+34 600 111 222")
    assert (number.uri, number.account, number.problem) == (
        "sip:+34600111222@pbx.example.com;transport=tls", ACCOUNT, None,
    )  # fmt: skip
    suggestions = await look_up("bo")
    assert [(s.name, s.target, s.source) for s in suggestions.suggestions] == [
        ("Bob", "bob@example.com", "log")
    ]
    wrong = await look_up("sip:")
    assert (wrong.uri, wrong.account) == (None, ACCOUNT)
    assert wrong.problem
    assert (await look_up("100", "nobody")).problem == "there is no account nobody"
    assert (await look_up("echo")).account == "echo"
    assert (await side.engine.status()).calls == ()


async def test_an_account_is_tried_step_by_step(side: Side) -> None:
    await side.register()
    position = len(side.engine.events)

    async def check(**command: Any) -> list[tuple[str, bool | None]]:
        report = await side.engine.client.get(CheckAccount(**command), CheckReport)
        assert report.ok == all(step.ok for step in report.steps)
        return [(step.step, step.ok) for step in report.steps]

    good = [("name", True), ("tls", True), ("certificate", True), ("registration", True)]
    assert await check(name=ACCOUNT) == good
    assert await check(name="new", fields=side.fields()) == good
    steps = [e.event for e in side.engine.events[position:] if isinstance(e.event, CheckEvent)]
    assert [(e.name, e.step.step, e.step.ok) for e in steps] == [
        (name, step, ok) for name in (ACCOUNT, "new") for step, ok in good
    ]
    (account,) = (await side.engine.status()).accounts
    assert (account.name, account.registration.state) == (ACCOUNT, RegistrationState.REGISTERED)
    side.server_says(403)
    assert await check(name=ACCOUNT) == [*good[:3], ("registration", False)]
