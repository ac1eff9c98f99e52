"""The contacts command: what it may print, and what it may not do to the phone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.processes import hanging, opened, python
from tests.support.standin.engine import StandIn
from voip.engine.people import directory
from voip.engine.people.directory import Directory, DirectoryError, _contacts
from voip.protocol.people import Contact, ContactNumber, DirectoryPage, SearchDirectory
from voip.protocol.settings import ChangeSettings, Contacts, Settings


def of(command: str | None) -> Directory:
    return Directory(lambda: command)


def found(output: str) -> list[tuple[str, list[str]]]:
    return [(c.name, [n.target for n in c.numbers]) for c in _contacts(output.encode())]


async def test_the_searched_text_is_on_standard_input_alone() -> None:
    program = "import sys; print(' / '.join((*sys.argv[1:], input())), 100, sep='\\t')"
    text = "an; $(touch x) `y` --option (x)\n"
    (contact,) = await of(f"{python(program)} 'one argument' (x)").search(text)
    assert contact.name == "one argument / (x) / an; $(touch x) `y` --option (x)"


async def test_nobody_is_found_without_a_command_or_a_text(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    assert await of(None).search("ann") == ()
    assert await of(python(f"open({str(ran)!r}, 'w')")).search("  \n") == ()
    assert not ran.exists()


def test_lines_and_json_are_read_alike() -> None:
    lines = "Ann\t+49 30 1\twork\nBob\tbob@example.com\nAnn\t0171 2\n"
    rows = (("Ann", "+49 30 1", "work"), ("Bob", "bob@example.com", ""), ("Ann", "0171 2", ""))
    objects = [dict(zip(("name", "number", "label"), row, strict=True)) for row in rows]
    expected = (
        Contact(
            "Ann", (ContactNumber("+49 30 1", "work"), ContactNumber("0171 2")), directory=True
        ),
        Contact("Bob", (ContactNumber("sip:bob@example.com"),), directory=True),
    )
    assert _contacts(lines.encode()) == expected
    assert _contacts(msgspec.json.encode(objects)) == expected


@pytest.mark.parametrize("output", ["", "\n", "[]"])
def test_nobody_is_no_failure(output: str) -> None:
    assert found(output) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("command not found", "nothing that is a name and a number"),
        ("Ann\tcall me", "nothing that is a name and a number"),
        ("{}", "JSON of another form"),
        ('[{"name": "Ann"}]', "JSON of another form"),
        ('[{"name": 7, "number": "100"}]', "JSON of another form"),
        ("[[[[", "JSON of another form"),
        ("[" * 10_000, "JSON of another form"),
        ('[{"name": "Ann", "number"', "JSON of another form"),
    ],
)
def test_rubbish_is_a_failure_in_words(output: str, words: str) -> None:
    with pytest.raises(DirectoryError, match=words):
        found(output)


def test_names_and_labels_draw_nothing_of_their_own() -> None:
    (contact,) = _contacts(
        "\x1b[2J\u202eAnn [server] ★\t100\t\x1b]0;\x07a label of great length\n".encode()
    )
    assert contact.name == "\ufffd(2J\ufffdAnn (server) \ufffd"
    assert "\x1b" not in contact.numbers[0].label
    assert len(contact.numbers[0].label) <= 20


def test_there_are_bounds_on_people_numbers_and_names() -> None:
    assert len(found("".join(f"Person {n}\t{n + 100}\n" for n in range(5000)))) == 500
    ((_, numbers),) = found("".join(f"Ann\t{n + 100}\n" for n in range(400)))
    assert len(numbers) == 20
    ((name, _),) = found("x" * 100_000 + "\t100\n")
    assert len(name) == 256


@given(st.binary(max_size=300))
def test_any_output_is_people_or_a_failure(output: bytes) -> None:
    try:
        people = _contacts(output)
    except DirectoryError:
        return
    assert all(person.name and person.numbers for person in people)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/to/be/found", "cannot be run: No such file"),
        (python("raise SystemExit(3)"), "failed with status 3"),
        (
            python("import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
            "failed with status -15",
        ),
        (python("while True: print('x' * 65536)"), "more than 1 MiB"),
    ],
)
async def test_a_command_that_fails_says_how(command: str, words: str) -> None:
    with pytest.raises(DirectoryError, match=words):
        await of(command).search("ann")


async def test_a_command_that_hangs_is_killed_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "LIMIT_S", 2.0)
    search = asyncio.create_task(of(hanging(tmp_path / "fifo")).search("ann"))
    async with opened(tmp_path / "fifo") as reader:
        with pytest.raises(DirectoryError, match="did not end within 2 seconds, and was stopped"):
            await search
        assert await reader.read() == b""


async def test_a_client_that_leaves_ends_the_command(tmp_path: Path) -> None:
    search = asyncio.create_task(of(hanging(tmp_path / "fifo")).search("ann"))
    async with opened(tmp_path / "fifo") as reader:
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        assert await reader.read() == b""


async def test_few_commands_run_at_once(tmp_path: Path) -> None:
    searched = of(python("import time; time.sleep(1000)"))
    running = [asyncio.create_task(searched.search("ann")) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(DirectoryError, match="still works on earlier searches"):
        await searched.search("ann")
    for search in running:
        search.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    with pytest.raises(DirectoryError, match="cannot be run"):
        await Directory(lambda: "/nowhere/at/all").search("ann")


@pytest.mark.parametrize("command", ["", "  ", "'unfinished"])
def test_a_command_that_cannot_be_read_is_refused_in_the_file(command: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"contacts": {"command": command}}, Settings)
    assert Contacts(command="one 'two three'").command is not None


async def test_who_is_a_contact_already_is_not_found_again(standin: StandIn) -> None:
    standin.paths.contacts.mkdir()
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nTEL:+49 30 1\nEND:VCARD\n"
    (standin.paths.contacts / "ann.vcf").write_text(card)
    command = python("print('Ann\\t+49301\\nAnn\\t0171 2\\nAnn B\\t+49-30-1')")
    await standin.client.ask(ChangeSettings(changes={"contacts.command": command}))
    page = await standin.client.get(SearchDirectory(search="ann"), DirectoryPage)
    assert [(c.name, [n.target for n in c.numbers]) for c in page.contacts] == [("Ann", ["0171 2"])]


async def test_a_caller_is_never_named_by_the_directory(standin: StandIn) -> None:
    await standin.add_account("work")
    command = python("print('Ann\\t300')")
    await standin.client.ask(ChangeSettings(changes={"contacts.command": command}))
    page = await standin.client.get(SearchDirectory(search="ann"), DirectoryPage)
    assert len(page.contacts) == 1
    call = await standin.incoming("work", "<sip:300@pbx.example.com>")
    standin.remote_hangs_up(call)
    assert (await standin.until_logged(call)).remote.name == ""
