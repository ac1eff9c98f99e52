"""Asks a target if it is there, before an account goes back to it."""

from __future__ import annotations

import asyncio

from voip.protection import Transport
from voip.protocol.worker.accounts import Target
from voip.sip.messages import options

_PATIENCE_S = 4.0
_AGAIN_S = (0.5, 1.0, 2.0)
"""Waits before a datagram is sent again, T1 first (RFC 3261 section 17.1.2.2)."""


async def is_back(transport: Transport, domain: str, target: Target, current: Target) -> bool:
    """Report if a target of a domain can be used again in place of the current one.

    A connection is opened, and nothing sent. Over UDP both are asked with OPTIONS, which
    some servers never answer: where the current one does not, silence says nothing.
    """
    if transport is not Transport.UDP:
        return await _accepts(target)
    answers, current_answers = await asyncio.gather(
        _answers(domain, target), _answers(domain, current)
    )
    return answers or (answers is None and not current_answers)


async def _accepts(target: Target) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(target.address, target.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _answers(domain: str, target: Target) -> bool | None:
    """Report if a target answers OPTIONS; None for silence."""
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    remote = target.address, target.port
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Asking(domain, answered), remote_addr=remote
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await answered
    except TimeoutError:
        return None
    finally:
        transport.close()


class _Asking(asyncio.DatagramProtocol):
    """Socket that only its target can answer; it sends until then."""

    def __init__(self, domain: str, answered: asyncio.Future[bool]) -> None:
        self._domain = domain
        self._answered = answered
        self._again: list[asyncio.TimerHandle] = []

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        address, port = transport.get_extra_info("sockname")[:2]
        self._question = options.question(self._domain, address, port)
        transport.sendto(self._question.text)
        loop = asyncio.get_running_loop()
        for number in range(len(_AGAIN_S)):
            delay_s = sum(_AGAIN_S[: number + 1])
            self._again.append(loop.call_later(delay_s, transport.sendto, self._question.text))

    def datagram_received(self, data: bytes, addr: object) -> None:
        status = self._question.answer_in(data)
        if status is not None:
            # By 503 a server sends phones elsewhere.
            self._end(status != 503)

    def error_received(self, exc: Exception) -> None:
        # The system's word that nobody listens there (ICMP).
        self._end(False)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in self._again:
            timer.cancel()

    def _end(self, answers: bool) -> None:
        if not self._answered.done():
            self._answered.set_result(answers)
