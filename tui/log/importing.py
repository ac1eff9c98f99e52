"""Import of an exported log: the file, what is in it, and the answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tui.host import Host
from tui.keys.context import Context
from tui.widgets.ask import AskText, Confirm
from voip.client import importing
from voip.client.deleting import calls
from voip.client.importing import ImportReport, LogFile, WrongFile
from voip.protocol.phone import CallsImported

_MOST_SHOWN = 5


async def _import(phone: Host, context: Context) -> None:
    def done(path: str | None) -> None:
        if path and path.strip():
            phone.later(_read(phone, Path(path.strip()).expanduser()))

    phone.push_screen(
        AskText(
            "Import calls into the log",
            "File that “offhook history --export” wrote. You are asked before calls are added.",
            "~/",
        ),
        done,
    )


async def _read(phone: Host, path: Path) -> None:
    phone.tell(f"Reading {path.name}.")
    try:
        log = await asyncio.to_thread(_open, path)
        report = await _run(phone, log, preview=True)
    except (WrongFile, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        phone.tell(f"“{path.name}” cannot be imported: {why}.", "error")
        return
    if report is None:
        return
    if not report.new:
        phone.tell(f"Nothing to import: {importing.summary(report)}.")
        return

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(_add(phone, log))

    problems = [
        f"Line {problem.line}: {problem.reason}." for problem in report.problems[:_MOST_SHOWN]
    ]
    if report.refused > _MOST_SHOWN:
        problems.append(f"And {report.refused - _MOST_SHOWN:,} more.")
    phone.push_screen(
        Confirm(
            f"Import {calls(report.new)}?",
            "\n".join((f"{path.name}: {importing.summary(report)}.", *problems)),
            "Import them" if report.new > 1 else "Import it",
            "Leave the log as it is",
        ),
        done,
    )


async def _add(phone: Host, log: LogFile) -> None:
    report = await _run(phone, log, preview=False)
    if report is not None:
        words = importing.result(report)
        phone.tell(f"{words[:1].upper()}{words[1:]}.")


def _open(path: Path) -> LogFile:
    with path.open("rb") as file:
        return LogFile(file.read(importing.MAX_FILE + 1))


async def _run(phone: Host, log: LogFile, preview: bool) -> ImportReport | None:
    """Send a file's calls; None if the engine refused them, after showing the reason."""
    work = log.work(preview)
    try:
        command = next(work)
        while True:
            reply = await phone.get(command, CallsImported)
            if reply is None:
                return None
            command = work.send(reply)
    except StopIteration as done:
        report: ImportReport = done.value
        return report


COMMANDS = {"log.import": _import}
