"""Conferences: calls that the worker mixes, and what the user does in them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Coroutine, Sequence

from voip.background import Background
from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.calls.microphone import Ask, Microphone
from voip.engine.errors import Refusal
from voip.engine.hub import Hub
from voip.mixing import MOST_PARTIES, Mix
from voip.model import Conference
from voip.protection import Lock
from voip.protocol.calls import ConferenceEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import HoldCall, MixCalls, MixedCall, MuteCall
from voip.security import policy

log = logging.getLogger(__name__)

Change = Callable[[Mix], Mix]


class Conferences:
    """Calls that are mixed, by the id of their conference; `ask` reaches workers.

    A call of an account over TLS is in a conference only while its lock is closed.
    """

    def __init__(self, book: CallBook, hub: Hub, ask: Ask) -> None:
        self._book = book
        self._hub = hub
        self._ask = ask
        self.microphone = Microphone(book, ask, self._on_left)
        self._mixes: dict[str, Mix] = {}
        self._shown: dict[str, Conference] = {}
        self._last_id = 0
        self._background = Background()
        book.follow(self._on_change)

    def snapshot(self) -> tuple[Conference, ...]:
        return tuple(self._shown.values())

    # What the user does

    async def join(self, calls: Sequence[LiveCall]) -> Conference:
        """Mix calls with each other and the user; resume those on hold.

        Raises:
            Refusal: they cannot be mixed, or a worker refused.
        """
        parties = self._parties_with(calls)
        _check(parties)
        async with self.microphone.shared_by(parties):
            await self._mute_all(parties, any(call.muted for call in parties))
            # They may have changed while the others were put on hold.
            parties = self._parties_with(calls)
            _check(parties)
            name = next((c.conference for c in parties if c.conference), None) or self._new_id()
            new = [call for call in parties if call.conference is None]
            before = self._mixes.get(name, Mix(()))
            # From here on a lock that opens takes its call out.
            self._mixes[name] = before.joined_by(tuple(call.id for call in parties))
            for call in new:
                call.conference = name
            try:
                await self._resume(calls)
                await self._mix(parties[0].role)
            except Refusal:
                for call in new:
                    self._exclude(call)
                raise
            finally:
                self._publish(parties)
                self._show(name)
            return self._now(name)

    async def leave(self, call: LiveCall) -> Conference:
        """Take the user out of a call's conference.

        Raises:
            Refusal: it is in none, or its worker is gone.
        """
        return await self._change(call, lambda mix: mix.left())

    async def aside(self, call: LiveCall) -> Conference:
        """Let the user and one party talk alone.

        Raises:
            Refusal: the call is in no conference, or is on hold.
        """
        self._mix_of(call)
        if call.on_hold:
            raise Refusal("wrong_state", f"call {call.id} is on hold: resume it first")
        async with self.microphone.shared_by(self._parties(call.conference)):
            return await self._set(call, self._mix_of(call).aside_with(call.id))

    async def silence(self, call: LiveCall, on: bool) -> Conference:
        """Let nobody hear a party, or let all hear it again.

        Raises:
            Refusal: as `leave`.
        """
        return await self._change(call, lambda mix: mix.with_silenced(call.id, on))

    async def take_out(self, call: LiveCall) -> Conference:
        """Take a party out and put it on hold; the others go on.

        Raises:
            Refusal: as `leave`.
        """
        async with self.microphone.kept():
            self._mix_of(call)
            name = call.conference
            assert name is not None
            # On hold first: it must not hear the user alone for a moment.
            await self._hold(call)
            if call.conference is not None:
                self._take_out(call)
                await self._mix(call.role)
                self._book.publish(call)
            self._show(name)
            return self._now(name)

    async def bring_back(self, call: LiveCall) -> None:
        """Resume a party; who hears the user is as it was.

        Raises:
            Refusal: as `leave`.
        """
        async with self.microphone.kept():
            self._mix_of(call)
            await self._resume((call,))

    async def mute(self, call: LiveCall, on: bool) -> None:
        """Mute the user for all parties: there is one microphone.

        Raises:
            Refusal: a worker refused.
        """
        await self._mute_all(self._parties(call.conference), on)

    def parties(self, call: LiveCall) -> tuple[LiveCall, ...]:
        """Return the calls of a call's conference.

        Raises:
            Refusal: it is in none.
        """
        self._mix_of(call)
        return self._parties(call.conference)

    # What happens to calls

    def _on_change(self, call: LiveCall, lock: Lock) -> None:
        name = call.conference
        if name is None or name not in self._mixes:
            return
        mix = self._mixes[name]
        if call.ended is not None:
            if mix.aside == call.id and len(mix.parties) > 2:
                self._notice(f"you are out of the conference: call {call.id} has ended")
            self._take_out(call)
            self._in_background(self._mix(call.role))
        elif call.role.tls_only and not lock.closed:
            self._exclude(call)
            self._notice(
                f"call {call.id} with {call.remote.uri} was taken out of the conference and "
                f"put on hold: {lock.why}"
            )
        elif _speaks(mix, call) is not (call.voice is Voice.HERE):
            # It was put on hold or has been resumed.
            self._in_background(self._mix(call.role))
        self._show(name)

    def _exclude(self, call: LiveCall) -> None:
        """Take a call out and put it on hold."""
        if call.conference is not None:
            self._take_out(call)
            self._in_background(self._mix(call.role))
            self._in_background(self._hold(call))
            self._book.publish(call)

    def _take_out(self, call: LiveCall) -> None:
        """Take a call out, not yet mixed so; a conference of one is an ordinary call again."""
        name, call.conference = call.conference, None
        assert name is not None
        mix = self._mixes[name] = self._mixes[name].without(call.id)
        rest = self._parties(name)
        if len(rest) < 2:
            del self._mixes[name]
            for last in rest:
                last.conference = None
                if not mix.here and not last.on_hold:
                    # The user must not be heard again without having come back.
                    self._in_background(self._hold(last))
                    self._notice(f"call {last.id} is on hold: it is alone in your conference")
                self._book.publish(last)

    async def _on_left(self, name: str) -> None:
        """Take the user out of a conference, for another call.

        Raises:
            Refusal: the worker refused.
        """
        mix, parties = self._mixes.get(name), self._parties(name)
        if mix is None or not parties:
            return
        self._mixes[name] = mix.left()
        try:
            await self._mix(parties[0].role)
        finally:
            self._show(name)

    # Inside

    async def _change(self, call: LiveCall, change: Change) -> Conference:
        self._mix_of(call)
        async with self.microphone.kept():
            return await self._set(call, change(self._mix_of(call)))

    async def _set(self, call: LiveCall, mix: Mix) -> Conference:
        name = call.conference
        assert name is not None
        self._mixes[name] = mix
        try:
            await self._mix(call.role)
        finally:
            self._show(name)
        return self._now(name)

    async def _mix(self, role: Role) -> None:
        """Have a worker connect its calls as they are to be now."""
        mixed: list[MixedCall] = []
        for name, mix in self._mixes.items():
            calls = {call.id: call for call in self._parties(name)}
            for call in calls.values():
                if call.role is not role:
                    break
                speaks = _speaks(mix, call)
                call.voice = Voice.HERE if speaks else Voice.WAITING
                mixed.append(
                    MixedCall(
                        call=call.number,
                        hears=tuple(calls[p].number for p in mix.heard_by(call.id)),
                        voice=speaks,
                        heard=mix.listens_to(call.id),
                    )
                )
        some = next((call for call in self._book if call.role is role), None)
        if some is not None:
            await self._ask(some, MixCalls(calls=tuple(mixed)))

    async def _resume(self, calls: Collection[LiveCall]) -> None:
        for call in calls:
            if not call.on_hold or call.conference is None:
                continue
            call.hold_agreed = None
            try:
                await self._ask(call, HoldCall(call=call.number, on=False, voice=False))
            except Refusal:
                if call.ended is None:
                    raise

    async def _hold(self, call: LiveCall) -> None:
        call.voice = Voice.WAITING
        await self._ask(call, HoldCall(call=call.number))

    async def _mute_all(self, calls: Collection[LiveCall], on: bool) -> None:
        for call in calls:
            if call.muted is not on:
                await self._ask(call, MuteCall(call=call.number, on=on))
                call.muted = on
                self._book.publish(call)

    def _parties_with(self, calls: Sequence[LiveCall]) -> list[LiveCall]:
        """Return the calls to mix: those of their conference, and the new ones."""
        names = list(dict.fromkeys(call.conference for call in calls if call.conference))
        if len(names) > 1:
            raise Refusal("cannot_join", "these calls are in two conferences")
        there = self._parties(names[0]) if names else ()
        return [*there, *(call for call in calls if call not in there)]

    def _parties(self, name: str | None) -> tuple[LiveCall, ...]:
        mix = self._mixes.get(name) if name is not None else None
        calls = {call.id: call for call in self._book}
        return tuple(calls[party] for party in mix.parties if party in calls) if mix else ()

    def _mix_of(self, call: LiveCall) -> Mix:
        mix = self._mixes.get(call.conference) if call.conference is not None else None
        if mix is None:
            raise Refusal("no_conference", f"call {call.id} is in no conference")
        return mix

    def _new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def _publish(self, calls: Collection[LiveCall]) -> None:
        for call in calls:
            if call.ended is None:
                self._book.publish(call)

    def _show(self, name: str) -> None:
        """Tell the clients about a conference, if they do not know it so."""
        before, now = self._shown.get(name), self._now(name)
        if now.calls:
            self._shown[name] = now
        elif self._shown.pop(name, None) is None:
            return
        if now != before:
            self._hub.publish(ConferenceEvent(conference=now))

    def _now(self, name: str) -> Conference:
        mix, calls = self._mixes.get(name, Mix(())), self._parties(name)
        return Conference(
            id=name,
            calls=tuple(str(call.id) for call in calls),
            lock=policy.group_lock({str(call.id): call.lock() for call in calls}),
            here=mix.here and bool(calls),
            aside=None if mix.aside is None else str(mix.aside),
            silenced=tuple(str(call.id) for call in calls if call.id in mix.silenced),
        )

    def _notice(self, text: str) -> None:
        self._hub.publish(NoticeEvent(level="warning", text=text))

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        self._background.begin(self._quietly(work))

    async def _quietly(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Refusal as error:
            # The call has ended, or its worker has.
            log.info("conference: %s", error)


def _check(calls: Collection[LiveCall]) -> None:
    """Check that calls may be mixed.

    Raises:
        Refusal: one is not up, or they would give each other away.
    """
    if not 2 <= len(calls) <= MOST_PARTIES:
        text = f"a conference is of two to {MOST_PARTIES} calls, not of {len(calls)}"
        raise Refusal("cannot_join", text)
    for call in calls:
        if not call.state.answered:
            text = f"call {call.id} is {call.state.words}: it cannot be joined now"
            raise Refusal("wrong_state", text)
    why = policy.why_not_mixed(call.role.tls_only for call in calls)
    if why is not None:
        raise Refusal("cannot_mix", why)
    for call in calls:
        lock = call.lock()
        if call.role.tls_only and not lock.closed:
            raise Refusal("cannot_mix", f"call {call.id} cannot be joined: {lock.why}")


def _speaks(mix: Mix, call: LiveCall) -> bool:
    """Report if the user speaks to a party now."""
    return mix.speaks_to(call.id) and not call.on_hold
