"""`offhook account` as typed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.contract.test_json_output import errors
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tests.support.standin.script import Registrar
from voip.causes import Cause, CauseKind
from voip.cli.accounts.account import account
from voip.cli.app import offhook
from voip.client.errors import CommandFailed
from voip.protocol.account_fields import FIELDS
from voip.protocol.accounts import AccountChanged, AccountList, EditAccount, GetAccounts
from voip.protocol.field import Field, Group, Kind

PIN = facts.server("pbx.example.com").chain[0].key_sha256
GIVEN = [field for field in FIELDS if field.group is not Group.NOTE]


async def run(*words: str, text: str = "") -> Result:
    return await asyncio.to_thread(CliRunner().invoke, offhook, ["account", *words], input=text)


async def printed(command: str, *words: str, text: str = "") -> Any:
    """Return the object of `--json`, the only output on standard output."""
    result = await run(command, "work", *words, "--json", text=text)
    assert result.exception is None or result.exit_code == 1, result.output
    value = json.loads(result.stdout)
    assert errors(value, f"account {command}") == []
    return value


async def fields_of(standin: StandIn) -> dict[str, str | int | bool]:
    rows = (await standin.client.get(GetAccounts(), AccountList)).accounts
    return next(row.fields for row in rows if row.name == "work")


@pytest.fixture
async def call(standin: StandIn) -> str:
    """Make a call with the account work."""
    await standin.add_account("work")
    return await standin.call("100", account="work")


async def test_every_command_prints_one_object_with_json(standin: StandIn) -> None:
    added = await printed(
        "add", "--user", "alice", "--domain", "pbx.example.com", "--password-stdin", text="x\n"
    )
    assert (added["name"], added["ended_calls"]) == ("work", [])
    assert "passwords/work" in added["password_place"]
    assert (await printed("edit", "--display-name", "Alice"))["name"] == "work"
    assert (await printed("show"))["fields"]["display_name"] == "Alice"
    assert (await printed("check"))["name"] == "work"
    assert (await printed("disable"))["name"] == "work"
    assert (await fields_of(standin))["enabled"] is False
    assert (await printed("enable"))["name"] == "work"
    assert "enabled" not in await fields_of(standin)
    listed = json.loads((await run("list", "--json")).stdout)
    assert errors(listed, "account list") == []
    assert [row["name"] for row in listed["accounts"]] == ["work"]
    assert (await printed("remove"))["name"] == "work"
    assert json.loads((await run("list", "--json")).stdout) == {"accounts": []}
    commands = {"add", "edit", "show", "check", "disable", "enable", "list", "remove"}
    assert account.commands.keys() == commands


async def test_a_check_prints_its_search_in_either_form(standin: StandIn) -> None:
    standin.names.addresses_of["pbx.example.com"] = ("192.0.2.1", "192.0.2.2")
    refused = Cause(CauseKind.CONNECTION_FAILED, ("Connection refused",))
    standin.script.registrars_at = {"192.0.2.1": Registrar(cause=refused)}
    await standin.add_account("work", register=False)
    await standin.client.ask(EditAccount(name="work", fields={"register": None}))
    report = await printed("check")
    assert [row["record"] for row in report["lookups"]] == ["NAPTR", "SRV", "A/AAAA"]
    assert [(t["address"], t["family"], t["taken"], t["rtt_ms"]) for t in report["targets"]] == [
        ("192.0.2.1", "ipv4", False, None),
        ("192.0.2.2", "ipv4", True, 12),
    ]
    assert report["targets"][0]["cause"]["kind"] == "connection_failed"
    lines = (await run("check", "work")).stdout.splitlines()
    assert [line.strip() for line in lines[1:6]] == [
        "pbx.example.com has no NAPTR records",
        "_sips._tcp.pbx.example.com has no SRV records",
        "pbx.example.com is at 192.0.2.1, 192.0.2.2",
        "192.0.2.1:5061: the connection failed: Connection refused",
        "192.0.2.2:5061 answered in 12 ms, IPv4",
    ]


async def test_without_json_nothing_is_on_standard_output(standin: StandIn) -> None:
    await standin.add_account("work")
    for words in (("edit", "--no-register"), ("disable",), ("enable",), ("remove",)):
        result = await run(words[0], "work", *words[1:])
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


async def test_a_change_names_the_calls_that_end_with_it(standin: StandIn) -> None:
    await standin.add_account("work", pin=PIN)
    await standin.add_account("home", user="bob")
    calls = [await standin.call(number, account="work") for number in ("100", "101")]
    other = await standin.call("102", account="home")
    result = await run("edit", "work", "--pin", "", "--json")
    assert result.stderr == f"ended with the change: call {', '.join(calls)}\n"
    assert json.loads(result.stdout)["ended_calls"] == calls
    assert "pin" not in (await fields_of(standin))
    status = await standin.reaches(lambda status: len(status.calls) == 1)
    assert status.calls[0].id == other


async def test_a_change_that_changes_nothing_ends_no_call(standin: StandIn, call: str) -> None:
    result = await run("edit", "work", "--user", "alice", "--transport", "tls")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [c.id for c in (await standin.status()).calls] == [call]
    result = await run("edit", "work", "--password-stdin", text="new\n")
    assert result.stderr.endswith(f"ended with the change: call {call}\n")


async def test_the_password_for_a_relay_is_kept_after_the_others(call: str) -> None:
    words = ("--ice", "--turn-server", "turn.example.com")
    both = ("--password-stdin", "--turn-password-stdin")
    result = await run("edit", "work", *words, *both, text="one\nother\n")
    assert result.exit_code == 0
    first, second, ended = result.stderr.splitlines()
    assert first.startswith("the password is kept in ")
    assert second.startswith("the password for the relay is kept in ")
    assert ended == f"ended with the change: call {call}"
    assert "other" not in second.replace("others", "")


async def test_an_account_that_is_removed_names_its_calls(standin: StandIn, call: str) -> None:
    assert (await printed("remove"))["ended_calls"] == [call]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EditAccount]:
    """Record the commands, which reach no engine."""
    commands: list[EditAccount] = []

    def send(command: EditAccount, kind: type[AccountChanged]) -> AccountChanged:
        commands.append(command)
        return kind(name=command.name)

    monkeypatch.setattr("voip.client.oneshot.get", send)
    return commands


def example(field: Field) -> str:
    """Return a value that differs from the default, as typed."""
    if field.kind is Kind.CHOICE:
        return next(value for value in field.values if value != field.default)
    if field.kind is Kind.NUMBER:
        assert field.bounds is not None
        return str(field.bounds[0])
    if field.kind is Kind.NAMES:
        return field.names[0]
    if field.content.is_file:
        return "some.file"
    return "some words"


@pytest.mark.parametrize("field", GIVEN, ids=lambda field: field.name)
def test_every_field_of_the_file_has_an_option(
    field: Field, sent: list[EditAccount], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    def values(*words: str) -> dict[str, str | int | bool | None]:
        result = CliRunner().invoke(offhook, ["account", "edit", "work", *words])
        assert result.exit_code == 0, result.output
        return sent.pop().fields

    if field.kind is Kind.SWITCH:
        on, off = field.option.split("/")
        assert (values(on), values(off)) == ({field.name: True}, {field.name: False})
        return
    text = example(field)
    value: str | int = int(text) if field.kind is Kind.NUMBER else text
    value = str(tmp_path / text) if field.content.is_file else value
    assert values(field.option, text) == {field.name: value}
    assert values(field.option, "") == {field.name: None}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--expires-s", "59"), "59 is not in the range"),
        (("--transport", "tsl"), "'tsl' is not one of"),
        (("--pinned-by", "mallory"), "No such option"),
        (("--password-stdin", "--password-file", "/x"),
         "--password-stdin and --password-file exclude each other"),
        (("--client-passphrase-stdin", "--client-passphrase-command", "cat"),
         "--client-passphrase-stdin and --client-passphrase-command exclude each other"),
        (("--password-stdin",), "--password-stdin: there is no password on standard input"),
        (("--turn-password-stdin", "--turn-password-file", "/x"),
         "--turn-password-stdin and --turn-password-file exclude each other"),
        (("--turn-password-stdin",),
         "--turn-password-stdin: there is no relay password on standard input"),
    ],
)  # fmt: skip
def test_wrong_words(sent: list[EditAccount], words: tuple[str, ...], complaint: str) -> None:
    result = CliRunner().invoke(offhook, ["account", "edit", "work", *words])
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert sent == []


async def test_an_account_that_is_not_there(standin: StandIn) -> None:
    for command in ("show", "edit", "remove", "enable", "disable", "check"):
        result = await run(command, "work", "--json")
        assert isinstance(result.exception, CommandFailed)
        assert "there is no account work" in str(result.exception)
        assert result.stdout == ""
