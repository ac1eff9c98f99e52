"""Questions to STUN servers and relays: whether one answers, and accepts the account.

Nothing of this machine's addresses is in them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from voip.causes import Cause, CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import Relay, Target, Trust
from voip.security import flaws
from voip.sip.network import stun
from voip.sip.network.stun import Answer, Attribute, Login, Method

_PATIENCE_S = 4.0
_RELEASE_S = 1.0
_FIRST_PAUSE_S = 0.5
"""Initial RTO of RFC 8489 section 6.2.1; it doubles."""

_MOST_BYTES = 65536
_MOST_TRIES = 3
_UNAUTHENTICATED, _STALE = 401, 438
_WRONG_USER = (_UNAUTHENTICATED, 403, 441)
_FULL = (486, 508)


async def ask_stun(name: str, target: Target) -> Cause | None:
    """Ask a STUN server for an answer; return why there is none."""
    with contextlib.suppress(OSError):
        async with asyncio.timeout(_PATIENCE_S), _datagrams(target) as way:
            if (await _exchange(way, Method.BINDING)).code == 0:
                return None
    return Cause(CauseKind.STUN_SILENT, (name,))


async def ask_relay(relay: Relay) -> Cause | None:
    """Ask a relay for an address and give it back; return why a call gets none.

    Over TLS it has to prove its name first, by the rules of the worker.
    """
    name = (relay.server_name,)
    try:
        async with asyncio.timeout(_PATIENCE_S), _way(relay) as way:
            return await _allocate(way, relay)
    except (ssl.SSLCertVerificationError, _Unverified):
        return Cause(CauseKind.RELAY_UNVERIFIED, name)
    except ssl.SSLError:
        words = "no TLS handshake was completed"
        return Cause(CauseKind.RELAY_REFUSED, (relay.server_name, words))
    except (OSError, EOFError):
        return Cause(CauseKind.RELAY_SILENT, name)


class _Unverified(Exception):
    """Raised when a relay does not prove its name."""


class _Way(Protocol):
    repeats: bool

    async def send(self, message: bytes) -> None: ...

    async def receive(self) -> bytes: ...


class _Datagrams:
    repeats = True

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    async def send(self, message: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._end, message)

    async def receive(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._end, _MOST_BYTES)


class _Stream:
    repeats = False

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: bytes) -> None:
        self._writer.write(message)
        await self._writer.drain()

    async def receive(self) -> bytes:
        header = await self._reader.readexactly(stun.HEADER_BYTES)
        length = stun.body_bytes(header)
        if length is None:
            raise EOFError("not STUN")
        return header + await self._reader.readexactly(length)


@asynccontextmanager
async def _way(relay: Relay) -> AsyncIterator[_Way]:
    """Way to a relay, which has proven its name if it has to."""
    if relay.transport is Transport.UDP:
        async with _datagrams(relay.target) as way:
            yield way
        return
    context = None
    if relay.transport is Transport.TLS:
        context = await _context(relay.trust)
    reader, writer = await asyncio.open_connection(
        relay.target.address,
        relay.target.port,
        ssl=context,
        server_hostname=relay.server_name if context else None,
    )
    try:
        if relay.trust is not None and context is not None:
            _verify(writer.get_extra_info("ssl_object"), relay.server_name, relay.trust)
        yield _Stream(reader, writer)
    finally:
        # The relay gives the address away with the connection. Python 3.11.2
        # has no abort of TLS that the relay itself has closed.
        with contextlib.suppress(AttributeError):
            writer.transport.abort()


@asynccontextmanager
async def _datagrams(target: Target) -> AsyncIterator[_Way]:
    family = socket.AF_INET6 if target.is_ipv6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as end:
        end.setblocking(False)
        # Connected, so that nobody else can answer, and a closed port is an error.
        end.connect((target.address, target.port))
        yield _Datagrams(end)


async def _context(trust: Trust | None) -> ssl.SSLContext:
    """TLS as workers speak it.

    Raises:
        _Unverified: nothing can be proven.
    """
    if trust is None:
        raise _Unverified
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    # `_verify` demands the name or the pinned key, before anything is sent.
    context.check_hostname = False
    if trust.pin is not None:
        context.verify_mode = ssl.CERT_NONE
        return context
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        await asyncio.to_thread(context.load_verify_locations, trust.ca_file)
    except OSError as error:
        raise _Unverified from error
    return context


def _verify(connection: ssl.SSLObject, name: str, trust: Trust) -> None:
    """Demand the pinned key, or the name of a certificate that an authority issued.

    Raises:
        _Unverified: it is another.
    """
    from cryptography import x509  # slow to load: a start need not wait for it

    from voip.security import certificates

    encoded = connection.getpeercert(binary_form=True)
    if encoded is None:
        raise _Unverified
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        shown = certificates.describe(certificate)
        names, uris = certificates.names(certificate), certificates.uris(certificate)
    except ValueError as error:
        raise _Unverified from error
    if trust.pin is not None:
        is_proven = shown.key_sha256 == trust.pin
    else:
        is_proven = flaws.is_named(name, names, uris, trust.allow_wildcard)
    if not is_proven or flaws.weak_key([shown]):
        raise _Unverified


async def _allocate(way: _Way, relay: Relay) -> Cause | None:
    """Get an address of a relay and give it back (RFC 8656 sections 7 and 8)."""
    wish = (stun.FOR_UDP, stun.FOR_IPV6) if relay.target.is_ipv6 else (stun.FOR_UDP,)
    login: Login | None = None
    code = 0
    for _ in range(_MOST_TRIES):
        answer = await _exchange(way, Method.ALLOCATE, wish, login)
        code = answer.code
        if code == 0:
            await _release(way, login)
            return None
        is_refused = login is not None and code == _UNAUTHENTICATED
        if relay.credentials is None or is_refused or code not in (_UNAUTHENTICATED, _STALE):
            break
        login = stun.login(relay.credentials.user, relay.credentials.password, answer)
    return _refusal(relay, code)


def _refusal(relay: Relay, code: int) -> Cause:
    if code in _WRONG_USER and relay.credentials is not None:
        return Cause(CauseKind.RELAY_PASSWORD, (relay.server_name,))
    if code == _UNAUTHENTICATED:
        words = "it asks for a password, and there is none"
    else:
        words = "it has no place left" if code in _FULL else f"it answers {code}"
    return Cause(CauseKind.RELAY_REFUSED, (relay.server_name, words))


async def _release(way: _Way, login: Login | None) -> None:
    with contextlib.suppress(OSError, EOFError):
        async with asyncio.timeout(_RELEASE_S):
            await _exchange(way, Method.REFRESH, (stun.AT_ONCE,), login)


async def _exchange(
    way: _Way,
    method: Method,
    attributes: tuple[tuple[Attribute, bytes], ...] = (),
    login: Login | None = None,
) -> Answer:
    """Send a request, again and again where packets get lost, until it is answered."""
    transaction = os.urandom(stun.TRANSACTION_BYTES)
    request = stun.request(method, transaction, attributes, login)
    pause_s = _FIRST_PAUSE_S
    while True:
        await way.send(request)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s if way.repeats else None):
                while True:
                    message = await way.receive()
                    answer = stun.answer(message, method, transaction, login)
                    if answer is not None:
                        return answer
        pause_s *= 2
