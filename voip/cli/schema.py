"""`offhook schema`: prints the JSON Schema of `--json` output."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from voip.cli.calls.call import CallReport
from voip.cli.calls.transfer import TransferReport
from voip.cli.settings.settings import Setting
from voip.cli.sound.microphone import MicrophoneResult
from voip.client.importing import ImportReport
from voip.model import BlockedCaller, Conference, Status
from voip.protection import LockReport
from voip.protocol.accounts import AccountChanged, AccountFields, AccountList, CheckReport
from voip.protocol.calls import CallsDeleted, CallsRestored, HistoryPage
from voip.protocol.client import NumberedEvent
from voip.protocol.people import (
    BlockedCallers,
    Contact,
    ContactAdded,
    ContactsPage,
    LookedUp,
    Messages,
    MessagesDeleted,
    MessagesRestored,
    PersonPage,
    RealtimeText,
    Threads,
)
from voip.protocol.phone import DoctorReport, EngineLog
from voip.protocol.settings import SettingsData
from voip.protocol.sound import Devices
from voip.protocol.trust import ComparedList, ServerReport
from voip.texts import TextMessage


@click.command()
def schema() -> None:
    """Print the JSON Schema of everything that --json prints, by command."""
    click.echo(msgspec.json.format(msgspec.json.encode(document())).decode())


def document() -> dict[str, Any]:
    """Build the schema of each command; the definitions are shared."""
    kinds = {
        "status": Status,
        "events": NumberedEvent,
        "trace": NumberedEvent,
        "text": NumberedEvent,
        "text --show": RealtimeText,
        "history": HistoryPage,
        "history --delete": CallsDeleted,
        "history --delete-all": CallsDeleted,
        "history --restore": CallsRestored,
        "history --import": ImportReport,
        "doctor": DoctorReport,
        "call": CallReport,
        "transfer": TransferReport,
        "park": TransferReport,
        "account add": AccountChanged,
        "account edit": AccountChanged,
        "account remove": AccountChanged,
        "account enable": AccountChanged,
        "account disable": AccountChanged,
        "account list": AccountList,
        "account show": AccountFields,
        "account check": CheckReport,
        "trust": ServerReport,
        "lock": LockReport,
        "compared": ComparedList,
        "conference": Conference,
        "people": ContactsPage,
        "people --show": PersonPage,
        "people --favourite": Contact,
        "people --unfavourite": Contact,
        "people --add": ContactAdded,
        "message": TextMessage,
        "messages": Messages,
        "messages --threads": Threads,
        "messages --delete": MessagesDeleted,
        "messages --restore": MessagesRestored,
        "block": BlockedCaller,
        "blocked": BlockedCallers,
        "devices": Devices,
        "microphone": MicrophoneResult,
        "settings": SettingsData,
        "settings KEY": Setting,
        "look-up": LookedUp,
        "log": EngineLog,
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
