"""`offhook text`: real-time text in a call (RFC 4103)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click
import msgspec

from voip.cli.common import json_option, print_json, with_engine
from voip.client import oneshot
from voip.client.errors import NoEngine
from voip.model import CallState
from voip.protocol.calls import CallEvent
from voip.protocol.people import (
    MOST_CHARACTERS,
    GetRealtimeText,
    RealtimeText,
    RealtimeTextEvent,
    SendRealtimeText,
)
from voip.protocol.phone import Subscribe
from voip.texts import ERASE, LOST, NEW_LINE

if TYPE_CHECKING:
    from voip.client.stream import Client

_RUB_OUT = "\b \b"


@click.command()
@click.argument("call")
@click.argument("text", required=False)
@click.option("--show", is_flag=True, help="Show what both sides have written, and end.")
@json_option
def text(call: str, text: str | None, show: bool, as_json: bool) -> None:
    """Write TEXT in CALL, and end the line.

    Without TEXT: show what the far end writes, and send standard input, a line at a
    time, until it or the call ends. “[lost]” stands for what did not arrive.

    With --show, CALL may also be the number of an ended call in “offhook history”, whose
    account keeps its text.
    """
    if show:
        if text is not None:
            raise click.UsageError("--show writes nothing: leave out TEXT")
        _show_all(call, as_json)
        return
    if text is not None:
        for piece in _pieces(text + NEW_LINE):
            oneshot.ask(SendRealtimeText(call=call, text=piece), start=False)
        return
    with_engine(lambda engine: _talk(engine, call, as_json), start=False)


def _show_all(call: str, as_json: bool) -> None:
    typed = oneshot.get(GetRealtimeText(call=call), RealtimeText)
    lines, first = typed.lines, typed.first
    while first:
        before = oneshot.get(GetRealtimeText(call=call, before=first), RealtimeText)
        if not before.lines:
            # The account of a call that goes on does not keep them.
            break
        lines, first = before.lines + lines, before.first
    whole = msgspec.structs.replace(typed, lines=lines, first=first)
    if as_json:
        print_json(whole)
        return
    for line in lines:
        side = "you" if line.ours else "they"
        click.echo(f"{line.time}  {side}: {line.text.replace(LOST, '[lost]')}")


async def _talk(engine: Client, call: str, as_json: bool) -> None:
    await engine.ask(Subscribe())
    reading = asyncio.create_task(_show(engine, call, as_json))
    writing = asyncio.create_task(_write(engine, call))
    try:
        await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, writing):
            if task.done():
                task.result()
    finally:
        reading.cancel()
        writing.cancel()


async def _show(engine: Client, call: str, as_json: bool) -> None:
    async for numbered in engine.events():
        match numbered.event:
            case RealtimeTextEvent(call=where) if where == call and as_json:
                print_json(numbered)
            case RealtimeTextEvent(call=where, ours=False, text=typed) if where == call:
                shown = typed.replace(ERASE, _RUB_OUT).replace(LOST, "[lost]")
                click.echo(shown, nl=False)
            case CallEvent(call=now) if now.id == call and now.state is CallState.ENDED:
                return
            case _:
                pass
    raise NoEngine("the engine ended during the call")


async def _write(engine: Client, call: str) -> None:
    async for line in _lines():
        for piece in _pieces(line):
            await engine.ask(SendRealtimeText(call=call, text=piece))


async def _lines() -> AsyncIterator[str]:
    """Lines of standard input, of any kind of file."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line


def _pieces(line: str) -> list[str]:
    starts = range(0, len(line), MOST_CHARACTERS)
    return [line[start : start + MOST_CHARACTERS] for start in starts]
