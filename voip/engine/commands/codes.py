"""Commands that dial the feature codes of an account's server."""

from __future__ import annotations

from voip.choices import NUMBER, SLOT
from voip.engine.commands.calls import account_of, begin, line_to, pass_on, passing
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.people.lookup import Whom, is_echo
from voip.engine.registration.live import Live
from voip.protocol.calls import CallStarted, CallVoicemail, Park, PickUp, PlaceCall, Retrieve
from voip.sip import codes
from voip.sip.dialing import DialError, parse_target


async def _pick_up(engine: Engine, command: PickUp) -> CallStarted:
    live = engine.registrations.usable(command.account)
    account = account_of(live)
    if command.target is None:
        code = _code(live, account.pickup_group, "pickup_group", "code to pick up any call")
        return await _call(engine, live, _whom(live, code, ""))
    code = _code(live, account.pickup, "pickup", "pick-up code")
    number = await _number(engine, live, command.target)
    return await _call(engine, live, _whom(live, code, number))


async def _retrieve(engine: Engine, command: Retrieve) -> CallStarted:
    live = engine.registrations.usable(command.account)
    code = _code(live, account_of(live).retrieve, "retrieve", "code to take a parked call back")
    return await _call(engine, live, _whom(live, code, _place(command.slot)))


async def _voicemail(engine: Engine, command: CallVoicemail) -> CallStarted:
    live = engine.registrations.usable(command.account)
    code = account_of(live).voicemail
    whom = _whom(live, NUMBER, _mailbox(live)) if code is None else _whom(live, code, "")
    return await _call(engine, live, whom)


async def _park(engine: Engine, command: Park) -> None:
    call, live = passing(engine, command.call)
    code = _code(live, account_of(live).park, "park", "code to park calls")
    asks = SLOT in code
    if asks is (command.slot is None):
        words = "asks for a place: name one" if asks else "leaves no choice of a place: name none"
        raise Refusal("bad_target", f"account {live.name} parks calls at {code}, which {words}")
    slot = "" if command.slot is None else _place(command.slot)
    await pass_on(engine, call, live, _whom(live, code, slot))


def _code(live: Live, code: str | None, field: str, name: str) -> str:
    if code is None:
        words = f"account {live.name} has no {name}: set it with the account's field “{field}”"
        raise Refusal("no_code", words)
    return code


def _mailbox(live: Live) -> str:
    """Number that the account's server names for voice mail, at that server.

    It never leads elsewhere, whatever the server names.
    """
    told = live.voicemail.mailbox if live.voicemail else None
    advice = f"set the field “voicemail” of account {live.name}"
    if told is None:
        raise Refusal("no_code", f"the server of account {live.name} names no mailbox: {advice}")
    try:
        target = parse_target(told)
    except DialError as error:
        words = f"the server names a mailbox that is not called: {error}; {advice}"
        raise Refusal("bad_target", words) from error
    own = (None, account_of(live).ascii_domain)
    if target.host not in own or target.port is not None:
        words = f"the server names a mailbox at another server, {target.host}: {advice}"
        raise Refusal("bad_target", words)
    return target.user


def _place(slot: str) -> str:
    typed = slot.strip()
    if not typed:
        raise Refusal("bad_target", "there is no place named: type where the call is parked")
    return typed


async def _number(engine: Engine, live: Live, text: str) -> str:
    """Return the number at the account's own server that is typed, or a contact's."""
    if is_echo(text, None):
        raise Refusal("bad_target", "the test line of this machine never rings")
    account = account_of(live)
    try:
        whom = await engine.look_ups.whom(text, live)
        target = whom.target
        # Refuses what the dial line refuses.
        target.uri(account.domain, account.transport)
    except DialError as error:
        raise Refusal("bad_target", str(error)) from error
    if target.host not in (None, account.ascii_domain) or target.port is not None:
        words = f"“{text}” is at another server: account {live.name} picks up calls at its own"
        raise Refusal("bad_target", words)
    if whom.tones:
        raise Refusal("bad_target", f"“{text}” has tones behind the number: name the number alone")
    return target.user


def _whom(live: Live, code: str, value: str) -> Whom:
    try:
        return Whom(codes.filled(code, value)).at(live)
    except DialError as error:
        raise Refusal("bad_target", str(error)) from error


async def _call(engine: Engine, live: Live, whom: Whom) -> CallStarted:
    # By the path of any call: another way to place one must not be a way around a rule.
    line = await line_to(engine, live, whom)
    return await begin(engine, line, PlaceCall(target=whom.target.user, account=live.name), None)


HANDLERS: Handlers = {
    PickUp: _pick_up,
    Retrieve: _retrieve,
    CallVoicemail: _voicemail,
    Park: _park,
}
