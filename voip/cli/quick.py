"""Commands without the command-line parser, which is slow to load.

`offhook status` is typed often and put into status bars; half of its time would go into
modules that it does not need.
"""

from __future__ import annotations

import sys

import msgspec

from voip.cli import format as texts
from voip.client import oneshot
from voip.client.errors import CommandFailed, NoEngine
from voip.model import Status
from voip.protocol.phone import GetStatus


def run_status(as_json: bool) -> int:
    """Print the status; return the exit status of the command."""
    try:
        print_status(as_json)
    except (CommandFailed, NoEngine) as error:
        return report_failure(error)
    return 0


def print_status(as_json: bool) -> None:
    """Print the status.

    Raises:
        NoEngine, CommandFailed: there is none to print.
    """
    status = oneshot.get(GetStatus(), Status)
    text = msgspec.json.encode(status).decode() if as_json else texts.status(status)
    sys.stdout.write(f"{text}\n")


def report_failure(error: CommandFailed | NoEngine) -> int:
    """Write a command's failure to standard error; return its exit status."""
    code = f" ({error.code})" if isinstance(error, CommandFailed) and error.code else ""
    sys.stderr.write(f"offhook: {error}{code}\n")
    return 3 if isinstance(error, NoEngine) else 1
