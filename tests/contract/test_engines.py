"""The engine stand-in and the real engine hold the same conversations.

Screens are tested against the stand-in (`tests.support.standin`): what is true
of it in the tests named `test_engines…` is true of the engine with real
workers, real TLS and real SRTP.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.contract.engines import ACCOUNT, Side
from tests.contract.examples import members
from tests.support.attached import connect
from voip.client.starting import CommandFailed, NoEngine
from voip.client.stream import Client
from voip.model import CallState, Outcome
from voip.protection import LockState
from voip.protocol import client as told


async def refusal(side: Side, command: told.AnyCommand) -> str:
    """The kind of error that a command gets, which has words too."""
    try:
        await side.engine.client.ask(command)
    except CommandFailed as error:
        assert str(error)
        return error.kind
    raise AssertionError(f"{command} was accepted")


async def events_until_the_end(client: Client) -> list[told.AnyEvent]:
    return [numbered.event async for numbered in client.events()]


# The conversation itself


def test_every_command_is_part_of_a_conversation() -> None:
    """A command that both engines do not answer alike must not come unnoticed."""
    here = Path(__file__).parent
    said = "".join(path.read_text() for path in here.glob("test_engines*.py"))
    commands = {command.__name__ for command in members(told.AnyCommand)}
    assert {name for name in commands if f"told.{name}(" not in said} == set()


async def test_hello_says_who_answers(side: Side) -> None:
    hello = await side.engine.client.get(told.Hello(), told.HelloData)
    status = await side.engine.status()
    assert hello.protocol == told.PROTOCOL_VERSION
    assert (hello.version, hello.pid) == (status.engine.version, status.engine.pid)


async def test_a_new_engine_has_nothing_and_its_first_event_follows_the_snapshot(
    side: Side,
) -> None:
    async with await connect(side.engine.socket) as late:
        snapshot = await late.get(told.Subscribe(), told.Snapshot)
        assert (snapshot.status.accounts, snapshot.status.calls) == ((), ())
        assert snapshot.status.engine.pjsip is None
        await side.engine.client.ask(told.AddAccount(name=ACCOUNT, fields=side.fields()))
        first = await anext(late.events())
        assert first.seq == snapshot.seq + 1
        assert isinstance(first.event, told.AccountEvent)


@pytest.mark.parametrize(
    ("line", "kind", "number"),
    [
        (b"hello", "bad_request", None),
        (b'{"id":7,"command":{"do":"fly"}}', "bad_request", 7),
        (b'{"id":7,"command":{"do":"hold","call":3}}', "bad_request", 7),
        (b'{"id":7,"command":{"do":"hold","call":"3"}}', "no_call", 7),
    ],
)
async def test_a_request_that_is_none_is_answered(
    side: Side, line: bytes, kind: str, number: int | None
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(side.engine.socket))
    writer.write(line + b"\n")
    reply = json.loads(await asyncio.wait_for(reader.readline(), 20))
    assert (reply["ok"], reply["reply"], reply["error"]["kind"]) == (False, number, kind)
    writer.close()


async def test_two_clients_are_told_the_same(side: Side) -> None:
    async with (
        await connect(side.engine.socket) as one,
        await connect(side.engine.socket) as other,
    ):
        snapshots = [await client.get(told.Subscribe(), told.Snapshot) for client in (one, other)]
        assert snapshots[0].seq == snapshots[1].seq
        call = await side.echo()
        await side.engine.client.ask(told.HangUp(call=call))
        await side.engine.until_state(call, CallState.ENDED)
        await side.engine.client.ask(told.Stop())
        told_to = [await events_until_the_end(client) for client in (one, other)]
    assert told_to[0] == told_to[1]
    assert any(isinstance(event, told.LogEvent) for event in told_to[0])


async def test_a_client_that_was_away_sees_the_call_as_it_is(side: Side) -> None:
    call = await side.echo()
    before = (await side.engine.status()).calls[0]
    await side.engine.detach()
    await side.engine.attach()
    async with await connect(side.engine.socket) as again:
        (now,) = (await again.get(told.Subscribe(), told.Snapshot)).status.calls
    assert (now.id, now.state, now.lock, now.answered) == (
        call, before.state, before.lock, before.answered,
    )  # fmt: skip
    assert now.duration_s >= before.duration_s


async def test_stopping_is_announced_before_the_connection_ends(side: Side) -> None:
    async with await connect(side.engine.socket) as client:
        await client.ask(told.Subscribe())
        await client.ask(told.Stop())
        assert (await events_until_the_end(client))[-1] == told.StoppingEvent()
        with pytest.raises(NoEngine):
            await client.ask(told.Hello())


async def test_a_stop_is_refused_while_a_call_is_up_unless_it_is_forced(side: Side) -> None:
    call = await side.echo()
    assert await refusal(side, told.Stop()) == "busy"
    async with await connect(side.engine.socket) as client:
        await client.ask(told.Subscribe())
        await client.ask(told.Stop(force=True))
        events = await events_until_the_end(client)
    assert told.StoppingEvent() in events
    (row,) = [event.entry for event in events if isinstance(event, told.LogEvent)]
    assert (row.id, row.outcome) == (call, Outcome.ANSWERED)


# Refusals


def _long(digits: int) -> str:
    return "1" * digits


async def test_what_cannot_be_done_is_refused_by_kind(side: Side, tmp_path: Path) -> None:
    await side.engine.client.ask(
        told.AddAccount(name="off", fields=side.fields(enabled=False, register=False))
    )
    assert await refusal(side, told.PlaceCall(target="bob")) == "no_account"
    await side.engine.client.ask(told.AddAccount(name=ACCOUNT, fields=side.fields(register=False)))
    call = await side.echo()
    for command, kind in (
        (told.HangUp(call="99"), "no_call"),
        (told.Mute(call="99"), "no_call"),
        (told.GetLock(call="99"), "no_call"),
        (told.AnswerCall(call=call), "wrong_state"),
        (told.DeclineCall(call=call), "wrong_state"),
        (told.Resume(call=call), "wrong_state"),
        (told.SendDigits(call=call, digits="12x"), "bad_digits"),
        (told.SendDigits(call=call, digits=""), "bad_digits"),
        (told.SendDigits(call=call, digits=_long(65)), "bad_digits"),
        (told.PlaceCall(target="bob", account="nobody"), "no_account"),
        (told.PlaceCall(target="bob", account="off"), "disabled"),
        (told.PlaceCall(target="bob@-", account=ACCOUNT), "bad_target"),
        (told.PlaceCall(target="echo", play="/nonexistent.wav"), "bad_file"),
        (told.PlaceCall(target="echo", record=str(tmp_path / "x.mp3")), "bad_file"),
        (told.Play(call=call, path="relative.wav"), "bad_file"),
        (told.Record(call=call, path="/nonexistent/x.wav"), "bad_file"),
        (told.RegisterAccount(account="nobody"), "no_account"),
        (told.CheckAccount(name="nobody"), "no_account"),
        (told.AddAccount(name=ACCOUNT, fields=side.fields()), "bad_account"),
        (told.AddAccount(name="echo", fields=side.fields()), "bad_account"),
        (told.AddAccount(name="x", fields={"user": "x"}), "bad_account"),
        (told.EditAccount(name=ACCOUNT, fields={"expires_s": 1}), "bad_account"),
        (told.EditAccount(name="nobody", fields={}), "bad_account"),
        (told.EditAccount(name=ACCOUNT, fields={}, version="another"), "changed"),
        (told.RemoveAccount(name="nobody"), "bad_account"),
        (told.MoveAccount(name="nobody", place=0), "bad_account"),
        (told.GetLock(), "bad_request"),
        (
            told.BlockCaller(caller="sip:anonymous@anonymous.invalid", account=ACCOUNT),
            "hidden_caller",
        ),
        (told.GetBlocked(caller="anonymous@pbx.example.com", account=ACCOUNT), "hidden_caller"),
        (told.BlockCaller(caller="bob@-", account=ACCOUNT), "bad_target"),
        (told.BlockCaller(caller="bob", account="nobody"), "no_account"),
        (told.UnblockCaller(caller="bob", account=ACCOUNT), "not_blocked"),
        (told.GetBlocked(caller="bob"), "bad_request"),
        (told.GetHistory(before="x"), "bad_request"),
        (told.ChangeSettings(changes={"audio.frame_ms": 15}), "bad_settings"),
        (told.ChangeSettings(changes={"nonsense": 1}), "bad_settings"),
        (told.Stop(), "busy"),
    ):
        assert (command, await refusal(side, command)) == (command, kind)
    # None of it has harmed the call.
    (now,) = (await side.engine.status()).calls
    assert (now.state, now.lock.state) == (CallState.ACTIVE, LockState.CLOSED)
