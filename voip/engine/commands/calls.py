"""Commands about calls."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from voip.engine.accounts.fields import Account
from voip.engine.calls.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.calls.elsewhere.asked import Asked
from voip.engine.calls.live import LiveCall
from voip.engine.calls.requests import BUSY, DECLINE, UNAVAILABLE
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files.sound_files import PlayedFile, SoundFileError, make_private, playable
from voip.engine.history.log import HistoryError
from voip.engine.people.lookup import Whom, is_echo
from voip.engine.registration.live import Live
from voip.model import NameFrom, Party
from voip.protection import Transport
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallStarted,
    ConnectCalls,
    DeclineCall,
    HangUp,
    Hold,
    Mute,
    PlaceCall,
    Play,
    Record,
    RefuseTransfer,
    Resume,
    SendDigits,
    SendRest,
    TransferCall,
)
from voip.protocol.people import LookedUp, LookUp
from voip.protocol.worker.base import Role
from voip.sip import dialing, numbers

_DIGITS = frozenset("0123456789*#ABCDabcd,")


async def _place(engine: Engine, command: PlaceCall) -> CallStarted:
    play = await _sound_file(engine, command.play)
    tones, warning = "", None
    if command.record is not None:
        _check_recording(command.record)
    if is_echo(command.target, command.account):
        uri = await engine.echo.start()
        account, transport, role = ECHO_ACCOUNT, Transport.TLS, Role.SECURE
        remote = Party(uri=uri, name="Echo line", name_from=NameFrom.PHONE)
        uri += ";transport=tls"
    else:
        live = engine.registrations.usable(command.account)
        settings = _settings(live)
        whom, uri = await _whom(engine, command, live, settings)
        await engine.registrations.ready(live)
        account, transport, role = live.name, settings.transport, live.role
        remote = _party(uri, whom.name)
        tones, warning = whom.tones, whom.warning
    if command.record is not None:
        _make_recording(command.record)
    # A client that goes away cancels its command: half a call would stay in the book.
    call = await asyncio.shield(
        engine.calls.placing.place(
            role, account, transport, uri, remote, command, play, tones=tones
        )
    )
    return CallStarted(call=str(call.id), notice=_notice(engine, role, command, tones, warning))


def _settings(live: Live) -> Account:
    if live.account is None:
        raise Refusal("bad_account", live.problem or "the account cannot be used")
    return live.account


def _party(uri: str, contact: str) -> Party:
    name_from = NameFrom.CONTACT if contact else None
    return Party(uri=uri.split(";", 1)[0], name=contact, name_from=name_from)


async def _whom(
    engine: Engine, command: PlaceCall, live: Live, settings: Account
) -> tuple[Whom, str]:
    """Return the callee of a command with an account, and the request URI."""
    try:
        if command.back:
            called_it = command.account is not None
            whom = await engine.look_ups.caller_of(command.target, live, called_it)
        else:
            whom = await engine.look_ups.whom(command.target, live)
        return whom, whom.target.uri(settings.domain, settings.transport)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error


def _notice(
    engine: Engine, role: Role, command: PlaceCall, tones: str, warning: str | None
) -> str | None:
    ready = engine.workers[role].ready
    silent = ready is not None and not ready.sound_ok and command.play is None
    sound = ready.sound if ready is not None and silent else None
    odd = None if numbers.can_be_sent(tones) else f"once they answer, send {tones} as tones"
    return "; ".join(filter(None, (warning, sound, odd))) or None


async def _answer(engine: Engine, command: AnswerCall) -> None:
    await engine.calls.answer(command.call)


async def _decline(engine: Engine, command: DeclineCall) -> None:
    if command.busy and command.unavailable:
        raise Refusal("bad_request", "a call is declined as busy or as not available, not both")
    code = BUSY if command.busy else UNAVAILABLE if command.unavailable else DECLINE
    await engine.calls.decline(command.call, code)


async def _hang_up(engine: Engine, command: HangUp) -> None:
    await engine.calls.hang_up(command.call)


async def _hold(engine: Engine, command: Hold) -> None:
    await engine.calls.hold(command.call, command.wait)


async def _resume(engine: Engine, command: Resume) -> None:
    await engine.calls.resume(command.call, command.wait)


async def _mute(engine: Engine, command: Mute) -> None:
    await engine.calls.mute(command.call, command.on)


async def _send_digits(engine: Engine, command: SendDigits) -> None:
    if not command.digits or not set(command.digits) <= _DIGITS or len(command.digits) > 64:
        raise Refusal("bad_digits", "only 0-9 * # A-D and “,” for a pause are tones, 64 at most")
    await engine.calls.send_digits(command.call, command.digits)


async def _accept_transfer(engine: Engine, command: AcceptTransfer) -> CallStarted:
    call, asked = engine.calls.asked.take(command.call)
    # A client that goes away must not leave the far end without an answer.
    new = await asyncio.shield(_take_over(engine, call, asked))
    return CallStarted(call=str(new.id))


async def _take_over(engine: Engine, call: LiveCall, asked: Asked) -> LiveCall:
    try:
        live = engine.registrations.usable(call.account)
        settings = _settings(live)
        uri = asked.target.uri(settings.domain, settings.transport)
        await engine.registrations.ready(live)
        return await engine.calls.take_over(call, live.role, settings.transport, uri, asked)
    except dialing.DialError as error:
        await engine.calls.asked.give_up(call)
        raise Refusal("bad_target", str(error)) from error
    except Refusal:
        await engine.calls.asked.give_up(call)
        raise


async def _refuse_transfer(engine: Engine, command: RefuseTransfer) -> None:
    await engine.calls.asked.refuse(command.call)


async def _transfer(engine: Engine, command: TransferCall) -> None:
    transfers = engine.calls.transfers
    call = transfers.check(command.call)
    if call.account == ECHO_ACCOUNT:
        raise Refusal("wrong_account", "the test line of this machine can call nobody")
    if is_echo(command.target, None):
        raise Refusal("bad_target", "nobody can be transferred to the test line of this machine")
    live = engine.registrations.get(call.account)
    settings = _settings(live)
    try:
        whom = await engine.look_ups.whom(command.target, live)
        uri = whom.target.uri(settings.domain, call.transport)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error
    # A client that goes away cancels its command: half a transfer would stay.
    await asyncio.shield(transfers.blind(call, uri, _party(uri, whom.name)))


async def _join(engine: Engine, command: ConnectCalls) -> None:
    await asyncio.shield(engine.calls.transfers.join(command.call, command.other))


async def _send_rest(engine: Engine, command: SendRest) -> None:
    engine.calls.send_rest(command.call)


async def _play(engine: Engine, command: Play) -> None:
    await engine.calls.play(command.call, await _sound_file(engine, command.path))


async def _record(engine: Engine, command: Record) -> None:
    if command.path is not None:
        _check_recording(command.path)
        _make_recording(command.path)
    await engine.calls.record(command.call, command.path)


async def _sound_file(engine: Engine, path: str | None) -> PlayedFile | None:
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
        raise Refusal("bad_file", f"{file.parent} is not a folder that can be written to")


def _make_recording(path: str) -> None:
    try:
        make_private(Path(path))
    except SoundFileError as error:
        raise Refusal("bad_file", str(error)) from error


async def _look_up(engine: Engine, command: LookUp) -> LookedUp:
    try:
        return await engine.look_ups.look_up(command.text, command.account, command.limit)
    except HistoryError as error:
        raise Refusal("history", str(error)) from error


HANDLERS: Handlers = {
    LookUp: _look_up,
    PlaceCall: _place,
    AnswerCall: _answer,
    DeclineCall: _decline,
    HangUp: _hang_up,
    Hold: _hold,
    Resume: _resume,
    Mute: _mute,
    SendDigits: _send_digits,
    AcceptTransfer: _accept_transfer,
    RefuseTransfer: _refuse_transfer,
    TransferCall: _transfer,
    ConnectCalls: _join,
    SendRest: _send_rest,
    Play: _play,
    Record: _record,
}
