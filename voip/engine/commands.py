"""What each command of a client does: one row each, and nothing else."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from voip import dialing
from voip.engine import accountcheck, doctor
from voip.engine.accounts import Account
from voip.engine.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.errors import Refusal
from voip.engine.soundfiles import SoundFileError, playable
from voip.engine.toml import ConfigError
from voip.model import Party, Transport
from voip.protocol import client as told
from voip.protocol import worker as say
from voip.protocol.framing import MAX_REPLY

if TYPE_CHECKING:
    from voip.engine.engine import Engine

_Result = TypeVar("_Result")
_Handler = Callable[["Engine", Any], Awaitable[msgspec.Struct | None]]

_DIGITS = frozenset("0123456789*#ABCDabcd,")


async def answer(engine: Engine, command: told.AnyCommand) -> msgspec.Struct | None:
    """Carry out one command; what it returns is the reply's data.

    Raises:
        Refusal: it cannot be done.
    """
    return await _HANDLERS[type(command)](engine, command)


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
    return await doctor.examine(engine)


async def _reload(engine: Engine, command: told.ReloadAccounts) -> None:
    await engine.reload_accounts()


async def _register(engine: Engine, command: told.RegisterAccount) -> None:
    await engine.registrar.register_now(command.account)


async def _accounts(engine: Engine, command: told.GetAccounts) -> told.AccountList:
    return told.AccountList(accounts=_valid(engine.account_file.listing))


async def _add_account(engine: Engine, command: told.AddAccount) -> told.AccountSaved:
    _valid(lambda: engine.account_file.add(command.name, dict(command.fields)))
    return await _saved(engine, command.name, command.password)


async def _edit_account(engine: Engine, command: told.EditAccount) -> told.AccountSaved:
    _valid(lambda: engine.account_file.edit(command.name, dict(command.fields)))
    if command.password is not None:
        await engine.registrar.forget(command.name)
    return await _saved(engine, command.name, command.password)


async def _remove_account(engine: Engine, command: told.RemoveAccount) -> None:
    _valid(lambda: engine.account_file.remove(command.name))
    await asyncio.to_thread(engine.passwords.forget, command.name)
    await engine.reload_accounts()


async def _check_account(engine: Engine, command: told.CheckAccount) -> told.CheckReport:
    return await accountcheck.check(engine.registrar, command.name)


async def _saved(engine: Engine, name: str, password: str | None) -> told.AccountSaved:
    place = None
    if password is not None:
        place = await asyncio.to_thread(engine.passwords.store, name, password)
    await engine.reload_accounts()
    return told.AccountSaved(name=name, password_place=place)


def _valid(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except ConfigError as error:
        raise Refusal("bad_account", str(error)) from error


async def _place(engine: Engine, command: told.PlaceCall) -> told.CallStarted:
    play = await _sound_file(engine, command.play)
    if command.record is not None:
        _check_recording(command.record)
    if command.target.strip().lower() == dialing.ECHO and command.account is None:
        uri = await engine.echo.start()
        account, transport, role = ECHO_ACCOUNT, Transport.TLS, say.Role.SECURE
        shown = Party(uri=uri, name="Echo line")
        uri += ";transport=tls"
    else:
        live = engine.registrar.usable(command.account)
        settings = live.account
        if settings is None:
            raise Refusal("bad_account", live.problem or "the account cannot be used")
        uri = _request_uri(command.target, settings)
        await engine.registrar.ready(live)
        account, transport, role = live.name, settings.transport, live.role
        shown = Party(uri=uri.split(";", 1)[0])
    call = await engine.calls.place(role, account, transport, uri, shown, command, play)
    return told.CallStarted(call=str(call.id), notice=_silence(engine, role, command))


def _silence(engine: Engine, role: say.Role, command: told.PlaceCall) -> str | None:
    ready = engine.workers[role].ready
    if ready is None or ready.sound_ok or command.play is not None:
        return None
    return ready.sound


def _request_uri(target: str, account: Account) -> str:
    try:
        return dialing.parse_target(target).uri(account.domain, account.transport)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error


async def _answer(engine: Engine, command: told.AnswerCall) -> None:
    await engine.calls.answer(command.call)


async def _decline(engine: Engine, command: told.DeclineCall) -> None:
    await engine.calls.decline(command.call)


async def _hang_up(engine: Engine, command: told.HangUp) -> None:
    await engine.calls.hang_up(command.call)


async def _hold(engine: Engine, command: told.Hold) -> None:
    await engine.calls.hold(command.call)


async def _resume(engine: Engine, command: told.Resume) -> None:
    await engine.calls.resume(command.call)


async def _mute(engine: Engine, command: told.Mute) -> None:
    await engine.calls.mute(command.call, command.on)


async def _send_digits(engine: Engine, command: told.SendDigits) -> None:
    if not command.digits or not set(command.digits) <= _DIGITS or len(command.digits) > 64:
        raise Refusal("bad_digits", "only 0-9 * # A-D and “,” for a pause are tones, 64 at most")
    await engine.calls.send_digits(command.call, command.digits)


async def _play(engine: Engine, command: told.Play) -> None:
    await engine.calls.play(command.call, await _sound_file(engine, command.path))


async def _record(engine: Engine, command: told.Record) -> None:
    if command.path is not None:
        _check_recording(command.path)
    await engine.calls.record(command.call, command.path)


async def _history(engine: Engine, command: told.GetHistory) -> told.HistoryPage:
    if command.before is not None and not re.fullmatch(r"[0-9]{1,18}", command.before):
        raise Refusal("bad_request", "“before” is the id of a row")
    before = None if command.before is None else int(command.before)
    limit = max(1, min(command.limit, 1000))
    entries = engine.history.search(command.search, limit, before)
    page = told.HistoryPage(entries=tuple(entries))
    while len(msgspec.json.encode(page)) > MAX_REPLY // 2:
        page = told.HistoryPage(entries=page.entries[: len(page.entries) // 2])
    return page


async def _start_echo(engine: Engine, command: told.StartEcho) -> told.EchoStarted:
    return told.EchoStarted(uri=await engine.echo.start())


async def _stop_echo(engine: Engine, command: told.StopEcho) -> None:
    await engine.echo.stop()


async def _sound_file(engine: Engine, path: str | None) -> tuple[Path, bool] | None:
    if path is None:
        return None
    if not Path(path).is_absolute():
        raise Refusal("bad_file", f"{path}: the engine needs the whole path of a file")
    try:
        return await asyncio.to_thread(playable, Path(path), engine.paths.runtime / "sound")
    except SoundFileError as error:
        raise Refusal("bad_file", str(error)) from error


def _check_recording(path: str) -> None:
    file = Path(path)
    if not file.is_absolute() or file.suffix.lower() != ".wav":
        raise Refusal("bad_file", f"{path}: a recording is a .wav file, named by its whole path")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise Refusal("bad_file", f"{file.parent} is no folder that can be written to")


_HANDLERS: dict[type, _Handler] = {
    told.Hello: _hello,
    told.GetStatus: _status,
    told.Subscribe: _subscribe,
    told.Stop: _stop,
    told.Doctor: _doctor,
    told.ReloadAccounts: _reload,
    told.RegisterAccount: _register,
    told.GetAccounts: _accounts,
    told.AddAccount: _add_account,
    told.EditAccount: _edit_account,
    told.RemoveAccount: _remove_account,
    told.CheckAccount: _check_account,
    told.PlaceCall: _place,
    told.AnswerCall: _answer,
    told.DeclineCall: _decline,
    told.HangUp: _hang_up,
    told.Hold: _hold,
    told.Resume: _resume,
    told.Mute: _mute,
    told.SendDigits: _send_digits,
    told.Play: _play,
    told.Record: _record,
    told.GetHistory: _history,
    told.StartEcho: _start_echo,
    told.StopEcho: _stop_echo,
}
