"""From what somebody types to whom it would call, and to whom it could mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from voip import dialing, names
from voip.dialing import DialError
from voip.engine.accountfields import Account
from voip.engine.contacts import Contacts, Number
from voip.engine.echo import ACCOUNT as ECHO_ACCOUNT
from voip.engine.errors import Refusal
from voip.engine.finding import Findable, Query
from voip.engine.people import People
from voip.engine.registrar import Registrar
from voip.model import Party
from voip.protocol.client import LookedUp, Suggestion

_MOST_SUGGESTIONS = 50
_MOST_CHOICES = 6

_ECHO = Suggestion(name="Echo line (test call on this machine)", target=dialing.ECHO, source="echo")


class Whom(msgspec.Struct, frozen=True):
    """A target as `voip.dialing` reads it, and the contact's name if it was one."""

    target: str
    name: str = ""


class LookUps:
    """`echo_uri` is where the echo line is, None while it is not up."""

    def __init__(
        self,
        contacts: Contacts,
        people: People,
        registrar: Registrar,
        echo_uri: Callable[[], str | None],
    ) -> None:
        self._contacts = contacts
        self._people = people
        self._registrar = registrar
        self._echo_uri = echo_uri

    async def look_up(self, text: str, account: str | None, limit: int) -> LookedUp:
        """Whom `text` would call; nothing is called.

        Raises:
            HistoryError: the call log cannot be read.
        """
        await self._contacts.refresh()
        await self._people.load()
        live: str | None = None
        settings: Account | None = None
        refusal: str | None = None
        try:
            found = self._registrar.usable(account)
            live, settings = found.name, found.account
        except Refusal as error:
            refusal = str(error)
        suggestions = self._suggestions(text, settings, max(0, min(limit, _MOST_SUGGESTIONS)))
        if not text.strip():
            return LookedUp(uri=None, account=live, problem=None, suggestions=suggestions)
        if is_echo(text, account):
            uri = self._echo_uri() or f"sip:{dialing.ECHO}@127.0.0.1"
            return LookedUp(uri, ECHO_ACCOUNT, problem=None, suggestions=suggestions)
        try:
            target = dialing.parse_target(self._named(text).target)
            called = target.uri(settings.domain, settings.transport) if settings else None
        except (DialError, Refusal) as error:
            return LookedUp(None, live, problem=str(error), suggestions=suggestions)
        return LookedUp(called, live, problem=refusal, suggestions=suggestions)

    async def whom(self, text: str) -> Whom:
        """What to dial for what was typed: itself, or the number of a contact.

        Raises:
            Refusal: it is the name of several numbers; the text lists them.
        """
        if dialing.may_be_name(text):
            await self._contacts.refresh()
        return self._named(text)

    async def name_of(self, target: str, account: Account) -> str:
        """The contact whom `target` calls with an account, "" where none is known."""
        await self._contacts.refresh()
        wanted = _key(target, account)
        for contact in self._contacts.everyone:
            if any(_key(number.target, account) == wanted for number in contact.numbers):
                return contact.name
        return ""

    def caller(self, claimed: Party, account: str) -> Party:
        """Who calls an account: the contact of that address, or whoever they say they are."""
        try:
            settings = self._registrar.get(account).account
        except Refusal:
            settings = None
        key = _key(claimed.uri, settings)
        for contact in self._contacts.everyone:
            if key and any(_key(number.target, settings) == key for number in contact.numbers):
                return Party(claimed.uri, contact.name)
        known = (contact.name for contact in self._contacts.everyone)
        imitates = claimed.imitates or names.imitates(claimed.name, claimed.uri, known)
        return Party(claimed.uri, claimed.name, imitates)

    def _named(self, text: str) -> Whom:
        found = self._contacts.named(text) if dialing.may_be_name(text) else []
        numbers = list(_distinct(number for contact in found for number in contact.numbers))
        if not numbers:
            return Whom(text)
        if len(numbers) == 1:
            return Whom(numbers[0].target, found[0].name)
        many = "is the name of several people" if len(found) > 1 else "has several numbers"
        raise Refusal("bad_target", f"“{found[0].name}” {many}: call {_choices(numbers)}")

    def _suggestions(
        self, text: str, account: Account | None, limit: int
    ) -> tuple[Suggestion, ...]:
        query = Query(text)
        candidates = self._candidates(query) if query.text else map(_suggestion, self._people)
        chosen: dict[str, Suggestion] = {}
        for suggestion in candidates:
            if len(chosen) >= limit:
                break
            key = _key(suggestion.target, account)
            if key is not None:
                chosen.setdefault(key, suggestion)
        return tuple(chosen.values())

    def _candidates(self, query: Query) -> Iterator[Suggestion]:
        """Everybody who could be meant, the best first, some of them twice."""
        if query.text == dialing.ECHO:
            yield _ECHO
        contacts = filter(query.finds, self._contacts.findable)
        yield from map(
            _suggestion, sorted(contacts, key=lambda who: not who.words.startswith(query.text))
        )
        yield from map(_suggestion, filter(query.finds, self._people))
        accounts = [
            Findable.of(status.name, status.aor, "account")
            for status in self._registrar.snapshot()
            if status.enabled
        ]
        yield from map(_suggestion, filter(query.finds, accounts))
        if dialing.ECHO.startswith(query.text):
            yield _ECHO


def is_echo(text: str, account: str | None) -> bool:
    """Whether what was typed means the local test line."""
    return account is None and text.strip().lower() == dialing.ECHO


def _distinct(numbers: Iterable[Number]) -> Iterable[Number]:
    return {_key(number.target, None): number for number in numbers}.values()


def _choices(numbers: list[Number]) -> str:
    shown = [
        f"{number.target} ({number.label})" if number.label else number.target
        for number in numbers[:_MOST_CHOICES]
    ]
    if len(numbers) > _MOST_CHOICES:
        return f"one of {', '.join(shown)}, and more"
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _suggestion(who: Findable) -> Suggestion:
    return who.suggestion


def _key(target: str, account: Account | None) -> str | None:
    """The same for all ways to write a target; None for what cannot be called."""
    if target == dialing.ECHO:
        return target
    try:
        parsed = dialing.parse_target(target)
    except DialError:
        return None
    domain = account.domain.lower() if account else ""
    return f"{parsed.user}@{parsed.host or domain}:{parsed.port or ''}"
