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
from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, encode
from voip.protocol.worker.process import AnyWorkerCommand, AnyWorkerEvent, Order

KINDS: dict[str, Any] = {
    "commands": AnyCommand,
    "events": AnyEvent,
    "worker_commands": AnyWorkerCommand,
    "worker_events": AnyWorkerEvent,
}


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


@pytest.mark.parametrize("group", GROUPS)
def test_written_as_committed(group: str) -> None:
    committed = golden(group)
    lines = {name: encode(example, MAX_REPLY) for name, example in GROUPS[group].items()}
    assert [name for name, line in lines.items() if line.count(b"\n") != 1] == []
    assert {name: json.loads(line) for name, line in lines.items()} == committed


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_committed_is_understood(group: str) -> None:
    committed = golden(group)
    assert committed.keys() == GROUPS[group].keys()
    differing: list[tuple[str, msgspec.Struct | FramingError]] = []
    for name, example in GROUPS[group].items():
        kind = KINDS.get(group, type(example))
        line = json.dumps(committed[name], separators=(",", ":")).encode()
        try:
            read: msgspec.Struct = Decoder[msgspec.Struct](kind).decode(line)
        except FramingError as error:
            differing.append((name, error))
            continue
        if type(read) is not type(example) or read != example:
            differing.append((name, read))
    assert differing == []


def test_requests_carry_every_command() -> None:
    requests = {name: Request(5, command) for name, command in examples.COMMANDS.items()}
    lines = {name: encode(request) for name, request in requests.items()}
    decoder = Decoder[Request](Request)
    assert {name: decoder.decode(line) for name, line in lines.items()} == requests
    assert {name: json.loads(line) for name, line in lines.items()} == {
        name: {"id": 5, "command": data} for name, data in golden("commands").items()
    }


def test_numbered_events_carry_every_event() -> None:
    at = "2026-01-01T00:00:00Z"
    events = {name: NumberedEvent(1, at, event) for name, event in examples.EVENTS.items()}
    lines = {name: encode(event, MAX_REPLY) for name, event in events.items()}
    decoder = Decoder[NumberedEvent](NumberedEvent)
    assert {name: decoder.decode(line) for name, line in lines.items()} == events
    # A client distinguishes events from replies by the line's first bytes.
    assert [name for name, line in lines.items() if not line.startswith(b'{"seq"')] == []


def test_replies_carry_every_answer() -> None:
    for name, answer in examples.REPLIES.items():
        reply = Reply(reply=5, data=msgspec.Raw(msgspec.json.encode(answer)))
        line = encode(reply, MAX_REPLY)
        assert line.startswith(b'{"reply"'), name
        read: Reply = Decoder[Reply](Reply).decode(line)
        assert (read.ok, read.error) == (True, None), name
        assert msgspec.json.decode(read.data, type=type(answer)) == answer, name


def test_orders_carry_every_worker_command() -> None:
    orders = {name: Order(5, command) for name, command in examples.WORKER_COMMANDS.items()}
    decoder = Decoder[Order](Order)
    assert {name: decoder.decode(encode(order)) for name, order in orders.items()} == orders


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
