"""Handlers of the engine's commands to a worker's phone."""

from __future__ import annotations

import pjsua2 as pj

from voip.protocol.worker.accounts import (
    CloseAccount,
    LeaveConnection,
    OpenAccount,
    RegisterNow,
    UseIceServers,
    UseOwnKey,
    UseTarget,
)
from voip.protocol.worker.calls import (
    Answer,
    AnswerTransfer,
    Digits,
    EndCall,
    GiveVoice,
    HoldCall,
    MixCalls,
    MoveCall,
    MuteCall,
    PlayFile,
    RecordFile,
    ReferCall,
    ReferToCall,
    Ring,
    StartCall,
    TypeText,
)
from voip.protocol.worker.messages import AnswerText, SendText
from voip.protocol.worker.people import EndWatch, Publish, Watch
from voip.protocol.worker.process import AnswerName, AnyWorkerCommand, WatchSip
from voip.protocol.worker.sound import (
    EndMicrophone,
    LookUpDevices,
    PlayRing,
    RecordMicrophone,
    RingHere,
    UseAudio,
    WatchLevels,
)
from voip.worker.calls.call import Call
from voip.worker.errors import Refused
from voip.worker.media.digits import CannotSend
from voip.worker.messages import texts
from voip.worker.phone import Phone
from voip.worker.vectors import strings

_GOOD_DIGITS = frozenset("0123456789*#ABCD,")


def execute(phone: Phone, command: AnyWorkerCommand) -> None:
    """Carry out one command.

    Raises:
        Refused: it names something that does not exist, or is not allowed.
        pj.Error: PJSIP failed.
    """
    accounts, calls = phone.accounts, phone.calls
    match command:
        case OpenAccount(account=setup):
            accounts.add(setup)
        case CloseAccount(name=name):
            phone.remove_account(accounts.get(name))
        case UseTarget(name=name, target=target):
            accounts.use_target(name, target)
        case LeaveConnection(name=name):
            accounts.move(name)
        case RegisterNow(name=name, hurried=hurried):
            accounts.get(name).register(hurried)
        case UseOwnKey(name=name, own_key=own_key):
            accounts.get(name).use_own_key(own_key)
        case UseIceServers(name=name, ice_servers=servers):
            accounts.get(name).use_ice_servers(servers)
        case StartCall():
            calls.start(accounts.get(command.account), command)
        case Ring(call=number, waiting=waiting):
            calls.ring(calls.get(number), waiting)
        case Answer(call=number, beep=beep, voice=voice):
            calls.answer(calls.get(number), beep, voice)
        case EndCall(call=number, code=code, contact=contact):
            calls.get(number).end(code, contact)
        case HoldCall(call=number, on=on, voice=voice):
            calls.get(number).hold.ask(on, voice)
        case MixCalls(calls=mixed):
            calls.mix(mixed)
        case MoveCall(call=number, media=media):
            calls.get(number).hold.move(media)
        case AnswerTransfer(call=number, by=by, code=code):
            calls.get(number).asked.answer(None if by is None else calls.get(by).getId(), code)
        case GiveVoice(call=number, on=on):
            calls.get(number).give_voice(on)
        case MuteCall(call=number, on=on):
            calls.get(number).media.mute(on)
        case Digits(call=number, digits=digits):
            _send_digits(calls.get(number), digits)
        case ReferCall(call=number, uri=uri, hold=hold):
            calls.get(number).transfer.ask(uri, hold)
        case ReferToCall(call=number, other=other, hold=hold):
            calls.get(number).transfer.ask_to_join(calls.get(other), hold)
        case PlayFile(call=number, path=path):
            calls.get(number).media.play(path)
        case RecordFile(call=number, path=path):
            calls.get(number).media.record(path)
        case SendText(account=name):
            texts.send(accounts.get(name), command)
        case TypeText(call=number, text=text):
            calls.get(number).text.add(text)
        case AnswerText(number=number, code=code):
            texts.answer(phone.endpoint, number, code)
        case Watch(account=name):
            phone.subscriptions.begin(accounts.get(name), command)
        case EndWatch(number=number):
            phone.subscriptions.end(number)
        case Publish(account=name):
            account = accounts.get(name)
            phone.publications.send(account, account.setup, command)
        case UseAudio(audio=audio):
            phone.use_audio(audio)
        case RingHere():
            phone.ring_here()
        case PlayRing():
            raise Refused("a worker with calls rings by their states")
        case RecordMicrophone(path=path, seconds=seconds):
            phone.trial.begin(path, seconds)
        case EndMicrophone(at_once=at_once):
            (phone.trial.end if at_once else phone.trial.listen)()
        case LookUpDevices():
            phone.look_up_devices()
        case WatchLevels(interval_ms=interval):
            phone.watch_levels(interval)
        case WatchSip(on=on):
            phone.watch_sip(on)
        case AnswerName(name=name, addresses=addresses, port=port):
            _answer_name(name, addresses, port or 0)


def _answer_name(name: str, addresses: tuple[str, ...], port: int) -> None:
    if not addresses:
        pj.refuseName(name)
        return
    pj.setAddresses(name, strings(addresses), port)
    # A later request asks again: by then the account may have another target.
    pj.forgetName(name)


def _send_digits(call: Call, digits: str) -> None:
    if not digits or not set(digits.upper()) <= _GOOD_DIGITS:
        raise Refused("only 0-9 * # A-D and the pause “,” can be sent as tones")
    try:
        call.digits.add(digits.upper())
    except CannotSend as error:
        raise Refused(str(error)) from None
