"""Commands about the phone: its state, its own log, its test line."""

from __future__ import annotations

import asyncio
import os

import msgspec

from voip.engine import doctor
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files import log_file
from voip.engine.files.toml import ChangedMeanwhile, ConfigError
from voip.protocol.client import PROTOCOL_VERSION
from voip.protocol.phone import (
    Doctor,
    EchoStarted,
    EngineLog,
    GetEngineLog,
    GetStatus,
    Hello,
    HelloData,
    Snapshot,
    StartEcho,
    Stop,
    StopEcho,
    Subscribe,
)
from voip.protocol.settings import ChangeSettings, GetSettings, SettingsData
from voip.protocol.sound import Devices, GetDevices, HearMicrophone, TryMicrophone
from voip.protocol.worker.base import Role


async def _hello(engine: Engine, command: Hello) -> HelloData:
    return HelloData(protocol=PROTOCOL_VERSION, version=engine.version, pid=os.getpid())


async def _status(engine: Engine, command: GetStatus) -> msgspec.Struct:
    return engine.status()


async def _subscribe(engine: Engine, command: Subscribe) -> Snapshot:
    if command.levels:
        await engine.watch_levels()
    return Snapshot(seq=engine.hub.seq, status=engine.status())


async def _stop(engine: Engine, command: Stop) -> None:
    if len(engine.book) and not command.force:
        raise Refusal("busy", "a call is up: end it first, or use --force")
    engine.stop_soon()


async def _doctor(engine: Engine, command: Doctor) -> msgspec.Struct:
    worker = engine.workers[Role.SECURE]
    return await doctor.examine(worker, engine.sound, engine.history, engine.contacts, engine.paths)


async def _settings(engine: Engine, command: GetSettings) -> SettingsData:
    lack = await engine.music.lack()
    return SettingsData(
        settings=engine.settings,
        problem=engine.settings_problem,
        folder=str(engine.paths.config),
        remarks={"calls.pause_music": lack} if lack else {},
    )


async def _change_settings(engine: Engine, command: ChangeSettings) -> None:
    try:
        await engine.change_settings(command.changes)
    except ChangedMeanwhile as error:
        raise Refusal("changed", str(error)) from error
    except ConfigError as error:
        raise Refusal("bad_settings", str(error), problem=error.problem) from error


async def _devices(engine: Engine, command: GetDevices) -> Devices:
    return await engine.sound.devices()


async def _try_microphone(engine: Engine, command: TryMicrophone) -> None:
    await engine.trial.begin(command.seconds)


async def _hear_microphone(engine: Engine, command: HearMicrophone) -> None:
    await engine.trial.listen()


async def _engine_log(engine: Engine, command: GetEngineLog) -> EngineLog:
    path = engine.paths.log
    lines = await asyncio.to_thread(log_file.tail, path, command.limit)
    return EngineLog(lines=tuple(lines), path=str(path))


async def _start_echo(engine: Engine, command: StartEcho) -> EchoStarted:
    return EchoStarted(uri=await engine.echo.start())


async def _stop_echo(engine: Engine, command: StopEcho) -> None:
    await engine.echo.stop()


HANDLERS: Handlers = {
    Hello: _hello,
    GetStatus: _status,
    Subscribe: _subscribe,
    Stop: _stop,
    Doctor: _doctor,
    GetSettings: _settings,
    ChangeSettings: _change_settings,
    GetDevices: _devices,
    TryMicrophone: _try_microphone,
    HearMicrophone: _hear_microphone,
    GetEngineLog: _engine_log,
    StartEcho: _start_echo,
    StopEcho: _stop_echo,
}
