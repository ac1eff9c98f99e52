"""`offhook doctor`: checks the phone and its terminal."""

from __future__ import annotations

import os
import sys

import click
import msgspec

from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.protocol.phone import Doctor, DoctorReport, Finding


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this phone and report problems.

    Warnings do not prevent calls. Status 1: no call is possible.
    """
    report = oneshot.get(Doctor(), DoctorReport)
    report = msgspec.structs.replace(report, terminal=terminal())
    if as_json:
        print_json(report)
    else:
        for finding in report.findings:
            click.echo(f"{_mark(finding)}  {finding.text}")
        for advisory in report.advisories:
            by = advisory.not_reachable or ", ".join(advisory.patches)
            state = "ok    closed" if advisory.closed else "WARN  open"
            click.echo(f"{state}: {advisory.name}: {advisory.fault} ({by})")
        click.echo(f"ok    terminal: {report.terminal}")
    ctx.exit(0 if report.ok else 1)


def _mark(finding: Finding) -> str:
    if not finding.ok:
        return "BAD "
    return "WARN" if finding.warning else "ok  "


def terminal() -> str:
    """Return facts of the terminal that this runs in."""
    kind = os.environ.get("TERM", "none")
    colour = os.environ.get("COLORTERM", "")
    encoding = sys.stdout.encoding or "unknown encoding"
    where = "over SSH" if os.environ.get("SSH_CONNECTION") else "local"
    return ", ".join(part for part in (kind, colour, encoding, where) if part)
