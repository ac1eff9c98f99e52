"""Searches a directory, such as LDAP or CardDAV, by a command of the user's.

The command reads what is searched, one line, and prints people: a JSON list of objects,
or lines of name, tab, number, tab, label. What it prints is another's text.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator

import msgspec

from voip.engine.files import programs
from voip.engine.people import targets
from voip.protocol.people import Contact, ContactNumber
from voip.security.imitation import inert
from voip.security.text import clean

LIMIT_S = 5.0
_MOST_BYTES = 1024 * 1024
_MOST_AT_ONCE = 4
_MOST_ROWS = 500
_MOST_NUMBERS = 20
_LABEL_CELLS = 20


class DirectoryError(Exception):
    """Failure of the command; the text is for the user."""


class _Row(msgspec.Struct, frozen=True):
    name: str
    number: str
    label: str = ""


class Directory:
    """The command of the setting `contacts.command`, which may change at any time."""

    def __init__(self, command: Callable[[], str | None]) -> None:
        self._command = command
        self._running = 0

    async def search(self, text: str) -> tuple[Contact, ...]:
        """Return whom the command finds; nobody without a command or a text.

        Raises:
            DirectoryError: it failed, or gave what cannot be read.
        """
        command, line = self._command(), clean(text)
        if command is None or not line:
            return ()
        if self._running >= _MOST_AT_ONCE:
            raise DirectoryError("the contacts command still works on earlier searches")
        self._running += 1
        try:
            output = await _run(shlex.split(command), f"{line}\n".encode())
        finally:
            self._running -= 1
        return await asyncio.to_thread(_contacts, output)


async def _run(arguments: list[str], line: bytes) -> bytes:
    # No shell: no text that is searched becomes a part of a command.
    program = programs.running(asyncio.create_subprocess_exec, *arguments, stdin=PIPE)
    try:
        async with program as process, asyncio.timeout(LIMIT_S):
            output = await _talk(process, line)
            status = await process.wait()
    except programs.ProgramError as error:
        raise DirectoryError(f"the contacts command cannot be run: {error}") from error
    except TimeoutError:
        raise DirectoryError(
            f"the contacts command did not end within {LIMIT_S:.0f} seconds, and was stopped"
        ) from None
    if status != 0:
        raise DirectoryError(f"the contacts command failed with status {status}")
    return output


async def _talk(process: Process, line: bytes) -> bytes:
    """Write the searched line, and read all output."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):  # it need not read the line
        process.stdin.write(line)
        await process.stdin.drain()
    process.stdin.close()
    output = bytearray()
    while piece := await process.stdout.read(65536):
        output += piece
        if len(output) > _MOST_BYTES:
            raise DirectoryError("the contacts command printed more than 1 MiB, and was stopped")
    return bytes(output)


def _contacts(output: bytes) -> tuple[Contact, ...]:
    """Read people by name, in the command's order, each with all numbers.

    Raises:
        DirectoryError: it is neither JSON nor lines of name, tab, number.
    """
    text = output.decode("utf-8", "replace").strip()
    rows = list(_of_json(text) if text.startswith(("[", "{")) else _of_lines(text))
    by_name: dict[str, dict[str, ContactNumber]] = {}
    for row in rows[:_MOST_ROWS]:
        name, number = inert(row.name), _number(row)
        if name and number is not None:
            kept = by_name.setdefault(name, {})
            if len(kept) < _MOST_NUMBERS:
                kept.setdefault(targets.bare(number.target), number)
    if text and not by_name and text != "[]":
        raise DirectoryError("the contacts command printed nothing that is a name and a number")
    return tuple(
        Contact(name, tuple(kept.values()), directory=True) for name, kept in by_name.items()
    )


def _of_json(text: str) -> list[_Row]:
    try:
        return msgspec.json.decode(text, type=list[_Row])
    except (msgspec.MsgspecError, RecursionError) as error:
        words = clean(str(error), 100)
        raise DirectoryError(
            f"the contacts command printed JSON of another form: {words}"
        ) from error


def _of_lines(text: str) -> Iterator[_Row]:
    for line in text.splitlines():
        name, _, rest = line.partition("\t")
        number, _, label = rest.partition("\t")
        if number:
            yield _Row(name, number, label)


def _number(row: _Row) -> ContactNumber | None:
    number = targets.typed(row.number)
    return number and msgspec.structs.replace(number, label=clean(row.label, _LABEL_CELLS))
