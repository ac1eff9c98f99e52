"""Events of the engine, each in one line."""

from __future__ import annotations

from tui.words import phrases
from voip.client import lamp_words, message_words
from voip.model import Call
from voip.protocol.accounts import AccountEvent, AccountRemoved, AccountsOrdered, CheckEvent
from voip.protocol.calls import (
    CallEvent,
    ConferenceEvent,
    DigitEvent,
    DigitsEvent,
    LogEvent,
    RowsDeletedEvent,
    RowsRestoredEvent,
    TransferEvent,
)
from voip.protocol.client import AnyEvent
from voip.protocol.people import (
    ContactsEvent,
    LampEvent,
    MessageEvent,
    RealtimeTextEvent,
    UnreadEvent,
)
from voip.protocol.phone import (
    EchoEvent,
    NoticeEvent,
    RowsImportedEvent,
    SipMessageEvent,
    StoppingEvent,
    WorkerEvent,
)
from voip.protocol.settings import SettingsEvent
from voip.protocol.sound import LevelsEvent, MicrophoneEvent, MicrophoneLevelEvent
from voip.texts import TextMessage

_CHECKS = {True: "passed", False: "failed", None: "not reached"}


def kind(event: AnyEvent) -> str:
    """An event's name in the protocol."""
    return str(event.__struct_config__.tag)


def describe(event: AnyEvent) -> str:
    """The event in words, without the name of its kind."""
    match event:
        case CallEvent(call=call):
            return _call(call)
        case AccountEvent(account=account):
            told = account.publication and lamp_words.published(account.publication)
            return f"{account.name}: {phrases.registration(account)}{f'; {told}' if told else ''}"
        case AccountRemoved(name=name):
            return f"{name} is no longer there"
        case AccountsOrdered(names=names):
            return f"in the order {', '.join(names)}"
        case ConferenceEvent(conference=conference):
            return phrases.conference(conference)
        case LogEvent(entry=entry):
            was_open = f", the lock {remark}" if (remark := phrases.was_open(entry)) else ""
            return (
                f"{phrases.who(entry.remote)}, {entry.account}: {phrases.outcome(entry)}{was_open}"
            )
        case RowsDeletedEvent(count=number):
            return f"{phrases.count(number, 'call')} deleted from the log"
        case RowsRestoredEvent(count=number):
            return f"{phrases.count(number, 'call')} brought back to the log"
        case RowsImportedEvent(count=number):
            return f"{phrases.count(number, 'call')} imported into the log"
        case ContactsEvent():
            return "contacts or favourites have changed"
        case DigitEvent(call=call_id, digit=digit):
            return f"call {call_id}: they pressed {digit}"
        case DigitsEvent(call=call_id):
            return f"call {call_id}: {event.text}"
        case TransferEvent(call=call_id, transfer=transfer):
            why = f": {transfer.reason}" if transfer.reason else ""
            return f"call {call_id}: {phrases.transfer(transfer)}{why}"
        case LevelsEvent(call=call_id, rx=rx, tx=tx):
            return f"call {call_id}: in {rx:.2f}, out {tx:.2f}"
        case MicrophoneEvent(stage=stage):
            why = f": {event.problem}" if event.problem else ""
            return f"test of the microphone: {stage}{why}"
        case MicrophoneLevelEvent(level=loudness):
            return f"test of the microphone: {loudness:.2f}"
        case NoticeEvent(level=level, text=text):
            return f"{level}: {text}"
        case WorkerEvent(role=role, up=up, detail=detail):
            state = "is up" if up else "went away"
            return f"the {role} worker {state}" + (f": {detail}" if detail else "")
        case EchoEvent(uri=uri):
            return f"the test line listens at {uri}" if uri else "the test line ended"
        case CheckEvent(name=name, step=step):
            return f"{name}: {step.step} {_CHECKS[step.ok]}: {step.text}"
        case MessageEvent(message=message):
            return f"{phrases.who(message.remote)}, {message.account}: {_text(message)}"
        case RealtimeTextEvent():
            return message_words.realtime(event)
        case UnreadEvent(unread=number):
            return f"{message_words.count(number)} unread"
        case LampEvent(lamp=lamp):
            return f"{lamp.target}, {lamp.account}: {lamp_words.words(lamp)}"
        case SettingsEvent():
            return "config.toml was changed"
        case SipMessageEvent(sent=sent, remote=remote):
            return f"{'sent to' if sent else 'received from'} {remote}"
        case StoppingEvent():
            return "the engine ends on request"


def _text(message: TextMessage) -> str:
    words = message_words.one_line(message)
    return f"{words} ({message_words.delivery(message)})" if message.is_ours else words


def _call(call: Call) -> str:
    where = f"call {call.id}, {phrases.who(call.remote)}: {phrases.state(call)}"
    return f"{where}, {phrases.sign(call.lock)}" if call.lock.sign else where
