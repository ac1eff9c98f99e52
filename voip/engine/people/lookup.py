"""Finds the target of typed text, and people it could mean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator

import msgspec

from voip.engine.calls.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.errors import Refusal
from voip.engine.people import targets
from voip.engine.people.contacts import Contacts
from voip.engine.people.finding import Findable, Query
from voip.engine.people.recent import KnownCaller, People
from voip.engine.people.recognition import Match
from voip.engine.registration.live import Live
from voip.engine.registration.registrations import Registrations
from voip.model import NameFrom, Party
from voip.protocol.people import Contact, ContactNumber, LookedUp, Suggestion
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent
from voip.security import imitation
from voip.sip import callers, dialing, numbers, plans
from voip.sip.callers import Exchange, Key
from voip.sip.dialing import DialError, Target, escape_user, parse_host_port
from voip.sip.plans import Plan

FindConnection = Callable[[Role, int | None], ConnectionEvent | None]

_MOST_SUGGESTIONS = 50
_MOST_CHOICES = 6

_ECHO = Suggestion(
    name="Echo line (test call on this machine)",
    target=dialing.ECHO,
    source="echo",
    name_from=NameFrom.PHONE,
)


class Whom(msgspec.Struct, frozen=True):
    """Target of a typed text; a contact's `name` and `tones`, if any.

    `warning` is for whoever calls an emergency number with an account without them.
    """

    target: Target
    name: str = ""
    tones: str = ""
    warning: str | None = None

    def at(self, account: Live) -> Whom:
        """Return it with the target's number as the account's server takes it."""
        target, settings = self.target, account.account
        if settings is None:
            return self
        own = target.host in (None, settings.ascii_domain)
        if own and plans.is_emergency(target.user, settings.plan.country):
            words = f"“{account.name}” places no emergency calls: use another phone"
            return self if settings.emergency else msgspec.structs.replace(self, warning=words)
        return msgspec.structs.replace(self, target=settings.as_sent(target))


class LookUps:
    """Look-ups by contacts, call log and accounts.

    `echo_uri` is the address of the echo line, None while it is not up. `last_digits`
    is the setting of that name.
    """

    def __init__(
        self,
        contacts: Contacts,
        people: People,
        registrations: Registrations,
        find_connection: FindConnection,
        echo_uri: Callable[[], str | None],
        last_digits: Callable[[], int],
    ) -> None:
        self._contacts = contacts
        self._people = people
        self._registrations = registrations
        self._find_connection = find_connection
        self._echo_uri = echo_uri
        self._last_digits = last_digits

    async def read(self) -> None:
        """Read the contacts that have changed, and the log's people.

        Raises:
            HistoryError: the call log cannot be read.
        """
        # The first search after a start waits for both: SQLite reads beside Python.
        await asyncio.gather(self._contacts.refresh(), self._people.load())

    async def look_up(self, text: str, account: str | None, limit: int) -> LookedUp:
        """Look up the targets that `text` could call; nothing is called.

        Raises:
            HistoryError: the call log cannot be read.
        """
        await self.read()
        live: Live | None = None
        refusal: str | None = None
        try:
            live = self._registrations.usable(account)
        except Refusal as error:
            refusal = str(error)
        name, settings = (live.name, live.account) if live else (None, None)
        suggestions = self._suggestions(text, live, max(0, min(limit, _MOST_SUGGESTIONS)))
        if not text.strip():
            return LookedUp(uri=None, account=name, problem=None, suggestions=suggestions)
        if is_echo(text, account):
            uri = self._echo_uri() or f"sip:{dialing.ECHO}@127.0.0.1"
            return LookedUp(uri, ECHO_ACCOUNT, problem=None, suggestions=suggestions)
        try:
            whom = self._named(text)
            whom = whom.at(live) if live else whom
            called = whom.target.uri(settings.domain, settings.transport) if settings else None
        except (DialError, Refusal) as error:
            return LookedUp(None, name, problem=str(error), suggestions=suggestions)
        return LookedUp(called, name, refusal, suggestions, whom.warning, whom.tones)

    async def whom(self, text: str, account: Live) -> Whom:
        """Return the target of typed text: a contact of that name, or the text.

        Raises:
            DialError: it cannot be called.
            Refusal: it is the name of several numbers; the text lists them.
        """
        await self._contacts.refresh()
        whom = self._named(text)
        name = whom.name or self._whom_at(whom.target, account).name
        return msgspec.structs.replace(whom, name=name).at(account)

    async def caller_of(self, uri: str, account: Live, called_it: bool) -> Whom:
        """Return the target that calls back a caller from `uri`.

        `called_it`: the call was to `account`, and not to another.

        Raises:
            DialError: the caller is anonymous.
        """
        await self._contacts.refresh()
        exchange = self._exchange(account) if called_it else None
        return self._whom_at(callers.call_back(uri, exchange), account).at(account)

    def caller(
        self, claimed: Party, account: str, connection: ConnectionEvent | None = None
    ) -> Party:
        """Return an account's caller: the contact of that address, or as claimed."""
        match = None
        with contextlib.suppress(DialError):
            target = dialing.parse_target(claimed.uri)
            exchange = self.exchange_of(account, connection)
            match = self._contact_of(target, exchange, self._plan_of(account))
        if match is not None:
            return Party(claimed.uri, match.contact.name, name_from=NameFrom.CONTACT)
        looks = self._contacts.looks
        imitates = claimed.imitates or imitation.imitates(claimed.name, claimed.uri, looks)
        return msgspec.structs.replace(claimed, imitates=imitates)

    def other(
        self, named: Party, than: Party, account: str, connection: ConnectionEvent | None
    ) -> Party | None:
        """Return who is `named`, or None for the same person as before."""
        exchange = self.exchange_of(account, connection)
        if not set(callers.keys(named.uri, exchange)).isdisjoint(callers.keys(than.uri, exchange)):
            return None
        now = self.caller(named, account, connection)
        is_same = now.name_from is than.name_from is NameFrom.CONTACT and now.name == than.name
        return None if is_same else now

    def contact_at(self, address: str, account: str | None) -> Contact | None:
        """Return the contact of an address, as an account calls it or is called by it."""
        target = targets.parsed(address)
        if target is None:
            return None
        plan, exchange = self._plan_of(account), self.exchange_of(account)
        match = self._contact_of(target, exchange, plan)
        return match.contact if match is not None else None

    def is_another(self, name: str, address: str, account: str | None) -> bool:
        """Report if a name looks like that of a contact, who has another address."""
        appearance = imitation.looks(name)
        if appearance not in self._contacts.looks:
            return False
        contact = self.contact_at(address, account)
        return contact is None or imitation.looks(contact.name) != appearance

    def keys_of(self, address: str, account: str | None) -> frozenset[Key]:
        """Keys of an address, as an account calls it or is called by it."""
        return frozenset(callers.keys(address, self.exchange_of(account)))

    def called_back(self, address: str, account: str | None) -> str | None:
        """Return what to dial to call a caller back; None if they hide."""
        try:
            target = callers.call_back(address, self.exchange_of(account))
        except DialError:
            return None
        return target.user if target.host is None else address

    def exchange_of(
        self, account: str | None, connection: ConnectionEvent | None = None
    ) -> Exchange | None:
        """Return the server of an account, None if the account does not exist."""
        if account is None:
            return None
        try:
            return self._exchange(self._registrations.get(account), connection)
        except Refusal:
            return None

    def _named(self, text: str) -> Whom:
        dialled = numbers.dial_string(text)
        if dialled is not None:
            return Whom(dialing.parse_target(dialled.number), tones=dialled.tones)
        contacts = self._contacts.named(text) if dialing.may_be_name(text) else []
        listed = list(_distinct(number for contact in contacts for number in contact.numbers))
        if not listed:
            return Whom(dialing.parse_target(text))
        if len(listed) == 1:
            number = listed[0]
            return Whom(dialing.parse_target(number.target), contacts[0].name, number.tones)
        many = "is the name of several people" if len(contacts) > 1 else "has several numbers"
        raise Refusal("bad_target", f"“{contacts[0].name}” {many}: call {_choices(listed)}")

    def _whom_at(self, target: Target, account: Live) -> Whom:
        match = self._contact_of(target, self._exchange(account), self._plan_of(account.name))
        return Whom(target, match.contact.name if match else "")

    def _contact_of(self, target: Target, exchange: Exchange | None, plan: Plan) -> Match | None:
        keys = callers.keys_of(target, exchange)
        match = self._contacts.match(keys)
        # A number at another host, with letters, or of a private plan may be anybody's.
        plain = plans.may_be_whole(target.user) and not target.private
        if match is not None or keys[0].host or not plain:
            return match
        return self._contacts.alike(target.user, plan, self._last_digits())

    def _plan_of(self, account: str | None) -> Plan:
        if account is None:
            return Plan()
        try:
            settings = self._registrations.get(account).account
        except Refusal:
            return Plan()
        return settings.plan if settings else Plan()

    def _exchange(self, live: Live, connection: ConnectionEvent | None = None) -> Exchange | None:
        account = live.account
        if account is None:
            return None
        used = connection or self._find_connection(live.role, live.connection)
        hosts = [account.ascii_domain, account.registrar, account.next_hop]
        domain, *others = (parse_host_port(host)[0] for host in hosts)
        address = used.address if used is not None and used.outgoing else None
        return Exchange.of(domain, *others, *([address] if address else []))

    def _suggestions(self, text: str, live: Live | None, limit: int) -> tuple[Suggestion, ...]:
        query = Query(text)
        exchange = self._exchange(live) if live else None
        plan = self._plan_of(live.name) if live else Plan()
        candidates = self._candidates(query) if query.text else self._latest(query)
        chosen: dict[Key, Suggestion] = {}
        for suggestion in candidates:
            if len(chosen) >= limit:
                break
            for key in _keys(suggestion.target, exchange)[:1]:
                number = plan.e164(key.user) if not key.host else None
                chosen.setdefault(Key(number) if number else key, suggestion)
        return tuple(chosen.values())

    def _latest(self, query: Query) -> Iterator[Suggestion]:
        """Suggest the people in the call log as they would be called back."""
        for caller in self._people:
            if query.finds(caller.findable):
                suggestion = self._called_back(caller)
                if suggestion is not None:
                    yield suggestion

    def _called_back(self, caller: KnownCaller) -> Suggestion | None:
        suggestion = caller.findable.suggestion
        if not caller.called_us:
            return suggestion
        exchange = self.exchange_of(caller.account)
        try:
            target = callers.call_back(suggestion.target, exchange)
        except DialError:
            return None
        if target.host is not None:
            return suggestion
        whole = f"{escape_user(target.user)}@{exchange.domain}" if exchange else target.user
        return msgspec.structs.replace(suggestion, target=whole)

    def _candidates(self, query: Query) -> Iterator[Suggestion]:
        """Suggest all possible matches, best first, some of them twice."""
        if query.text == dialing.ECHO:
            yield _ECHO
        contacts = filter(query.finds, self._contacts.findable)
        yield from map(
            _suggestion, sorted(contacts, key=lambda who: not who.words.startswith(query.text))
        )
        yield from self._latest(query)
        accounts = [
            Findable.of(status.name, status.aor, "account", NameFrom.PHONE)
            for status in self._registrations.snapshot()
            if status.enabled
        ]
        yield from map(_suggestion, filter(query.finds, accounts))
        if dialing.ECHO.startswith(query.text):
            yield _ECHO


def is_echo(text: str, account: str | None) -> bool:
    """Report if the local test line was typed."""
    return account is None and text.strip().lower() == dialing.ECHO


def _distinct(entries: Iterable[ContactNumber]) -> Iterable[ContactNumber]:
    return {(_keys(n.target, None), n.tones): n for n in entries}.values()


def _choices(entries: list[ContactNumber]) -> str:
    listed = [_choice(number) for number in entries[:_MOST_CHOICES]]
    if len(entries) > _MOST_CHOICES:
        return f"one of {', '.join(listed)}, and more"
    return f"{', '.join(listed[:-1])} or {listed[-1]}"


def _choice(number: ContactNumber) -> str:
    more = [number.label, f"then send {number.tones}" if number.tones else ""]
    words = ", ".join(filter(None, more))
    return f"{number.target} ({words})" if words else number.target


def _suggestion(who: Findable) -> Suggestion:
    return who.suggestion


def _keys(target: str, exchange: Exchange | None) -> tuple[Key, ...]:
    return (Key(target),) if target == dialing.ECHO else callers.keys(target, exchange)
