"""`offhook history --import`."""

from __future__ import annotations

from typing import BinaryIO

import click

from voip.cli.common import confirm, print_json
from voip.client import importing, oneshot
from voip.client.deleting import calls
from voip.client.errors import CommandFailed
from voip.client.importing import ImportReport, LogFile, WrongFile
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import CallsImported

_MOST_SHOWN = 20


def import_log(file: BinaryIO, sure: bool, as_json: bool) -> None:
    """Import the calls of a file that are new, once the user has agreed.

    Raises:
        CommandFailed: it is not an exported log, there is no terminal to ask on, or the
            answer was no.
    """
    try:
        log = LogFile(file.read(importing.MAX_FILE + 1))
        if not sure:
            preview = _run(log, preview=True)
            if preview.new:
                _show_problems(preview)
                click.echo(f"{file.name}: {importing.summary(preview)}", err=True)
                confirm(f"Import {calls(preview.new)}?", "imported")
        report = _run(log, preview=False)
    except (WrongFile, OSError) as error:
        words = f"{file.name} cannot be imported: {error}"
        raise CommandFailed(ErrorInfo(kind="history", message=words)) from error
    if sure or not report.new:
        _show_problems(report)
    if as_json:
        print_json(report)
    else:
        click.echo(importing.result(report))


def _run(log: LogFile, preview: bool) -> ImportReport:
    work = log.work(preview)
    try:
        command = next(work)
        while True:
            command = work.send(oneshot.get(command, CallsImported))
    except StopIteration as done:
        report: ImportReport = done.value
        return report


def _show_problems(report: ImportReport) -> None:
    for problem in report.problems[:_MOST_SHOWN]:
        click.echo(f"line {problem.line}: {problem.reason}", err=True)
    if report.refused > _MOST_SHOWN:
        click.echo(f"and {report.refused - _MOST_SHOWN:,} more", err=True)
