"""Every message has the JSON of its golden file.

A difference is a change of the protocol: see `tests.contract.regenerate`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.contract import examples, regenerate
from tests.contract.examples import GROUPS
from voip.protocol.calls import DigitEvent
from voip.protocol.client import (
    PROTOCOL_VERSION,
    AnyCommand,
    AnyEvent,
    NumberedEvent,
    Reply,
    Request,
)
from voip.protocol.framing import MAX_REPLY, Decoder, encode
from voip.protocol.worker.process import AnyWorkerCommand, AnyWorkerEvent, Order

KINDS: dict[str, Any] = {
    "commands": AnyCommand,
    "events": AnyEvent,
    "worker_commands": AnyWorkerCommand,
    "worker_events": AnyWorkerEvent,
}
EXAMPLES = [(group, name) for group, found in GROUPS.items() for name in found]


def golden(group: str) -> Any:
    return json.loads((regenerate.GOLDEN / f"{group}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("group", KINDS)
def test_every_message_has_an_example_under_its_own_name(group: str) -> None:
    assert {type(example) for example in GROUPS[group].values()} == examples.members(KINDS[group])
    assert {name: examples.tag(example) for name, example in GROUPS[group].items()} == {
        name: name for name in GROUPS[group]
    }


def test_every_file_is_as_it_would_be_written_now() -> None:
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in regenerate.GOLDEN.iterdir()
    }
    made = regenerate.texts()
    assert set(committed) == set(made)
    for name, text in made.items():
        assert committed[name] == text, f"{name}: see tests/contract/regenerate.py"


@pytest.mark.parametrize(("group", "name"), EXAMPLES)
def test_written_as_committed(group: str, name: str) -> None:
    line = encode(GROUPS[group][name], MAX_REPLY)
    assert line.count(b"\n") == 1
    assert json.loads(line) == golden(group)[name]


@pytest.mark.parametrize(("group", "name"), EXAMPLES)
def test_what_is_committed_is_understood(group: str, name: str) -> None:
    example = GROUPS[group][name]
    kind = KINDS.get(group, type(example))
    line = json.dumps(golden(group)[name], separators=(",", ":")).encode()
    read: msgspec.Struct = Decoder[msgspec.Struct](kind).decode(line)
    assert type(read) is type(example)
    assert read == example


@pytest.mark.parametrize("name", examples.COMMANDS)
def test_requests_carry_every_command(name: str) -> None:
    request = Request(id=5, command=examples.COMMANDS[name])
    assert Decoder[Request](Request).decode(encode(request)) == request
    data = golden("commands")[name]
    assert json.loads(encode(request)) == {"id": 5, "command": data}


@pytest.mark.parametrize("name", examples.EVENTS)
def test_numbered_events_carry_every_event(name: str) -> None:
    event = NumberedEvent(seq=1, at="2026-01-01T00:00:00Z", event=examples.EVENTS[name])
    line = encode(event, MAX_REPLY)
    assert Decoder[NumberedEvent](NumberedEvent).decode(line) == event
    # A client distinguishes events from replies by the line's first bytes.
    assert line.startswith(b'{"seq"')


@pytest.mark.parametrize("name", examples.REPLIES)
def test_replies_carry_every_answer(name: str) -> None:
    answer = examples.REPLIES[name]
    reply = Reply(reply=5, data=msgspec.Raw(msgspec.json.encode(answer)))
    line = encode(reply, MAX_REPLY)
    assert line.startswith(b'{"reply"')
    read: Reply = Decoder[Reply](Reply).decode(line)
    assert read.ok
    assert read.error is None
    assert msgspec.json.decode(read.data, type=type(answer)) == answer


@pytest.mark.parametrize("name", examples.WORKER_COMMANDS)
def test_orders_carry_every_worker_command(name: str) -> None:
    order = Order(id=5, command=examples.WORKER_COMMANDS[name])
    assert Decoder[Order](Order).decode(encode(order)) == order


def test_commands_with_unknown_fields_are_refused_and_answers_with_more_are_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"do":"answer","call":"3","now":true}', type=AnyCommand)
    line = b'{"kind":"digit","call":"3","digit":"5","since":"1.1"}'
    read = msgspec.json.decode(line, type=AnyEvent)
    assert read == DigitEvent(call="3", digit="5")


def test_version_of_the_protocol() -> None:
    assert PROTOCOL_VERSION == 1


def test_no_password_in_anything_the_engine_sends() -> None:
    for group in ("events", "replies", "envelopes", "worker_events"):
        assert "a password" not in json.dumps(golden(group))
    setup = examples.WORKER_COMMANDS["add_account"]
    assert "a password" in json.dumps(golden("worker_commands"))
    assert "a password" not in repr(setup)
