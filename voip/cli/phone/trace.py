"""`offhook trace`: shows every SIP message, its secrets masked."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, with_engine
from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import SipMessageEvent, Subscribe

if TYPE_CHECKING:
    from voip.client.stream import Client


@click.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="F",
    help="Write to the new file F, which only you can read.",
)
@json_option
def trace(output: Path | None, as_json: bool) -> None:
    """Follow every SIP message, sent and received.

    Ctrl-C ends it. Credentials and keys are masked before they leave the process that has them.
    """
    with contextlib.ExitStack() as opened:
        file = None if output is None else opened.enter_context(_create(output))
        with_engine(lambda engine: _follow(engine, file, as_json))


async def _follow(engine: Client, file: IO[str] | None, as_json: bool) -> None:
    await engine.ask(Subscribe(sip=True))
    click.echo("Every SIP message from now on, secrets masked; Ctrl-C ends it.", err=True)
    async for numbered in engine.events():
        if not isinstance(numbered.event, SipMessageEvent):
            continue
        line = msgspec.json.encode(numbered).decode() if as_json else texts.sip_message(numbered)
        click.echo(line, file=file)
        if file is not None:
            file.flush()


def _create(path: Path) -> IO[str]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        words = "is there already: name a new file" if path.exists() else f"{error.strerror}"
        raise CommandFailed(ErrorInfo(kind="file", message=f"{path}: {words}")) from error
    return os.fdopen(descriptor, "w", encoding="utf-8")
