"""Commands about the phone as a whole: its state, its log, its test line."""

from __future__ import annotations

import asyncio
import os
import re

import msgspec

from voip.engine import doctor
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files import log_file
from voip.engine.files.toml import ChangedMeanwhile, ConfigError
from voip.engine.history.log import HistoryError
from voip.engine.history.reader import Wanted
from voip.protocol import client as told
from voip.protocol.framing import MAX_REPLY
from voip.protocol.worker.process import Role

_MAX_OFFSET = 10**12


async def _hello(engine: Engine, command: told.Hello) -> told.HelloData:
    return told.HelloData(protocol=told.PROTOCOL_VERSION, version=engine.version, pid=os.getpid())


async def _status(engine: Engine, command: told.GetStatus) -> msgspec.Struct:
    return engine.status()


async def _subscribe(engine: Engine, command: told.Subscribe) -> told.Snapshot:
    if command.levels:
        await engine.watch_levels()
    return told.Snapshot(seq=engine.hub.seq, status=engine.status())


async def _stop(engine: Engine, command: told.Stop) -> None:
    if len(engine.book) and not command.force:
        raise Refusal("busy", "a call is up: end it first, or use --force")
    engine.stop_soon()


async def _doctor(engine: Engine, command: told.Doctor) -> msgspec.Struct:
    worker = engine.workers[Role.SECURE]
    return await doctor.examine(worker, engine.history, engine.contacts, engine.paths)


async def _history(engine: Engine, command: told.GetHistory) -> told.HistoryPage:
    if command.before is not None and not re.fullmatch(r"[0-9]{1,18}", command.before):
        raise Refusal("bad_request", "“before” is the id of a row")
    before = None if command.before is None else int(command.before)
    limit = max(1, min(command.limit, 1000))
    offset = max(0, min(command.offset, _MAX_OFFSET))
    wanted = Wanted(
        text=command.search,
        missed=command.missed,
        account=command.account,
        secure=command.secure,
    )
    try:
        found = await asyncio.to_thread(engine.log_reader.page, wanted, limit, offset, before)
    except HistoryError as error:
        raise Refusal("history", str(error)) from error
    page = told.HistoryPage(entries=found.entries, total=found.total)
    while len(msgspec.json.encode(page)) > MAX_REPLY // 2:
        page = msgspec.structs.replace(page, entries=page.entries[: len(page.entries) // 2])
    return page


async def _settings(engine: Engine, command: told.GetSettings) -> told.SettingsData:
    return told.SettingsData(
        settings=engine.settings,
        problem=engine.settings_problem,
        folder=str(engine.paths.config),
    )


async def _change_settings(engine: Engine, command: told.ChangeSettings) -> None:
    try:
        await engine.change_settings(command.changes)
    except ChangedMeanwhile as error:
        raise Refusal("changed", str(error)) from error
    except ConfigError as error:
        raise Refusal("bad_settings", str(error), problem=error.problem) from error


async def _devices(engine: Engine, command: told.GetDevices) -> told.Devices:
    return await engine.sound.devices()


async def _engine_log(engine: Engine, command: told.GetEngineLog) -> told.EngineLog:
    path = engine.paths.log
    lines = await asyncio.to_thread(log_file.tail, path, command.limit)
    return told.EngineLog(lines=tuple(lines), path=str(path))


async def _start_echo(engine: Engine, command: told.StartEcho) -> told.EchoStarted:
    return told.EchoStarted(uri=await engine.echo.start())


async def _stop_echo(engine: Engine, command: told.StopEcho) -> None:
    await engine.echo.stop()


HANDLERS: Handlers = {
    told.Hello: _hello,
    told.GetStatus: _status,
    told.Subscribe: _subscribe,
    told.Stop: _stop,
    told.Doctor: _doctor,
    told.GetHistory: _history,
    told.GetSettings: _settings,
    told.ChangeSettings: _change_settings,
    told.GetDevices: _devices,
    told.GetEngineLog: _engine_log,
    told.StartEcho: _start_echo,
    told.StopEcho: _stop_echo,
}
