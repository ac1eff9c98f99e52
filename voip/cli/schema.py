"""`offhook schema`: what `--json` prints, as JSON Schema."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from voip.cli.calls.call import CallReport
from voip.cli.settings.settings import Setting
from voip.model import BlockedCaller, Status
from voip.protection import LockReport
from voip.protocol import client as told


@click.command()
def schema() -> None:
    """The JSON Schema of everything that --json prints, by command."""
    click.echo(msgspec.json.format(msgspec.json.encode(document())).decode())


def document() -> dict[str, Any]:
    """One schema a command; the definitions are shared."""
    kinds = {
        "status": Status,
        "events": told.NumberedEvent,
        "trace": told.NumberedEvent,
        "history": told.HistoryPage,
        "doctor": told.DoctorReport,
        "call": CallReport,
        "account add": told.AccountChanged,
        "account edit": told.AccountChanged,
        "account remove": told.AccountChanged,
        "account enable": told.AccountChanged,
        "account disable": told.AccountChanged,
        "account list": told.AccountList,
        "account show": told.AccountFields,
        "account check": told.CheckReport,
        "trust": told.ServerReport,
        "lock": LockReport,
        "compared": told.ComparedList,
        "block": BlockedCaller,
        "blocked": told.BlockedCallers,
        "devices": told.Devices,
        "settings": told.SettingsData,
        "settings KEY": Setting,
        "look-up": told.LookedUp,
        "log": told.EngineLog,
    }
    roots, definitions = msgspec.json.schema_components(
        kinds.values(), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Offhook: what --json prints",
        "commands": dict(zip(kinds, roots, strict=True)),
        "$defs": definitions,
    }
