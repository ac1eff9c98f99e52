"""`offhook call` and `offhook echo`: places calls, runs the test line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from voip.cli import format as texts
from voip.cli.common import json_option, print_json, whole_path, with_engine
from voip.client.errors import NoEngine
from voip.model import Call, CallState, LogEntry, Outcome, Party
from voip.protection import Lock
from voip.protocol.calls import (
    AnyPlacing,
    CallEvent,
    CallStarted,
    HangUp,
    LogEvent,
    PlaceCall,
)
from voip.protocol.phone import EchoEvent, EchoStarted, StartEcho, StopEcho, Subscribe
from voip.quality import Quality

if TYPE_CHECKING:
    from voip.client.stream import Client


class CallReport(msgspec.Struct, frozen=True):
    """Output of `call --json`.

    Without --wait the call has only begun. `lock` and `quality` are as they were when
    the call was last up.
    """

    id: str
    account: str
    remote: Party
    state: CallState
    outcome: Outcome
    code: int | None
    reason: str
    duration_s: float
    lock: Lock
    codec: str | None
    quality: Quality


@click.command()
@click.argument("target")
@click.option("--account", metavar="NAME", help="Call with this account.")
@click.option("--play", type=click.Path(dir_okay=False), metavar="FILE.wav",
              help="Play a file in place of the microphone.")  # fmt: skip
@click.option("--record", type=click.Path(dir_okay=False), metavar="FILE.wav",
              help="Record both sides to a WAV file, in stereo.")  # fmt: skip
@click.option("--hangup-after", type=click.FloatRange(min=0), metavar="S",
              help="Hang up S seconds after the answer.")  # fmt: skip
@click.option("--wait", is_flag=True, help="Wait until the call has ended.")
@click.option("--back", is_flag=True,
              help="Call back TARGET, as “offhook history” shows it.")  # fmt: skip
@json_option
@click.pass_context
def call(
    ctx: click.Context,
    target: str,
    account: str | None,
    play: str | None,
    record: str | None,
    hangup_after: float | None,
    wait: bool,
    back: bool,
    as_json: bool,
) -> None:
    """Call TARGET: a number, user@domain, a SIP URI, or “echo”."""
    command = PlaceCall(
        target=target,
        account=account,
        play=whole_path(play) if play else None,
        record=whole_path(record) if record else None,
        hangup_after_s=hangup_after,
        back=back,
    )
    report = with_engine(lambda engine: place(engine, command, wait))
    if as_json:
        print_json(report)
    elif not wait:
        click.echo(report.id)
    if wait and report.outcome not in (Outcome.ANSWERED, Outcome.TRANSFERRED):
        # A call that was ended here has the status 200, which explains no failure.
        code = f" ({report.code})" if report.code and report.code >= 300 else ""
        click.echo(f"offhook: {report.reason or report.outcome.value}{code}", err=True)
        ctx.exit(1)


@click.command()
def echo() -> None:
    """Run a secure test line on this machine.

    “offhook call echo” calls it. Ctrl-C ends it.
    """
    with_engine(_echo)


async def place(engine: Client, command: AnyPlacing, wait: bool) -> CallReport:
    """Place a call, and follow it to its end with `wait`."""
    await engine.ask(Subscribe())
    started = await engine.get(command, CallStarted)
    if started.notice:
        click.echo(started.notice, err=True)
    try:
        return await _follow(engine, started, wait)
    except asyncio.CancelledError:
        # Ctrl-C ends the call that this command began.
        await engine.ask(HangUp(call=started.call))
        raise


async def _follow(engine: Client, started: CallStarted, wait: bool) -> CallReport:
    up: Call | None = None
    last: Call | None = None
    printed = ""
    async for numbered in engine.events():
        event = numbered.event
        if isinstance(event, CallEvent) and event.call.id == started.call:
            if last is None:
                # The typed target could be a name, or a number with letters and signs.
                click.echo(texts.calling(event.call), err=True)
            last = event.call
            if not wait:
                return _report(last, last, None)
            if last.state is CallState.ENDED:
                # Its row would have come before, and there is none where the disk is full.
                return _report(last, up or last, None)
            up = last
            printed = _print_change(last, printed)
        if isinstance(event, LogEvent) and event.entry.id == started.call:
            ended = event.entry.outcome is not Outcome.ONGOING
            if ended and last is not None:
                return _report(last, up or last, event.entry)
    raise NoEngine("the engine ended during the call")


def _print_change(now: Call, printed: str) -> str:
    line = f"{texts.state_words(now)}  {texts.lock(now.lock)}"
    if line != printed:
        click.echo(line, err=True)
    return line


def _report(last: Call, up: Call, entry: LogEntry | None) -> CallReport:
    return CallReport(
        id=last.id,
        account=last.account,
        remote=last.remote,
        state=CallState.ENDED if entry else last.state,
        outcome=entry.outcome if entry else last.outcome,
        code=entry.code if entry else last.code,
        reason=entry.reason if entry else last.reason,
        duration_s=entry.duration_s if entry else last.duration_s,
        lock=up.lock,
        codec=up.codec,
        quality=up.quality,
    )


async def _echo(engine: Client) -> None:
    await engine.ask(Subscribe())
    started = await engine.get(StartEcho(), EchoStarted)
    click.echo(f"the echo line is open at {started.uri}; Ctrl-C ends it", err=True)
    try:
        async for numbered in engine.events():
            if isinstance(numbered.event, EchoEvent) and numbered.event.uri is None:
                click.echo("the echo line has ended", err=True)
                return
    except asyncio.CancelledError:
        await engine.ask(StopEcho())
        raise
