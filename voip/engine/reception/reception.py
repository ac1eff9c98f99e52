"""Receives incoming calls by the rules of the phone and of the account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from voip.causes import Cause, CauseKind
from voip.choices import AutoAnswer, Forwarding
from voip.engine.accounts.fields import Account
from voip.engine.calls.book import CallBook
from voip.engine.calls.elsewhere.replacement import refusal
from voip.engine.calls.elsewhere.replacing import Replacing, is_trusted
from voip.engine.calls.live import LiveCall
from voip.engine.calls.reports import FindConnection, People
from voip.engine.calls.requests import DECLINE
from voip.engine.intake import asserted, party
from voip.engine.reception.blocked import BlockedCallers
from voip.engine.reception.decision import (
    Answer,
    Arrival,
    Decision,
    Redirect,
    Refuse,
    Ring,
    Rules,
    decide,
    unanswered,
)
from voip.engine.registration.live import Live
from voip.model import CallState, Direction, NameFrom, Outcome, Party
from voip.protection import Transport
from voip.protocol.settings import Settings
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import IncomingCall, RefusedCall
from voip.protocol.worker.process import ConnectionEvent
from voip.sip import dialing

log = logging.getLogger(__name__)

_BLOCKED = Refuse(DECLINE, Cause(CauseKind.BLOCKED), Outcome.BLOCKED)
"""Answer to a blocked caller (RFC 3261 section 21.6.2).

It ends the search for other phones of the user, and looks like a manual decline: 607
Unwanted (RFC 8197) would reveal to callers that they are blocked.
"""


class Calls(Protocol):
    """Acts on incoming calls: `voip.engine.calls.requests.Calls`."""

    def ring(self, call: LiveCall, waiting: bool) -> None:
        """Ring for a call, by the tone of a second one if it is `waiting`."""

    def turn_away(self, role: Role, number: int, code: int, contact: str | None = None) -> None:
        """Refuse a call that is in no book, by the worker's number."""

    def answer_by_itself(self, call: LiveCall) -> None:
        """Answer a ringing call, unless there is another."""

    def redirect(self, call: LiveCall, contact: str, cause: Cause) -> None:
        """Send a ringing call on to another address."""

    @property
    def replacing(self) -> Replacing:
        """Calls that take the places of others."""


class Reception:
    """Reception of the calls of all accounts.

    `find_connection` returns SIP connections that workers reported, `find_live` an
    account by name; `people` names callers. `blocked` lists those to decline, `settings`
    returns those of the phone now.
    """

    def __init__(
        self,
        book: CallBook,
        calls: Calls,
        find_connection: FindConnection,
        people: People,
        blocked: BlockedCallers,
        find_live: Callable[[str], Live | None],
        settings: Callable[[], Settings],
    ) -> None:
        self._book = book
        self._calls = calls
        self._find_connection = find_connection
        self._people = people
        self._blocked = blocked
        self._find_live = find_live
        self._settings = settings

    def receive(self, role: Role, event: IncomingCall | RefusedCall) -> None:
        """Log a new call that was refused, turn it away, or ring."""
        if isinstance(event, RefusedCall):
            self._on_refused(role, event)
        else:
            self._on_incoming(role, event)

    def _on_incoming(self, role: Role, event: IncomingCall) -> None:
        connection = self._find_connection(role, event.connection)
        claimed = party(event.remote)
        caller = self._people.caller(asserted(event.asserted, claimed), event.account, connection)
        account = self._find_account(event.account)
        # The caller's own word and the server's: one alone would open the microphone.
        listed = account is not None and all(
            self._blocked.is_caller(one.uri, event.account, account.answered_callers, connection)
            for one in (claimed, caller)
        )
        decision = self._decide(account, Arrival(listed, event.answer_after_s))
        if any(self._blocked.of(one.uri, event.account, connection) for one in (claimed, caller)):
            decision = _BLOCKED
        elif event.replaces is not None:
            self._replace(role, event, event.replaces, connection, caller)
            return
        if isinstance(decision, Refuse | Redirect):
            code = decision.code
            uri = _uri(decision.target, account) if isinstance(decision, Redirect) else None
            self._book.turn_away(event.account, caller, code, decision.outcome, decision.cause)
            self._calls.turn_away(role, event.call, code, uri)
            return
        others = len(self._book)
        call = self._begin(role, event, connection, caller)
        self._book.publish(call)
        self._calls.ring(call, waiting=others > 0)
        if isinstance(decision, Answer):
            self._answer_later(call, decision)
        elif decision.target is not None:
            self._forward_later(call, decision)

    def _begin(
        self, role: Role, event: IncomingCall, connection: ConnectionEvent | None, caller: Party
    ) -> LiveCall:
        transport = _transport(role, connection)
        call = self._book.begin(role, event.account, transport, Direction.IN, caller, event.call)
        call.offers_srtp = event.offers_srtp
        if event.diverted_by is not None:
            forwarder = party(event.diverted_by, NameFrom.SERVER)
            call.forwarded_by = self._people.caller(forwarder, event.account, connection)
        if connection is not None:
            call.use(connection)
        return call

    def _replace(
        self,
        role: Role,
        event: IncomingCall,
        named: int,
        connection: ConnectionEvent | None,
        caller: Party,
    ) -> None:
        """Let a caller take the place of another in the call that it names, or refuse."""
        replacing = self._calls.replacing
        other = self._book.by_number(role, named)
        trusted = is_trusted(_transport(role, connection), connection)
        facts = replacing.named(other) if other is not None else None
        refused = refusal(facts, event.account, trusted)
        if refused is not None:
            code, cause = refused.code, refused.cause
            self._book.turn_away(event.account, caller, code, Outcome.REFUSED, cause)
            self._calls.turn_away(role, event.call, code)
        elif other is not None:
            replacing.begin(self._begin(role, event, connection, caller), other)

    def _on_refused(self, role: Role, event: RefusedCall) -> None:
        call = None if event.call is None else self._book.by_number(role, event.call)
        if call is None and event.call is not None:
            return  # it was turned away, which is in the log
        if call is None:
            account = event.account or "?"
            caller = self._people.caller(party(event.remote), account, None)
            if self._blocked.of(caller.uri, account):
                self._book.turn_away(account, caller, event.code, _BLOCKED.outcome, _BLOCKED.cause)
                return
            transport = _transport(role, None)
            call = self._book.begin(role, account, transport, Direction.IN, caller)
        call.code = event.code
        call.refused = True
        self._book.finish(call, Outcome.REFUSED, event.cause)

    def _find_account(self, name: str) -> Account | None:
        live = self._find_live(name)
        return live.account if live is not None else None

    def _decide(self, account: Account | None, arrival: Arrival) -> Decision:
        if account is None:
            return Ring()
        rules = Rules(
            do_not_disturb=self._settings().calls.do_not_disturb,
            call_waiting=account.call_waiting,
            forwarding=_usable(account),
            auto_answer=account.auto_answer,
        )
        return decide(rules, arrival, others=len(self._book))

    def _answer_later(self, call: LiveCall, decision: Answer) -> None:
        def answer() -> None:
            # The rule may have been changed while it rang.
            account = self._find_account(call.account)
            if account is not None and account.auto_answer is not AutoAnswer.OFF:
                self._calls.answer_by_itself(call)

        loop = asyncio.get_running_loop()
        call.reception_timer = loop.call_later(decision.after_s, answer)

    def _forward_later(self, call: LiveCall, ring: Ring) -> None:
        def forward() -> None:
            # The rule may have been changed while it rang.
            account = self._find_account(call.account)
            rule = account.forwarding if account else None
            uri = _uri(ring.target, account)
            holds = rule is not None and rule.unanswered == ring.target
            rings = call.state is CallState.INCOMING and not (call.taken or call.ended_here)
            if holds and rings and uri is not None:
                self._calls.redirect(call, uri, unanswered(ring))

        loop = asyncio.get_running_loop()
        call.reception_timer = loop.call_later(ring.after_s, forward)


def _transport(role: Role, connection: ConnectionEvent | None) -> Transport:
    if role.tls_only:
        return Transport.TLS
    return connection.transport if connection else Transport.UDP


def _usable(account: Account) -> Forwarding:
    """Forwarding to those targets that the account may call."""
    rule = account.forwarding or Forwarding()
    always, busy, later = (
        target if _uri(target, account) is not None else None
        for target in (rule.always, rule.busy, rule.unanswered)
    )
    return Forwarding(always, busy, later, rule.after_s)


def _uri(target: str | None, account: Account | None) -> str | None:
    """Request URI of a target by the rules of dialling, None if there is none."""
    if target is None or account is None:
        return None
    try:
        sent = account.as_sent(dialing.parse_target(target))
        return sent.uri(account.domain, account.transport)
    except dialing.DialError as error:
        log.warning("no call is forwarded to %s: %s", target, error)
        return None
