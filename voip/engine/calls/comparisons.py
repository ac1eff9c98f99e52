"""Applies answers to compared words, and remembers them where possible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from voip.engine.calls.book import CallBook
from voip.engine.calls.live import LiveCall
from voip.engine.trust.compared import Answer, far_end
from voip.engine.trust.compared_keys import ComparedError, ComparedKeys
from voip.model import rfc3339
from voip.protection import ComparedKey
from voip.security.sas import Ends
from voip.sip.callers import Exchange

FindExchange = Callable[[str], Exchange | None]

_NOBODY = "they gave no address to remember: your answer holds for this call only"


class Comparisons:
    """Remembers keys by far end; `find_exchange` returns an account's server."""

    def __init__(self, keys: ComparedKeys, book: CallBook, find_exchange: FindExchange) -> None:
        self._keys = keys
        self._book = book
        self._find_exchange = find_exchange

    def recall(self, call: LiveCall) -> None:
        """Give a new call the remembered keys of its far end."""
        call.address = far_end(call.remote.uri, self._find_exchange(call.account))
        if call.address is not None:
            call.find_keys = partial(self._keys.of, call.account, call.address)

    def answer(self, call: LiveCall, ends: Ends, equal: bool) -> str | None:
        """Record the answer to the words of `ends`.

        Returns why an equal one cannot be remembered.
        """
        keys = call.find_keys()
        now = rfc3339(time.time())
        last = now if equal else (keys[-1].on if keys else None)
        call.answer = Answer(ends, equal, last)
        notice = self._remember(call, ends, now) if equal else self._discard(call, ends)
        self._publish(c for c in self._book if c is call or _is_of(c, call.account, call.address))
        return notice

    def forget(self, account: str, address: str | None = None) -> bool:
        """Forget a far end, or all of an account; False if nothing was remembered.

        Raises:
            ComparedError: it cannot be removed.
        """
        if address is not None:
            address = far_end(address, self._find_exchange(account)) or address
        forgotten = self._keys.forget(account, address)
        calls = [c for c in self._book if c.account == account and address in (None, c.address)]
        for call in calls:
            # An equal answer would still prove the forgotten key.
            if call.answer is not None and call.answer.equal:
                call.answer = None
        self._publish(calls)
        return forgotten

    def _remember(self, call: LiveCall, ends: Ends, now: str) -> str | None:
        if call.address is None:
            return _NOBODY
        try:
            self._keys.remember(ComparedKey(call.account, call.address, ends.remote, now))
        except ComparedError as error:
            return f"your answer holds for this call only: {error}"
        return None

    def _discard(self, call: LiveCall, ends: Ends) -> str | None:
        # Different words disprove the key: the next call must not rely on it.
        if call.address is None:
            return None
        try:
            self._keys.discard(ComparedKey(call.account, call.address, ends.remote, ""))
        except ComparedError as error:
            return f"what was remembered before is kept: {error}"
        return None

    def _publish(self, calls: Iterable[LiveCall]) -> None:
        for call in calls:
            self._book.publish(call)


def _is_of(call: LiveCall, account: str, address: str | None) -> bool:
    return address is not None and (call.account, call.address) == (account, address)
