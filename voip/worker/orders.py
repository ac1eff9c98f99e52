"""Handlers of the engine's commands in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pjsua2 as pj

from voip.protocol.worker import process as say
from voip.worker.accounts.account import Account
from voip.worker.calls.call import Call
from voip.worker.media.digits import CannotSend

if TYPE_CHECKING:
    from voip.worker.loop import Worker

_GOOD_DIGITS = frozenset("0123456789*#ABCD,")

_ETPNOTAVAIL = 171065  # pjsip/sip_errno.h


class Refused(Exception):
    """A command that is not carried out; the text says why."""


def execute(worker: Worker, command: say.AnyWorkerCommand) -> None:
    """Carry out one command.

    Raises:
        Refused: it names what is not there, or asks for what must not be.
        pj.Error: PJSIP would not.
    """
    match command:
        case say.Configure():
            worker.configure(command)
        case say.AddAccount(account=setup):
            _add_account(worker, setup)
        case say.RemoveAccount(name=name):
            _remove_account(worker, name)
        case say.RegisterNow(name=name):
            _account(worker, name).setRegistration(True)
        case say.UseOwnKey(name=name, own_key=own_key):
            _account(worker, name).use_own_key(own_key)
        case say.StartCall():
            _start_call(worker, command)
        case say.Ring(call=number):
            worker.ring(_call(worker, number))
        case say.Answer(call=number):
            _take(_call(worker, number))
        case say.EndCall(call=number, code=code):
            _call(worker, number).end(code)
        case say.HoldCall(call=number, on=on):
            _call(worker, number).hold.ask(on)
        case say.GiveVoice(call=number, on=on):
            _call(worker, number).media.give_voice(on)
        case say.MuteCall(call=number, on=on):
            _call(worker, number).media.mute(on)
        case say.Digits(call=number, digits=digits):
            _send_digits(_call(worker, number), digits)
        case say.PlayFile(call=number, path=path):
            _call(worker, number).media.play(path)
        case say.RecordFile(call=number, path=path):
            _call(worker, number).media.record(path)
        case say.UseAudio(audio=audio):
            worker.use_audio(audio)
        case say.LookUpDevices():
            worker.sound.look_up(open_now=bool(worker.calls))
        case say.WatchLevels(interval_ms=interval):
            worker.watch_levels(interval)
        case say.WatchMessages(on=on):
            worker.watch_messages(on)
        case say.Quit():
            worker.quit()


def _account(worker: Worker, name: str) -> Account:
    try:
        return worker.accounts[name]
    except KeyError:
        raise Refused(f"there is no account {name} in this worker") from None


def _call(worker: Worker, number: int) -> Call:
    try:
        return worker.calls[number]
    except KeyError:
        raise Refused("the call has ended") from None


def _add_account(worker: Worker, setup: say.AccountSetup) -> None:
    if setup.name in worker.accounts:
        raise Refused(f"account {setup.name} is there already")
    transport = worker.transport_for(setup)
    account = Account(worker, setup, transport)
    account.open()
    worker.accounts[setup.name] = account


def _remove_account(worker: Worker, name: str) -> None:
    account = _account(worker, name)
    for call in [call for call in worker.calls.values() if call.account is account]:
        call.end(480)
    del worker.accounts[name]
    account.close()
    # PJSIP gives its number to the next account, and the object would take
    # that one along when it is collected: it has to stay.
    worker.removed.append(account)


def _start_call(worker: Worker, command: say.StartCall) -> None:
    account = _account(worker, command.account)
    call = Call(worker, account, command.call)
    if command.play is not None:
        call.media.play(command.play)
    if command.record is not None:
        call.media.record(command.record)
    call.media.give_voice(command.voice)
    worker.calls[command.call] = call
    try:
        call.start(command.uri)
    except pj.Error:
        worker.calls.pop(command.call, None)
        raise


def _take(call: Call) -> None:
    call.media.give_voice(True)
    try:
        call.take()
    except pj.Error as error:
        if error.status != _ETPNOTAVAIL:
            raise
        words = "the connection that the call came by is gone, so it cannot be answered"
        call.give_up(words)
        raise Refused(words) from None


def _send_digits(call: Call, digits: str) -> None:
    if not digits or not set(digits.upper()) <= _GOOD_DIGITS:
        raise Refused("only 0-9 * # A-D and the pause “,” can be sent as tones")
    try:
        call.digits.add(digits.upper())
    except CannotSend as error:
        raise Refused(str(error)) from None
