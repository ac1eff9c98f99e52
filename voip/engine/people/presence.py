"""Lamps of contacts: what their accounts' servers say of them.

An account subscribes while it is registered. What its subscriptions said before is
unknown as soon as one ends, or the connection that it came by.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from voip.choices import Lamps as Packages
from voip.engine.accounts.fields import Account
from voip.engine.hub import Hub
from voip.engine.people import watched
from voip.engine.people.contacts import Contacts
from voip.engine.registration.failing import LONGEST_EVENT_RETRY_S, refused_event_s
from voip.engine.registration.live import Live
from voip.engine.registration.registrations import Registrations
from voip.engine.supervisor import Supervisor, WorkerGone, WorkerRefused
from voip.lamps import Lamp, LampState, Seen, target_of
from voip.protocol.people import Contact, ContactNumber, LampEvent
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.people import (
    MOST_WATCHES,
    AnyWatchEvent,
    EndWatch,
    Watch,
    WatchEnded,
    WatchNotice,
)
from voip.protocol.worker.process import ConnectionEvent
from voip.security.imitation import inert
from voip.sip import callers
from voip.sip.callers import Exchange
from voip.sip.messages import dialog_info, pidf
from voip.sip.messages.documents import Unreadable

_AT_ONCE = 40
"""Subscriptions begun in one look: a server is not flooded."""

_AFTER_GAP_S = 30.0
_LONGEST_NOTE = 80

_NO_SUCH_EVENT = frozenset((405, 489, 501))
"""Answers by which a server says that it has no lamps for anybody."""


@dataclass
class _Person:
    """Person watched at an account's server; `number` while subscribed.

    With `has_gap` a part of what its server said is missing.
    """

    uri: str
    targets: set[str]
    number: int | None = None
    seen: Seen = field(default_factory=Seen)
    failures: int = 0
    not_before: float = 0.0
    has_gap: bool = False
    dialogs: dialog_info.Dialogs = field(default_factory=dialog_info.Dialogs)


@dataclass
class _Line:
    """Account with its persons by URI, and what they were chosen for.

    `over` counts contacts beyond the account's own bound, `left_out` persons for whom
    its worker has no room.
    """

    name: str
    account: Account
    role: Role
    contacts: tuple[Contact, ...]
    way: tuple[int | None, Target | None]
    persons: dict[str, _Person] = field(default_factory=dict)
    over: int = 0
    left_out: int = 0
    not_before: float = 0.0


class Presence:
    """Subscriptions of all accounts, and the lamps that come of them.

    `exchange_of` knows an account's server by all its names, `tell` gets warnings,
    `clock` counts seconds.
    """

    def __init__(
        self,
        hub: Hub,
        workers: dict[Role, Supervisor],
        contacts: Contacts,
        registrations: Registrations,
        exchange_of: Callable[[str], Exchange | None],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._workers = workers
        self._contacts = contacts
        self._registrations = registrations
        self._exchange_of = exchange_of
        self._tell = tell
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._lamps: dict[str, dict[str, Lamp]] = {}
        self._numbers = itertools.count(1)
        self._by_number: dict[int, tuple[_Line, _Person]] = {}
        self._refreshing = asyncio.Lock()

    # What clients see

    def snapshot(self) -> tuple[Lamp, ...]:
        """Return the lamps that are not unknown."""
        return tuple(lamp for lamps in self._lamps.values() for lamp in lamps.values())

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each account with more contacts than lamps."""
        lines = tuple(self._lines.values())
        crowded = (_no_room(line) for line in lines if line.left_out)
        return (*(_too_many(line) for line in lines if line.over), *crowded)

    def lamp_at(self, uri: str, account: str) -> Lamp | None:
        """Return the lamp of a URI to call with an account, None while it is unknown."""
        line = self._lines.get(account)
        person = line.persons.get(uri.partition(";")[0]) if line else None
        if person is None or person.seen.state is LampState.UNKNOWN:
            return None
        return Lamp(account, min(person.targets), person.seen.state, person.seen.note)

    def lit(self, contact: Contact) -> Contact:
        """Return a contact with the lamps of its numbers."""
        if not self._lamps:
            return contact
        numbers = tuple(map(self._lit_number, contact.numbers))
        return msgspec.structs.replace(contact, numbers=numbers)

    def _lit_number(self, number: ContactNumber) -> ContactNumber:
        lamps = tuple(self._lamps.get(target_of(number.target), {}).values())
        return msgspec.structs.replace(number, lamps=lamps)

    # Subscriptions

    async def refresh(self) -> None:
        """Follow accounts and contacts, and begin subscriptions that are due."""
        # Two at once would subscribe to a person twice.
        async with self._refreshing:
            lives = {live.name: live for live in self._registrations if _has_lamps(live)}
            for name in self._lines.keys() - lives.keys():
                await self._leave(self._lines[name])
            for live in lives.values():
                await self._follow(live)
            for line, person in tuple(self._by_number.values()):
                if person.has_gap:
                    # A new subscription begins with the full state.
                    person.has_gap = False
                    person.not_before = self._clock() + _AFTER_GAP_S
                    await self._end(line, person)
            await self._begin_due()

    async def _follow(self, live: Live) -> None:
        """Choose an account's persons anew where the account or the contacts have changed."""
        account = live.account
        assert account is not None
        way, everyone = (live.connection, live.aimed), self._contacts.everyone
        line = self._lines.get(live.name)
        if line is not None and (line.account, line.role, line.way) != (account, live.role, way):
            await self._leave(line)
            line = None
        if line is None:
            line = self._lines[live.name] = _Line(live.name, account, live.role, (), way)
        elif line.contacts is everyone:
            return
        line.contacts = everyone
        chosen = watched.persons(account, everyone)
        over, line.over = line.over, max(0, len(chosen) - watched.MOST)
        if line.over and line.over != over:
            self._tell(_too_many(line))
        kept = dict(itertools.islice(chosen.items(), watched.MOST))
        for uri in line.persons.keys() - kept.keys():
            await self._end(line, line.persons.pop(uri))
        for uri, targets in kept.items():
            person = line.persons.setdefault(uri, _Person(uri, targets))
            if person.targets != targets:
                self._show(line, person.targets - targets, Seen())
                person.targets = targets
                self._show(line, targets, person.seen)

    async def _begin_due(self) -> None:
        for line, person in self._due()[:_AT_ONCE]:
            if self._lines.get(line.name) is not line:
                continue
            number = person.number = next(self._numbers)
            person.dialogs = dialog_info.Dialogs()
            self._by_number[number] = line, person
            watch = Watch(
                number=number, account=line.name, uri=person.uri, package=line.account.lamps.value
            )
            try:
                await self._workers[line.role].ask(watch)
            except (WorkerGone, WorkerRefused):
                if person.number == number:
                    self._over(line, person, 0, 0)

    def _due(self) -> list[tuple[_Line, _Person]]:
        """List who is to be watched now, as far as their workers have room."""
        now = self._clock()
        held = Counter(line.role for line, _ in self._by_number.values())
        due = []
        for line in self._lines.values():
            if line.not_before > now:
                continue
            waiting = [
                person
                for person in line.persons.values()
                if person.number is None and person.not_before <= now
            ]
            begun = waiting[: max(0, MOST_WATCHES - held[line.role])]
            held[line.role] += len(begun)
            due += [(line, person) for person in begun]
            left_out, line.left_out = line.left_out, len(waiting) - len(begun)
            if line.left_out and not left_out:
                self._tell(_no_room(line))
        return due

    async def _leave(self, line: _Line) -> None:
        self._lines.pop(line.name, None)
        for person in line.persons.values():
            await self._end(line, person)

    async def _end(self, line: _Line, person: _Person) -> None:
        number, person.number = person.number, None
        self._see(line, person, Seen())
        if number is not None:
            self._by_number.pop(number, None)
            try:
                await self._workers[line.role].ask(EndWatch(number=number))
            except (WorkerGone, WorkerRefused):
                return

    # What workers report

    def on_event(self, role: Role, event: AnyWatchEvent) -> None:
        """Follow a subscription of this worker's."""
        line, person = self._by_number.get(event.number, (None, None))
        if line is None or person is None or (line.role, line.name) != (role, event.account):
            return
        if isinstance(event, WatchEnded):
            self._over(line, person, event.code, event.retry_after_s)
        elif event.connection == line.way[0]:
            self._on_notice(line, person, event)

    def _on_notice(self, line: _Line, person: _Person, notice: WatchNotice) -> None:
        if not notice.body:
            return
        try:
            seen = self._read(line, person, notice)
        except Unreadable:
            return
        except dialog_info.Gap:
            seen, person.has_gap = Seen(), True
        else:
            person.failures = 0
        self._see(line, person, seen)

    def on_connection(self, role: Role, event: ConnectionEvent) -> None:
        """Forget what came by a connection that went down."""
        for line in self._lines.values():
            if not event.up and (line.role, line.way[0]) == (role, event.id):
                for person in line.persons.values():
                    self._see(line, person, Seen())

    def on_worker_down(self, role: Role) -> None:
        """Forget the subscriptions of a worker that ended."""
        for line in [line for line in self._lines.values() if line.role is role]:
            del self._lines[line.name]
            for person in line.persons.values():
                if person.number is not None:
                    self._by_number.pop(person.number, None)
                self._see(line, person, Seen())

    # Inside

    def _over(self, line: _Line, person: _Person, code: int, retry_after_s: int) -> None:
        """Note that a subscription is over, and when the next one may begin."""
        if person.number is not None:
            self._by_number.pop(person.number, None)
        person.number = None
        now = self._clock()
        person.not_before = now + refused_event_s(person.failures, code, retry_after_s)
        person.failures += 1
        if code in _NO_SUCH_EVENT:
            line.not_before = now + LONGEST_EVENT_RETRY_S
        self._see(line, person, Seen())

    def _read(self, line: _Line, person: _Person, notice: WatchNotice) -> Seen:
        """Read a body about this person.

        Raises:
            Unreadable: it is none.
            Gap: an earlier one is missing.
        """
        if line.account.lamps is Packages.DIALOG:
            info = dialog_info.read(notice.content_type, notice.body)
            self._check(line, person, info.entity)
            return Seen(person.dialogs.update(info))
        presence = pidf.read(notice.content_type, notice.body)
        self._check(line, person, presence.entity)
        return Seen(presence.state, inert(presence.note, _LONGEST_NOTE))

    def _check(self, line: _Line, person: _Person, entity: str) -> None:
        """Refuse a body about somebody else.

        Raises:
            Unreadable: it is.
        """
        scheme, colon, rest = entity.partition(":")
        about = f"sip:{rest}" if colon and scheme.lower() == "pres" else entity
        exchange = self._exchange_of(line.name)
        keys = callers.keys(person.uri, exchange)
        if exchange is None or set(keys).isdisjoint(callers.keys(about, exchange)):
            raise Unreadable("about somebody else")

    def _see(self, line: _Line, person: _Person, seen: Seen) -> None:
        if person.seen != seen:
            person.seen = seen
            self._show(line, person.targets, seen)

    def _show(self, line: _Line, targets: Iterable[str], seen: Seen) -> None:
        for target in sorted(targets):
            lamps = self._lamps.setdefault(target, {})
            lamp = Lamp(line.name, target, seen.state, seen.note)
            before = lamps.pop(line.name, Lamp(line.name, target))
            if seen.state is not LampState.UNKNOWN:
                lamps[line.name] = lamp
            if not lamps:
                del self._lamps[target]
            if lamp != before:
                self._hub.publish(LampEvent(lamp=lamp))


def _has_lamps(live: Live) -> bool:
    account = live.account
    return (
        account is not None
        and account.enabled
        and account.lamps is not Packages.OFF
        and live.added
        and live.is_registered
    )


def _too_many(line: _Line) -> str:
    words = f"account {line.name} has lamps for {watched.MOST} contacts, the most there may be"
    return f"{words}: {line.over} more have none"


def _no_room(line: _Line) -> str:
    accounts = "TLS accounts" if line.role.tls_only else "accounts without TLS"
    return (
        f"account {line.name} has no lamp for {line.left_out} of its contacts: all {accounts} "
        f"together have {MOST_WATCHES:,}, the most there may be. Turn “lamps” off for one that "
        "needs none"
    )
