"""Handlers of the engine's commands to a worker's phone."""

from __future__ import annotations

from voip.protocol.worker import process as say
from voip.worker.calls.call import Call
from voip.worker.errors import Refused
from voip.worker.media.digits import CannotSend
from voip.worker.phone import Phone

_GOOD_DIGITS = frozenset("0123456789*#ABCD,")


def execute(phone: Phone, command: say.AnyWorkerCommand) -> None:
    """Carry out one command.

    Raises:
        Refused: it names what is not there, or asks for what must not be.
        pj.Error: PJSIP would not.
    """
    accounts, calls = phone.accounts, phone.calls
    match command:
        case say.AddAccount(account=setup):
            accounts.add(setup)
        case say.RemoveAccount(name=name):
            phone.remove_account(accounts.get(name))
        case say.RegisterNow(name=name):
            accounts.get(name).setRegistration(True)
        case say.UseOwnKey(name=name, own_key=own_key):
            accounts.get(name).use_own_key(own_key)
        case say.StartCall():
            calls.start(accounts.get(command.account), command)
        case say.Ring(call=number):
            calls.ring(calls.get(number))
        case say.Answer(call=number):
            calls.answer(calls.get(number))
        case say.EndCall(call=number, code=code):
            calls.get(number).end(code)
        case say.HoldCall(call=number, on=on):
            calls.get(number).hold.ask(on)
        case say.GiveVoice(call=number, on=on):
            calls.get(number).media.give_voice(on)
        case say.MuteCall(call=number, on=on):
            calls.get(number).media.mute(on)
        case say.Digits(call=number, digits=digits):
            _send_digits(calls.get(number), digits)
        case say.PlayFile(call=number, path=path):
            calls.get(number).media.play(path)
        case say.RecordFile(call=number, path=path):
            calls.get(number).media.record(path)
        case say.UseAudio(audio=audio):
            phone.use_audio(audio)
        case say.LookUpDevices():
            phone.look_up_devices()
        case say.WatchLevels(interval_ms=interval):
            phone.watch_levels(interval)
        case say.WatchMessages(on=on):
            phone.watch_messages(on)


def _send_digits(call: Call, digits: str) -> None:
    if not digits or not set(digits.upper()) <= _GOOD_DIGITS:
        raise Refused("only 0-9 * # A-D and the pause “,” can be sent as tones")
    try:
        call.digits.add(digits.upper())
    except CannotSend as error:
        raise Refused(str(error)) from None
