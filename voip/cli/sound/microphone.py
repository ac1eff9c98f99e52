"""`offhook microphone`: records what the microphone hears, and plays it back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from voip.cli.common import json_option, print_json, with_engine
from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo
from voip.protocol.phone import Subscribe
from voip.protocol.sound import (
    MicrophoneEvent,
    MicrophoneLevelEvent,
    TrialStage,
    TryMicrophone,
)

if TYPE_CHECKING:
    from voip.client.stream import Client

_METER_CELLS = 30
_FULL = 0.3
"""Mean amplitude at which the meter is full: a loud voice."""

_AUDIBLE = 0.003
_WORDS = {
    TrialStage.LISTENING: "Speak now.",
    TrialStage.PLAYING: "This is what was heard.",
}


class MicrophoneResult(msgspec.Struct, frozen=True):
    """Result of a test: `peak` is the loudest mean amplitude of a frame, 0.0 to 1.0."""

    heard: bool
    peak: float


@click.command()
@click.option("--seconds", type=click.FloatRange(1, 30), default=5.0, show_default=True,
              help="How long to listen before it is played back.")  # fmt: skip
@json_option
def microphone(seconds: float, as_json: bool) -> None:
    """Test the microphone: speak, see the level, and hear yourself.

    It needs no account and no call. A call that is not on hold has the microphone.
    """
    peak = with_engine(lambda engine: _follow(engine, seconds))
    heard = peak >= _AUDIBLE
    if as_json:
        print_json(MicrophoneResult(heard=heard, peak=round(peak, 4)))
    elif heard:
        click.echo(f"The microphone works: its loudest sound was {peak:.3f} of 1.")
    if not heard:
        raise _failure("the microphone heard nothing: choose another one, or look if it is muted")


async def _follow(engine: Client, seconds: float) -> float:
    """Run the test; return its loudest level."""
    await engine.ask(Subscribe(levels=True))
    await engine.ask(TryMicrophone(seconds=seconds))
    shows = sys.stderr.isatty()
    async for numbered in engine.events():
        match numbered.event:
            case MicrophoneEvent(stage=TrialStage.DONE):
                if shows:
                    click.echo(err=True)
                if numbered.event.problem:
                    raise _failure(f"the test has ended: {numbered.event.problem}")
                return numbered.event.peak
            case MicrophoneEvent(stage=stage):
                click.echo(_WORDS[stage], err=True)
            case MicrophoneLevelEvent(level=level) if shows:
                click.echo(f"\r{_meter(level)}", nl=False, err=True)
            case _:
                pass
    raise _failure("the engine has ended")


def _meter(level: float) -> str:
    full = round(min(level / _FULL, 1.0) * _METER_CELLS)
    return f"[{'#' * full}{' ' * (_METER_CELLS - full)}]"


def _failure(text: str) -> CommandFailed:
    return CommandFailed(ErrorInfo(kind="microphone", message=text))
