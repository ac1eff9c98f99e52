"""Calls that are connected with each other in PJSIP's sound bridge, which mixes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

import pjsua2 as pj

from voip.protocol.worker.calls import MixedCall
from voip.worker.media.bridge import OnWired, cut


class Party(Protocol):
    """Sound of a call as its conference sees it."""

    @property
    def port(self) -> pj.AudioMedia | None: ...

    @property
    def mixes(self) -> bool: ...

    def follow_wiring(self, listener: OnWired | None) -> None: ...

    def silence(self, on: bool) -> None: ...

    def give_voice(self, on: bool) -> None: ...

    def record_beside(self, other: pj.AudioMedia, on: bool) -> None: ...


class _Path(NamedTuple):
    """Way of sound from a call to another, by their numbers."""

    source: int
    listener: int


class Conference:
    """Paths between the calls of this worker's conferences.

    They follow the engine's last wish, and every hold and every new stream of a call
    at once. What must not be heard is cut before anything is connected. PJSIP may keep
    the port of a call without sound, and the connections of that port: they are cut
    when the port is known again, even of calls that have left meanwhile.
    """

    def __init__(self) -> None:
        self._media: dict[int, Party] = {}
        self._left: dict[int, Party] = {}
        self._uncut: set[_Path] = set()
        self._wanted: frozenset[_Path] = frozenset()
        self._connected: set[_Path] = set()

    def use(self, media: Mapping[int, Party], wishes: Iterable[MixedCall]) -> None:
        """Connect these calls, and no others.

        Raises:
            pj.Error: PJSIP could not make a connection; none is made by mistake.
        """
        wishes = list(wishes)
        wanted = frozenset(_Path(source, w.call) for w in wishes for source in w.hears)
        self._wanted &= wanted
        self._cut()
        for number in self._media.keys() - media.keys():
            self._let_go(number)
        for wish in wishes:
            if not wish.voice:
                media[wish.call].give_voice(False)
            media[wish.call].silence(not wish.heard)
        for wish in wishes:
            media[wish.call].give_voice(wish.voice)
        self._media, self._wanted = dict(media), wanted
        for number in self._left.keys() & media.keys():
            del self._left[number]
        for number, call in media.items():
            call.follow_wiring(partial(self._follow, number))
        self._connect()

    def forget(self, number: int) -> None:
        """Take out a call that has ended."""
        self._let_go(number)
        self._uncut = {path for path in self._uncut if number not in path}
        self._release()

    def _let_go(self, number: int) -> None:
        self._wanted = frozenset(path for path in self._wanted if number not in path)
        self._cut()
        call = self._media.pop(number, None)
        if call is not None:
            self._left[number] = call
            call.silence(False)
            self._release()

    def _release(self) -> None:
        """Follow those that have left no more, once nothing of theirs is to be cut."""
        needed = {number for path in self._uncut for number in path}
        for number in self._left.keys() - needed:
            self._left.pop(number).follow_wiring(None)

    def _follow(self, number: int, renewed: bool) -> None:
        if renewed:
            self._cut_unwanted(number)
        self._cut()
        for path in self._uncut - self._possible():
            self._cut_path(path)
        self._connect()
        self._release()

    def _cut_unwanted(self, number: int) -> None:
        """Begin again with a call whose connections are not known."""
        self._connected = {path for path in self._connected if number not in path}
        possible = self._possible()
        for other in self._media.keys() - {number}:
            for path in (_Path(number, other), _Path(other, number)):
                if path not in possible:
                    self._cut_path(path)

    def _possible(self) -> set[_Path]:
        mixing = {number for number, call in self._media.items() if call.mixes}
        return {path for path in self._wanted if mixing.issuperset(path)}

    def _cut(self) -> None:
        for path in self._connected - self._possible():
            self._cut_path(path)
            self._connected.discard(path)

    def _cut_path(self, path: _Path) -> None:
        source, listener = (self._port(number) for number in path)
        self._record(path, source, False)
        if source is None or listener is None:
            self._uncut.add(path)
        else:
            cut(source, listener)
            self._uncut.discard(path)

    def _connect(self) -> None:
        for path in self._possible() - self._connected:
            source, listener = (self._port(number) for number in path)
            if source is not None and listener is not None:
                source.startTransmit(listener)
                self._connected.add(path)
                self._uncut.discard(path)
        for path in self._connected:
            self._record(path, self._port(path.source), True)

    def _call(self, number: int) -> Party | None:
        return self._media.get(number) or self._left.get(number)

    def _port(self, number: int) -> pj.AudioMedia | None:
        call = self._call(number)
        return call.port if call is not None else None

    def _record(self, path: _Path, source: pj.AudioMedia | None, on: bool) -> None:
        """Have a recording of the listener follow what the listener hears."""
        listener = self._call(path.listener)
        if source is not None and listener is not None:
            listener.record_beside(source, on)
