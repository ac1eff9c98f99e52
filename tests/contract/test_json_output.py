"""Output of --json matches its schema, with unknown values as null."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.contract import examples, regenerate, schemacheck
from voip import model
from voip.cli.app import offhook
from voip.cli.schema import document
from voip.cli.settings.settings import Setting
from voip.cli.sound.microphone import MicrophoneResult
from voip.protocol.client import NumberedEvent

SCHEMA: dict[str, Any] = json.loads(msgspec.json.encode(document()))

OF_COMMAND: dict[str, list[msgspec.Struct]] = {
    "status": [examples.STATUS],
    "events": [
        NumberedEvent(seq=1, at="2026-01-01T00:00:00Z", event=event)
        for event in examples.EVENTS.values()
    ],
    "trace": [
        NumberedEvent(seq=1, at="2026-01-01T00:00:00Z", event=examples.EVENTS["sip_message"])
    ],
    "text": [
        NumberedEvent(seq=1, at="2026-01-01T00:00:00Z", event=examples.EVENTS["realtime_text"])
    ],
    "history": [examples.REPLIES["history"]],
    "history --delete": [examples.REPLIES["calls_deleted"]],
    "history --delete-all": [examples.REPLIES["calls_deleted"]],
    "messages --restore": [examples.REPLIES["messages_restored"]],
    "text --show": [examples.REPLIES["realtime_text"]],
    "history --restore": [examples.REPLIES["calls_restored"]],
    "history --import": [examples.REPLIES["import_report"]],
    "doctor": [examples.REPLIES["doctor"]],
    "call": [examples.REPLIES["call_report"]],
    "transfer": [examples.REPLIES["transfer_report"]],
    "park": [examples.REPLIES["transfer_report"]],
    "account add": [examples.REPLIES["account_changed"]],
    "account edit": [examples.REPLIES["account_changed"]],
    "account remove": [examples.REPLIES["account_changed"]],
    "account enable": [examples.REPLIES["account_changed"]],
    "account disable": [examples.REPLIES["account_changed"]],
    "account list": [examples.REPLIES["accounts"]],
    "account show": [examples.ACCOUNT_FIELDS],
    "account check": [examples.REPLIES["check"]],
    "trust": [examples.REPLIES["server_report"]],
    "lock": [examples.REPLIES["lock"]],
    "compared": [examples.REPLIES["compared"]],
    "message": [examples.TEXT, examples.FAILED_TEXT],
    "messages": [examples.REPLIES["messages"]],
    "messages --threads": [examples.REPLIES["threads"]],
    "messages --delete": [examples.REPLIES["messages_deleted"]],
    "block": [examples.BLOCKED],
    "blocked": [examples.REPLIES["blocked"]],
    "devices": [examples.REPLIES["devices"]],
    "microphone": [MicrophoneResult(heard=True, peak=0.25)],
    "settings": [examples.REPLIES["settings"]],
    "settings KEY": [
        examples.REPLIES["setting"],
        *(Setting("key", value) for value in (None, True, 10, "USB")),
    ],
    "conference": [examples.CONFERENCE, msgspec.structs.replace(examples.CONFERENCE, aside=None)],
    "people": [examples.REPLIES["contacts"]],
    "people --show": [examples.REPLIES["person"], examples.REPLIES["nobodys_person"]],
    "people --favourite": [examples.REPLIES["favourite"]],
    "people --add": [examples.REPLIES["contact_added"]],
    "people --unfavourite": [examples.REPLIES["favourite"]],
    "look-up": [examples.REPLIES["looked_up"]],
    "log": [examples.REPLIES["engine_log"]],
}


def errors(value: Any, command: str) -> list[str]:
    return schemacheck.errors(value, SCHEMA["commands"][command], SCHEMA["$defs"])


def test_unknown_is_null_and_never_left_out() -> None:
    empty = model.Status(
        engine=model.EngineStatus("0.1.0", 1, 0.0),
        accounts=(examples.BAD_ACCOUNT,),
        calls=(examples.NEW_CALL,),
    )
    shown = json.loads(msgspec.json.encode(empty))
    assert shown["engine"]["pjsip"] is None
    assert shown["accounts"][0]["tls"] is None
    assert shown["accounts"][0]["registration"]["code"] is None
    call = shown["calls"][0]
    for key in ("code", "answered", "codec"):
        assert call[key] is None
    assert set(call["quality"].values()) == {None}
    assert errors(shown, "status") == []


def test_times_are_rfc_3339_in_utc() -> None:
    assert model.rfc3339(1_767_225_600.999) == "2026-01-01T00:00:00Z"
    assert model.rfc3339(0) == "1970-01-01T00:00:00Z"


def test_schema_as_committed() -> None:
    text = (regenerate.GOLDEN / "schema.json").read_text(encoding="utf-8")
    assert json.loads(text) == SCHEMA, "see tests/contract/regenerate.py"


def test_schema_is_what_the_command_prints() -> None:
    result = CliRunner().invoke(offhook, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.output) == SCHEMA


def test_every_command_of_the_schema_has_examples() -> None:
    assert set(SCHEMA["commands"]) == set(OF_COMMAND)


@pytest.mark.parametrize("command", OF_COMMAND)
def test_examples_are_valid(command: str) -> None:
    for example in OF_COMMAND[command]:
        assert errors(json.loads(msgspec.json.encode(example)), command) == []


def test_schema_refuses_what_is_wrong() -> None:
    shown = json.loads(msgspec.json.encode(examples.STATUS))
    del shown["engine"]["version"]
    shown["calls"][0]["state"] = "asleep"
    shown["calls"][0]["muted"] = 1
    shown["accounts"][0]["registration"]["code"] = "200"
    problems = errors(shown, "status")
    assert "$.engine: version is missing" in problems
    assert any(error.startswith("$.calls[0].state: 'asleep' is not one of") for error in problems)
    assert "$.calls[0].muted: 1 is no boolean" in problems
    assert any(error.startswith("$.accounts[0].registration.code: ") for error in problems)
    assert len(problems) == 4


def test_schema_check_knows_every_keyword_it_meets() -> None:
    with pytest.raises(schemacheck.UnknownKeyword):
        schemacheck.errors("x", {"type": "string", "pattern": "y"}, {})


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        (10, {"minimum": 10, "maximum": 10}, False),
        (9, {"minimum": 10}, True),
        (11, {"maximum": 10}, True),
        ("ab", {"minLength": 2, "maxLength": 2}, False),
        ("a", {"minLength": 2}, True),
        ("abc", {"maxLength": 2}, True),
        ([1], {"minItems": 1, "maxItems": 1}, False),
        ([], {"minItems": 1}, True),
        ([1, 2], {"maxItems": 1}, True),
        (["a", 1], {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, False),
        ([1], {"prefixItems": [{"type": "string"}]}, True),
        (["a", 1], {"prefixItems": [{"type": "string"}], "items": False}, True),
        (None, {"minimum": 1, "minLength": 1, "minItems": 1}, False),
    ],
)
def test_schema_check_knows_bounds(value: Any, schema: dict[str, Any], wrong: bool) -> None:
    assert bool(schemacheck.errors(value, schema, {})) is wrong


def test_references_and_definitions_are_the_same() -> None:
    referred = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(SCHEMA)))
    assert referred == set(SCHEMA["$defs"])
