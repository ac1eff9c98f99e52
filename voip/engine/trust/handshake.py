"""Makes a TLS handshake with a server to get its certificates.

No byte of SIP is sent, and nothing that the server shows is trusted: it is judged, so
that the user can decide.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from voip.causes import CauseKind
from voip.engine.errors import Refusal
from voip.protection import Certificate
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import Target
from voip.security import flaws
from voip.security.certificate_facts import MAX_CHAIN
from voip.security.flaws import is_address
from voip.sip.sentences import sentence

if TYPE_CHECKING:
    from OpenSSL import SSL
    from OpenSSL.crypto import X509

_TIMEOUT_S = 10.0
_MOST_AT_ONCE = 65536
_ENDED = "the server ended the connection"

# Ciphers that the worker offers, and a list that only shows the server's choice if it
# accepts none of them.
_STRONG = b"DEFAULT:@SECLEVEL=2"
_ANY = b"ALL:COMPLEMENTOFALL:@SECLEVEL=0"
_WITHOUT_CERTIFICATE = ("ADH", "AECDH")
_RECORDS = frozenset(range(20, 24))
"""First bytes of TLS records: their types (RFC 8446 section 5.1)."""

# X509_V_ERR_*, which OpenSSL's x509_vfy.h numbers.
_FLAWS = {
    number: flaw
    for flaw, numbers in {
        CauseKind.CERTIFICATE_NO_ISSUER: (2,),
        CauseKind.CERTIFICATE_UNREADABLE: (4, 5, 6, 13, 14, 41),
        CauseKind.CERTIFICATE_NOT_BY_ISSUER: (7, 29, 30, 31),
        CauseKind.CERTIFICATE_NOT_YET: (9,),
        CauseKind.CERTIFICATE_EXPIRED: (10,),
        CauseKind.CERTIFICATE_SELF_SIGNED: (18,),
        CauseKind.CERTIFICATE_UNTRUSTED: (19, 20, 21, 27),
        CauseKind.CERTIFICATE_TOO_LONG: (22, 25),
        CauseKind.CERTIFICATE_REVOKED: (23,),
        CauseKind.CERTIFICATE_MAY_NOT_ISSUE: (24, 32, 79),
        CauseKind.CERTIFICATE_PURPOSE: (26, 28),
        CauseKind.CERTIFICATE_NOT_ALLOWED: (47, 48, 49, 51),
        CauseKind.CERTIFICATE_WEAK_KEY: (66, 67),
        CauseKind.CERTIFICATE_WEAK_SIGNATURE: (68,),
    }.items()
    for number in numbers
}


async def look(
    host: str, targets: Sequence[Target], authorities: Path, allow_wildcard: bool
) -> ServerReport:
    """Report a server's certificates, judged by authorities in a PEM file.

    `host` is the name to prove, without brackets; the first of `targets` that accepts a
    connection is asked. At most ten seconds.

    Raises:
        Refusal: there is no server, or it does not speak TLS correctly.
    """
    port = targets[0].port
    where = f"{host}:{port}"
    addresses = tuple((target.address, target.port) for target in targets)
    visit = _Visit(host, addresses, time.monotonic() + _TIMEOUT_S)
    try:
        return await asyncio.to_thread(_judge, visit, port, authorities, allow_wildcard)
    except TimeoutError as error:
        raise Refusal("no_server", f"{where} did not answer within 10 seconds") from error
    except OSError as error:
        words = f"the connection to {where} failed: {error.strerror or error}"
        raise Refusal("no_server", words) from error


class _Visit:
    """Server for handshakes until `ends` (monotonic, seconds)."""

    def __init__(self, host: str, addresses: tuple[tuple[str, int], ...], ends: float) -> None:
        self.host = host
        self._addresses = addresses
        self._ends = ends
        self.flaws: set[CauseKind] = set()
        self.speaks_tls = True

    def handshake(self, context: SSL.Context) -> tuple[SSL.Connection, str]:
        """Shake hands and hang up; return the connection and the error, if any.

        Raises:
            OSError: there is no connection, or time has run out.
        """
        from OpenSSL import SSL

        def on_flaw(
            connection: SSL.Connection, certificate: X509, code: int, depth: int, ok: int
        ) -> bool:
            # Go on, so that every flaw is seen: nothing is sent.
            if not ok:
                self.flaws.add(_FLAWS.get(code, CauseKind.CERTIFICATE_REFUSED))
            return True

        context.set_verify(SSL.VERIFY_PEER, on_flaw)
        with self._connect() as plain:
            connection = SSL.Connection(context)
            connection.set_connect_state()
            if not is_address(self.host):
                connection.set_tlsext_host_name(self.host.encode())
            failure, answered = _go_on(connection), False
            while failure is None:
                answer = self._exchange(plain, connection)
                if not answer:
                    return connection, _ENDED
                if not answered:
                    answered, self.speaks_tls = True, _is_record(answer)
                connection.bio_write(answer)
                failure = _go_on(connection)
            self._send(plain, connection)
            return connection, failure

    def _connect(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            try:
                return socket.create_connection(address, self._left_s())
            except ConnectionError:
                continue
        return socket.create_connection(last, self._left_s())

    def _exchange(self, plain: socket.socket, connection: SSL.Connection) -> bytes:
        """Exchange due bytes with the server; empty when it has hung up."""
        self._send(plain, connection)
        plain.settimeout(self._left_s())
        try:
            return plain.recv(_MOST_AT_ONCE)
        except ConnectionError:
            return b""

    def _send(self, plain: socket.socket, connection: SSL.Connection) -> None:
        from OpenSSL import SSL

        plain.settimeout(self._left_s())
        with contextlib.suppress(SSL.WantReadError, ConnectionError):
            plain.sendall(connection.bio_read(_MOST_AT_ONCE))

    def _left_s(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _judge(visit: _Visit, port: int, authorities: Path, allow_wildcard: bool) -> ServerReport:
    from cryptography.x509 import InvalidVersion
    from OpenSSL import SSL
    from OpenSSL.crypto import X509StoreFlags

    from voip.security import certificates

    context = _context(_STRONG, SSL.TLS1_2_VERSION)
    try:
        context.load_verify_locations(str(authorities))
    except SSL.Error as error:
        words = f"the authorities in {authorities} cannot be read"
        raise Refusal("bad_account", words) from error
    store = context.get_cert_store()
    if store is not None:
        # As in the worker: a listed certificate is trusted, even if it is not a root.
        store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
    connection, failure = visit.handshake(context)
    peer_chain = connection.get_peer_cert_chain()
    if not peer_chain:
        raise _without_certificates(visit, port, failure)
    parsed = []
    for certificate in peer_chain[:MAX_CHAIN]:
        try:
            parsed.append(certificate.to_cryptography())
        except (ValueError, InvalidVersion):
            visit.flaws.add(CauseKind.CERTIFICATE_UNREADABLE)
            break
    if not parsed:
        where = f"{visit.host}:{port}"
        raise Refusal("no_tls", f"{where} shows a certificate that cannot be read")
    names, uris = certificates.names(parsed[0]), certificates.uris(parsed[0])
    if not flaws.is_named(visit.host, names, uris, allow_wildcard):
        visit.flaws.add(CauseKind.CERTIFICATE_OTHER_NAME)
    chain: list[Certificate] = []
    for readable in parsed:
        try:
            chain.append(certificates.describe(readable))
        except ValueError:
            visit.flaws.add(CauseKind.CERTIFICATE_UNREADABLE)
            break
    weak = flaws.weak_key(chain[:1])
    return ServerReport(
        host=visit.host,
        port=port,
        version=connection.get_protocol_version_name(),
        cipher=connection.get_cipher_name() or "",
        chain=tuple(chain),
        problems=tuple(map(sentence, flaws.causes(visit.flaws, visit.host, chain))),
        refused=(sentence(weak),) if weak else (),
    )


def _without_certificates(visit: _Visit, port: int, failure: str) -> Refusal:
    """Refuse a server without certificates, after probing what it offers."""
    from OpenSSL import SSL

    where = f"{visit.host}:{port}"
    if not visit.speaks_tls:
        return Refusal("no_tls", f"{where} does not speak TLS")
    connection, still = visit.handshake(_context(_ANY, SSL.TLS1_VERSION))
    version = connection.get_protocol_version_name()
    cipher = connection.get_cipher_name() or ""
    if still:
        return Refusal("no_tls", f"{where} does not complete a TLS handshake: {failure or still}")
    if version not in ("TLSv1.2", "TLSv1.3"):
        words = (
            f"{where} speaks {version} at most: TLS 1.2 or later is needed, "
            "and a pin does not fix it"
        )
    elif cipher.startswith(_WITHOUT_CERTIFICATE):
        words = (
            f"{where} offers anonymous ciphers alone ({cipher}), which show no certificate: it "
            "could be anybody, and there is nothing to pin"
        )
    else:
        words = f"{where} offers broken ciphers alone ({cipher}), and a pin does not fix it"
    return Refusal("no_tls", words)


def _go_on(connection: SSL.Connection) -> str | None:
    """Continue a handshake.

    Returns its failure, empty when it is done, None while it waits.
    """
    from OpenSSL import SSL

    try:
        connection.do_handshake()
        connection.shutdown()
    except SSL.WantReadError:
        return None
    except SSL.Error as error:
        return _reason(error)
    return ""


def _is_record(beginning: bytes) -> bool:
    """Report if an answer begins as a TLS record does."""
    return beginning[0] in _RECORDS and beginning[1:2] in (b"", b"\x03")


def _context(ciphers: bytes, lowest: int) -> SSL.Context:
    from OpenSSL import SSL

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(lowest)
    context.set_cipher_list(ciphers)
    return context


def _reason(error: Exception) -> str:
    """Return OpenSSL's reason for a failure, without the names of its parts."""
    details = error.args[0] if error.args else ()
    if isinstance(details, list) and details:
        return str(details[-1][-1])
    return _ENDED
