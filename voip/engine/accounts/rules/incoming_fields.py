"""Rules of the fields about incoming calls; see `accounts.values`."""

from __future__ import annotations

from collections.abc import Callable

from voip.choices import AutoAnswer, CallWaiting
from voip.engine.accounts.rules.values import Values, is_empty
from voip.protection import Transport
from voip.sip.dialing import DialError, parse_target


def _target_problem(value: str, values: Values) -> str | None:
    domain, transport = values.get("domain"), values.get("transport", Transport.TLS)
    if not isinstance(domain, str) or transport not in tuple(Transport):
        return None  # which is a problem of its own
    try:
        target = parse_target(value)
        target.uri(domain, Transport(str(transport)))
    except DialError as error:
        return str(error)
    at_home = target.host is None or target.host.lower() == domain.lower()
    if at_home and target.user == values.get("user"):
        return "is this account itself: its calls would go round in a circle"
    return None


def _busy_problem(value: str, values: Values) -> str | None:
    words = _target_problem(value, values)
    if words is None and values.get("call_waiting") != CallWaiting.BUSY:
        return "is for “call_waiting” busy: with the tone, the phone is never busy"
    return words


def _auto_answer_problem(value: str, values: Values) -> str | None:
    if value == AutoAnswer.OFF:
        return None
    if values.get("transport") == Transport.UDP:
        # The sound of the room would go wherever a forged offer says.
        return "not over UDP, where anyone can send a call in your server's name"
    if is_empty(values.get("auto_answer_from")):
        return "is for callers that you list: name them in “auto_answer_from”"
    return None


def _callers_problem(value: str, values: Values) -> str | None:
    try:
        for caller in value.split(","):
            parse_target(caller)
    except DialError as error:
        return str(error)
    return None


RULES: dict[str, Callable[[str, Values], str | None]] = {
    "forward_always": _target_problem,
    "forward_busy": _busy_problem,
    "forward_unanswered": _target_problem,
    "auto_answer": _auto_answer_problem,
    "auto_answer_from": _callers_problem,
}
