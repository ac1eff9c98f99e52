"""The same conversations with the engine stand-in and the real engine.

Tests of screens use the stand-in (`tests.support.standin.engine`). Tests named
`test_engines…` show that it answers like the engine with real workers, TLS and
SRTP.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.contract.engines.sides import ACCOUNT, Side
from tests.contract.examples import members
from tests.support.attached import connect
from voip.client.errors import CommandFailed, NoEngine
from voip.client.stream import Client
from voip.model import CallState, Outcome
from voip.protection import LockState
from voip.protocol.accounts import (
    AccountEvent,
    AddAccount,
    CheckAccount,
    EditAccount,
    MoveAccount,
    RegisterAccount,
    RemoveAccount,
)
from voip.protocol.calls import (
    AnswerCall,
    CallVoicemail,
    ConnectCalls,
    DeclineCall,
    DeleteCalls,
    DeleteHistory,
    GetHistory,
    HangUp,
    LogEvent,
    Mute,
    Park,
    PickUp,
    PlaceCall,
    Play,
    Record,
    RestoreCalls,
    Resume,
    Retrieve,
    SendDigits,
    TransferCall,
)
from voip.protocol.client import PROTOCOL_VERSION, AnyCommand, AnyEvent
from voip.protocol.people import BlockCaller, GetBlocked, UnblockCaller
from voip.protocol.phone import Hello, HelloData, Snapshot, Stop, StoppingEvent, Subscribe
from voip.protocol.settings import ChangeSettings
from voip.protocol.trust import GetLock


async def refusal(side: Side, command: AnyCommand) -> str:
    """Return the kind of error that answers a command, which also has words."""
    try:
        await side.engine.client.ask(command)
    except CommandFailed as error:
        assert str(error)
        return error.kind
    raise AssertionError(f"{command} was accepted")


async def events_until_the_end(client: Client) -> list[AnyEvent]:
    return [numbered.event async for numbered in client.events()]


# The conversation


def test_every_command_is_part_of_a_conversation() -> None:
    """Every command is in a conversation: no difference goes unnoticed."""
    here = Path(__file__).parent
    said = "".join(path.read_text() for path in here.glob("test_*.py"))
    commands = {command.__name__ for command in members(AnyCommand)}
    assert {name for name in commands if not re.search(rf"(?<![\w.]){name}\(", said)} == set()


async def test_hello_says_who_answers(side: Side) -> None:
    hello = await side.engine.client.get(Hello(), HelloData)
    status = await side.engine.status()
    assert hello.protocol == PROTOCOL_VERSION
    assert (hello.version, hello.pid) == (status.engine.version, status.engine.pid)


async def test_a_new_engine_has_nothing_and_its_first_event_follows_the_snapshot(
    side: Side,
) -> None:
    async with await connect(side.engine.socket) as late:
        snapshot = await late.get(Subscribe(), Snapshot)
        assert (snapshot.status.accounts, snapshot.status.calls) == ((), ())
        assert snapshot.status.engine.pjsip is None
        await side.engine.client.ask(AddAccount(name=ACCOUNT, fields=side.fields()))
        first = await anext(late.events())
        assert first.seq == snapshot.seq + 1
        assert isinstance(first.event, AccountEvent)


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
        snapshots = [await client.get(Subscribe(), Snapshot) for client in (one, other)]
        assert snapshots[0].seq == snapshots[1].seq
        call = await side.echo()
        await side.engine.client.ask(HangUp(call=call))
        await side.engine.until_state(call, CallState.ENDED)
        await side.engine.client.ask(Stop())
        told_to = [await events_until_the_end(client) for client in (one, other)]
    assert told_to[0] == told_to[1]
    assert any(isinstance(event, LogEvent) for event in told_to[0])


async def test_a_client_that_was_away_sees_the_call_as_it_is(side: Side) -> None:
    call = await side.echo()
    before = (await side.engine.status()).calls[0]
    await side.engine.detach()
    await side.engine.attach()
    async with await connect(side.engine.socket) as again:
        (now,) = (await again.get(Subscribe(), Snapshot)).status.calls
    assert (now.id, now.state, now.lock, now.answered) == (
        call, before.state, before.lock, before.answered,
    )  # fmt: skip
    assert now.duration_s >= before.duration_s


async def test_stopping_is_announced_before_the_connection_ends(side: Side) -> None:
    async with await connect(side.engine.socket) as client:
        await client.ask(Subscribe())
        await client.ask(Stop())
        assert (await events_until_the_end(client))[-1] == StoppingEvent()
        with pytest.raises(NoEngine):
            await client.ask(Hello())


async def test_a_stop_is_refused_while_a_call_is_up_unless_it_is_forced(side: Side) -> None:
    call = await side.echo()
    assert await refusal(side, Stop()) == "busy"
    async with await connect(side.engine.socket) as client:
        await client.ask(Subscribe())
        await client.ask(Stop(force=True))
        events = await events_until_the_end(client)
    assert StoppingEvent() in events
    (row,) = [event.entry for event in events if isinstance(event, LogEvent)]
    assert (row.id, row.outcome) == (call, Outcome.ANSWERED)


# Refusals


def _long(digits: int) -> str:
    return "1" * digits


async def test_what_cannot_be_done_is_refused_by_kind(side: Side, tmp_path: Path) -> None:
    await side.engine.client.ask(
        AddAccount(name="off", fields=side.fields(enabled=False, register=False))
    )
    assert await refusal(side, PlaceCall(target="bob")) == "no_account"
    await side.engine.client.ask(AddAccount(name=ACCOUNT, fields=side.fields(register=False)))
    call = await side.echo()
    for command, kind in (
        (HangUp(call="99"), "no_call"),
        (Mute(call="99"), "no_call"),
        (GetLock(call="99"), "no_call"),
        (AnswerCall(call=call), "wrong_state"),
        (DeclineCall(call=call), "wrong_state"),
        (Resume(call=call), "wrong_state"),
        (SendDigits(call=call, digits="12x"), "bad_digits"),
        (SendDigits(call=call, digits=""), "bad_digits"),
        (SendDigits(call=call, digits=_long(65)), "bad_digits"),
        (PlaceCall(target="bob", account="nobody"), "no_account"),
        (PlaceCall(target="bob", account="off"), "disabled"),
        (PlaceCall(target="bob@-", account=ACCOUNT), "bad_target"),
        (PlaceCall(target="echo", play="/nonexistent.wav"), "bad_file"),
        (PlaceCall(target="echo", record=str(tmp_path / "x.mp3")), "bad_file"),
        (TransferCall(call="99", target="bob"), "no_call"),
        (TransferCall(call=call, target="bob"), "wrong_account"),
        (Park(call="99"), "no_call"),
        (Park(call=call), "wrong_account"),
        (PickUp(), "no_code"),
        (PickUp(target="bob", account=ACCOUNT), "no_code"),
        (PickUp(account="off"), "disabled"),
        (CallVoicemail(), "no_code"),
        (CallVoicemail(account="off"), "disabled"),
        (Retrieve(slot="701"), "no_code"),
        (Retrieve(slot="701", account="nobody"), "no_account"),
        (ConnectCalls(call=call, other="99"), "no_call"),
        (ConnectCalls(call=call, other=call), "wrong_state"),
        (Play(call=call, path="relative.wav"), "bad_file"),
        (Record(call=call, path="/nonexistent/x.wav"), "bad_file"),
        (RegisterAccount(account="nobody"), "no_account"),
        (CheckAccount(name="nobody"), "no_account"),
        (AddAccount(name=ACCOUNT, fields=side.fields()), "bad_account"),
        (AddAccount(name="echo", fields=side.fields()), "bad_account"),
        (AddAccount(name="x", fields={"user": "x"}), "bad_account"),
        (EditAccount(name=ACCOUNT, fields={"expires_s": 1}), "bad_account"),
        (EditAccount(name="nobody", fields={}), "bad_account"),
        (EditAccount(name=ACCOUNT, fields={}, version="another"), "changed"),
        (RemoveAccount(name="nobody"), "bad_account"),
        (MoveAccount(name="nobody", place=0), "bad_account"),
        (GetLock(), "bad_request"),
        (
            BlockCaller(caller="sip:anonymous@anonymous.invalid", account=ACCOUNT),
            "hidden_caller",
        ),
        (GetBlocked(caller="anonymous@pbx.example.com", account=ACCOUNT), "hidden_caller"),
        (BlockCaller(caller="bob@-", account=ACCOUNT), "bad_target"),
        (BlockCaller(caller="bob", account="nobody"), "no_account"),
        (UnblockCaller(caller="bob", account=ACCOUNT), "not_blocked"),
        (GetBlocked(caller="bob"), "bad_request"),
        (GetHistory(before="x"), "bad_request"),
        (DeleteCalls(rows=("99",)), "no_row"),
        (DeleteCalls(rows=("first",)), "no_row"),
        (DeleteCalls(rows=(call,)), "going_on"),
        (DeleteHistory(newest="x"), "bad_request"),
        (RestoreCalls(), "nothing_deleted"),
        (ChangeSettings(changes={"audio.frame_ms": 15}), "bad_settings"),
        (ChangeSettings(changes={"nonsense": 1}), "bad_settings"),
        (Stop(), "busy"),
    ):
        assert (command, await refusal(side, command)) == (command, kind)
    # No refusal has changed the call.
    (now,) = (await side.engine.status()).calls
    assert (now.state, now.lock.state) == (CallState.ACTIVE, LockState.CLOSED)
