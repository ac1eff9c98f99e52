"""Commands about calls."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from voip.engine.accounts.fields import Account
from voip.engine.calls.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.calls.elsewhere.asked import Asked
from voip.engine.calls.live import LiveCall
from voip.engine.calls.requests import BUSY, DECLINE, UNAVAILABLE
from voip.engine.commands import rows
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files.sound_files import PlayedFile, SoundFileError, make_private, playable
from voip.engine.history.log import HistoryError
from voip.engine.people.finding import Query
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
from voip.protocol.people import ContactsPage, GetContacts, LookedUp, LookUp
from voip.protocol.worker.base import Role
from voip.sip import dialing, numbers

_DIGITS = frozenset("0123456789*#ABCDabcd,")


class Line(NamedTuple):
    """Account and callee of a call to place."""

    role: Role
    account: str
    transport: Transport
    uri: str
    remote: Party
    tones: str = ""
    warning: str | None = None


async def _place(engine: Engine, command: PlaceCall) -> CallStarted:
    play = await _sound_file(engine, command.play)
    if command.record is not None:
        _check_recording(command.record)
    if is_echo(command.target, command.account):
        uri = await engine.echo.start()
        remote = Party(uri=uri, name="Echo line", name_from=NameFrom.PHONE)
        line = Line(Role.SECURE, ECHO_ACCOUNT, Transport.TLS, f"{uri};transport=tls", remote)
    else:
        live = engine.registrations.usable(command.account)
        account_of(live)
        line = await line_to(engine, live, await _whom(engine, command, live))
    return await begin(engine, line, command, play)


async def line_to(engine: Engine, live: Live, whom: Whom) -> Line:
    """Return the line to a callee, once its account can call.

    Raises:
        Refusal: it cannot; the text says why.
    """
    account = account_of(live)
    uri = _uri(live, whom, account.transport)
    await engine.registrations.ready(live)
    remote = _party(uri, whom.name)
    return Line(live.role, live.name, account.transport, uri, remote, whom.tones, whom.warning)


async def begin(
    engine: Engine, line: Line, command: PlaceCall, play: PlayedFile | None
) -> CallStarted:
    """Place a call; it goes on without the client.

    Raises:
        Refusal: it could not be placed.
    """
    if command.record is not None:
        _make_recording(command.record)
    # A client that goes away cancels its command: half a call would stay in the book.
    call = await asyncio.shield(
        engine.calls.placing.place(
            line.role, line.account, line.transport, line.uri, line.remote, command, play,
            tones=line.tones,
        )
    )  # fmt: skip
    return CallStarted(call=str(call.id), notice=_notice(engine, line, command))


def account_of(live: Live) -> Account:
    """Return the settings of an account.

    Raises:
        Refusal: it cannot be used; the text says why.
    """
    if live.account is None:
        raise Refusal("bad_account", live.problem or "the account cannot be used")
    return live.account


def _uri(live: Live, whom: Whom, transport: Transport) -> str:
    try:
        return whom.target.uri(account_of(live).domain, transport)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error


def _party(uri: str, contact: str) -> Party:
    name_from = NameFrom.CONTACT if contact else None
    return Party(uri=uri.split(";", 1)[0], name=contact, name_from=name_from)


async def _whom(engine: Engine, command: PlaceCall, live: Live) -> Whom:
    """Return the callee of a command with an account."""
    try:
        if command.back:
            called_it = command.account is not None
            return await engine.look_ups.caller_of(command.target, live, called_it)
        return await engine.look_ups.whom(command.target, live)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error


def _notice(engine: Engine, line: Line, command: PlaceCall) -> str | None:
    ready = engine.workers[line.role].ready
    silent = ready is not None and not ready.sound_ok and command.play is None
    sound = ready.sound if ready is not None and silent else None
    can_be_sent = numbers.can_be_sent(line.tones)
    odd = None if can_be_sent else f"once they answer, send {line.tones} as tones"
    return "; ".join(filter(None, (line.warning, sound, odd))) or None


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
        settings = account_of(live)
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
    call, live = passing(engine, command.call)
    if is_echo(command.target, None):
        raise Refusal("bad_target", "nobody can be transferred to the test line of this machine")
    try:
        whom = await engine.look_ups.whom(command.target, live)
    except dialing.DialError as error:
        raise Refusal("bad_target", str(error)) from error
    await pass_on(engine, call, live, whom)


def passing(engine: Engine, call_id: str) -> tuple[LiveCall, Live]:
    """Return a call that can be passed on now, and its account.

    Raises:
        Refusal: it cannot; the text says why.
    """
    call = engine.calls.transfers.check(call_id)
    if call.account == ECHO_ACCOUNT:
        raise Refusal("wrong_account", "the test line of this machine can call nobody")
    live = engine.registrations.get(call.account)
    account_of(live)
    return call, live


async def pass_on(engine: Engine, call: LiveCall, live: Live, whom: Whom) -> None:
    """Pass the far end of a call on to a callee of its account `live`.

    Raises:
        Refusal: it cannot be asked to call them.
    """
    uri = _uri(live, whom, call.transport)
    # A client that goes away cancels its command: half a transfer would stay.
    await asyncio.shield(engine.calls.transfers.blind(call, uri, _party(uri, whom.name)))


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
        found = await engine.look_ups.look_up(command.text, command.account, command.limit)
    except HistoryError as error:
        raise Refusal("history", str(error)) from error
    lamp = engine.presence.lamp_at(found.uri or "", found.account or "")
    return replace(found, lamp=lamp)


async def _contacts(engine: Engine, command: GetContacts) -> ContactsPage:
    await engine.contacts.refresh()
    found = engine.contacts.having(Query(command.search))
    folder = str(engine.paths.contacts)
    page = tuple(map(engine.presence.lit, found[: rows.limit_of(command.limit)]))
    return rows.fitting(page, lambda some: ContactsPage(some, len(found), folder))


HANDLERS: Handlers = {
    LookUp: _look_up,
    GetContacts: _contacts,
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
