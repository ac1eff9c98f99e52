"""Command `offhook` and its exit statuses.

0 done; 1 the phone could not do it; 2 the command line is wrong; 3 no engine, and none
could be started.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from voip.cli.quick import report_failure
from voip.client.errors import CommandFailed, NoEngine

_GROUPS = {
    "engine": ("voip.cli.phone.engine", "engine"),
    "stop": ("voip.cli.phone.engine", "stop"),
    "status": ("voip.cli.phone.watch", "status"),
    "events": ("voip.cli.phone.watch", "events"),
    "history": ("voip.cli.history.history", "history"),
    "log": ("voip.cli.phone.log", "log"),
    "trace": ("voip.cli.phone.trace", "trace"),
    "doctor": ("voip.cli.phone.doctor", "doctor"),
    "schema": ("voip.cli.schema", "schema"),
    "account": ("voip.cli.accounts.account", "account"),
    "register": ("voip.cli.accounts.register", "register"),
    "order": ("voip.cli.accounts.order", "order"),
    "trust": ("voip.cli.accounts.trust", "trust"),
    "call": ("voip.cli.calls.call", "call"),
    "echo": ("voip.cli.calls.call", "echo"),
    "answer": ("voip.cli.calls.control", "answer"),
    "decline": ("voip.cli.calls.control", "decline"),
    "busy": ("voip.cli.calls.control", "busy"),
    "accept-transfer": ("voip.cli.calls.control", "accept_transfer"),
    "refuse-transfer": ("voip.cli.calls.control", "refuse_transfer"),
    "hangup": ("voip.cli.calls.control", "hangup"),
    "hold": ("voip.cli.calls.control", "hold"),
    "resume": ("voip.cli.calls.control", "resume"),
    "mute": ("voip.cli.calls.control", "mute"),
    "unmute": ("voip.cli.calls.control", "unmute"),
    "dtmf": ("voip.cli.calls.control", "dtmf"),
    "transfer": ("voip.cli.calls.transfer", "transfer"),
    "pickup": ("voip.cli.calls.codes", "pickup"),
    "voicemail": ("voip.cli.calls.codes", "voicemail"),
    "park": ("voip.cli.calls.codes", "park"),
    "retrieve": ("voip.cli.calls.codes", "retrieve"),
    "conference": ("voip.cli.calls.conference", "conference"),
    "play": ("voip.cli.calls.sound_files", "play"),
    "record": ("voip.cli.calls.sound_files", "record"),
    "people": ("voip.cli.people.contacts", "people"),
    "look-up": ("voip.cli.people.look_up", "look_up"),
    "message": ("voip.cli.people.messages", "message"),
    "messages": ("voip.cli.people.messages", "messages"),
    "text": ("voip.cli.people.realtime_text", "text"),
    "block": ("voip.cli.people.blocking", "block"),
    "unblock": ("voip.cli.people.blocking", "unblock"),
    "blocked": ("voip.cli.people.blocking", "blocked"),
    "lock": ("voip.cli.calls.lock", "lock"),
    "compared": ("voip.cli.calls.lock", "compared"),
    "open": ("voip.cli.phone.links", "open_link"),
    "links": ("voip.cli.phone.links", "links"),
    "devices": ("voip.cli.sound.devices", "devices"),
    "microphone": ("voip.cli.sound.microphone", "microphone"),
    "settings": ("voip.cli.settings.settings", "settings"),
}


class _Lazy(click.Group):
    """Loads a command's module on use: `status` must be quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _GROUPS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(importlib.import_module(place[0]), place[1])
        return command


@click.group(cls=_Lazy, invoke_without_command=True, context_settings={"max_content_width": 100})
@click.version_option(package_name="offhook", prog_name="offhook")
@click.pass_context
def offhook(ctx: click.Context) -> None:
    """A phone for the terminal; without a command, it opens full-screen.

    Its calls live in an engine in the background, which the first command
    starts.
    """
    if ctx.invoked_subcommand is None:
        from tui.start import main

        ctx.exit(main())


def run(words: Sequence[str]) -> int:
    """Run a command line; return the exit status."""
    try:
        # Outside standalone mode, click returns the status given to ctx.exit().
        status = offhook.main(words, standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 2
    except click.Abort:
        return 130
    except (CommandFailed, NoEngine) as error:
        return report_failure(error)
    except BrokenPipeError:
        # The reader of the output has closed it: flushing at exit would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0
