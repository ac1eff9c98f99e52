"""SIP connections as PJSIP reports them, and their accounts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pjsua2 as pj
import pytest

from tests.support.pki import Authority
from voip.causes import Cause, CauseKind
from voip.protection import Transport
from voip.protocol.worker.accounts import AccountSetup, Target, Trust
from voip.protocol.worker.process import ConnectionEvent
from voip.worker.tls.connections import Connections

HOST = "pbx.test"
_TARGET = Target("192.0.2.1", 5061)
OTHER_KEY = pj.PJ_SSL_CERT_EPIN_MISMATCH
UNTRUSTED = pj.PJ_SSL_CERT_EUNTRUSTED


class Words:
    """An endpoint with the methods that connections use."""

    def utilStrError(self, _status: int) -> str:  # noqa: N802
        return "timed out"


def seen(book: Connections, prm: pj.OnTransportStateParam) -> ConnectionEvent:
    event = book.on_state(prm, cast(pj.Endpoint, Words()))
    assert event is not None
    return event


def up(kind: str = "TLS", host: str = HOST, port: int = 5061) -> pj.OnTransportStateParam:
    prm = pj.OnTransportStateParam()
    prm.type, prm.state, prm.outgoing = kind, pj.PJSIP_TP_STATE_CONNECTED, True
    prm.hnd, prm.remoteName, prm.remotePort = 7, host, port
    return prm


def down(host: str = HOST, port: int = 5061) -> pj.OnTransportStateParam:
    prm = up(host=host, port=port)
    prm.state, prm.lastError = pj.PJSIP_TP_STATE_DISCONNECTED, 1
    return prm


def refused(flaw: int, pem: str) -> pj.OnTransportStateParam:
    """Return a handshake that failed because of the server's certificate."""
    prm = down()
    # Only PJSIP can fill in the facts of a handshake.
    info = SimpleNamespace(
        isEmpty=lambda: False, cipher=0, cipherName="", established=False, pinned=False,
        verifyStatus=flaw, remoteAddr="", remoteCertInfo=SimpleNamespace(raw=pem, rawChain=[pem]),
    )  # fmt: skip
    names = (
        "type",
        "state",
        "outgoing",
        "hnd",
        "remoteName",
        "remotePort",
        "remoteAddress",
        "lastError",
    )
    values = {name: getattr(prm, name) for name in names}
    return cast(pj.OnTransportStateParam, SimpleNamespace(**values, tlsInfo=info))


def setup(
    name: str,
    server: str = HOST,
    transport: Transport = Transport.TLS,
    pin: str | None = None,
    target: Target = _TARGET,
) -> AccountSetup:
    return AccountSetup(
        name=name, user=name, domain=HOST, transport=transport, instance="urn:uuid:1",
        registrar=HOST,
        server_name=server, target=target,
        trust=Trust("ca.pem", pin=pin) if transport is Transport.TLS else None,
    )  # fmt: skip


def expecting(*setups: AccountSetup) -> Connections:
    book = Connections()
    for one in setups:
        book.expect(one)
    return book


@pytest.mark.parametrize(
    ("kind", "shown", "address"),
    [
        ("TLS", "192.0.2.1:5061", "192.0.2.1"),
        ("TLS", "[2001:db8::1]:5061", "2001:db8::1"),
        ("TCP", "", None),
    ],
)
def test_the_address_behind_the_name_that_was_dialled(
    kind: str, shown: str, address: str | None
) -> None:
    prm = up(kind)
    prm.tlsInfo.remoteAddr = shown
    assert seen(Connections(), prm).address == address


@pytest.mark.parametrize(
    ("host", "port", "accounts"),
    [
        (HOST, 5061, ("default", "second")),
        ("PBX.test", 5061, ("default", "second")),
        (HOST, 5062, ("other port",)),
        (HOST, 5070, ()),
        ("2001:db8::1", 5061, ("address",)),
        ("elsewhere.test", 5061, ()),
    ],
)
def test_a_connection_without_an_answer_is_of_those_whose_server_was_dialled(
    host: str, port: int, accounts: tuple[str, ...]
) -> None:
    book = expecting(
        setup("default"),
        setup("second"),
        setup("other port", target=Target("192.0.2.1", 5062)),
        setup("address", "2001:db8::1", target=Target("2001:db8::1", 5061)),
        setup("tcp", transport=Transport.TCP),
    )
    assert seen(book, up(host=host, port=port)).accounts == accounts
    book = expecting(*(setup(name) for name in accounts if host == HOST))
    for name in accounts:
        book.forget(name)
    assert seen(book, up(host=host, port=port)).accounts == ()


def test_a_connection_that_was_made_to_us_is_nobodys() -> None:
    prm = up()
    prm.outgoing = False
    assert seen(expecting(setup("work")), prm).accounts == ()


def test_a_connection_that_ends_is_of_those_whose_requests_it_carried() -> None:
    book = expecting(setup("work"), setup("home"))
    number = seen(book, up()).id
    book.use("home", number)
    assert seen(book, down()).accounts == ("home",)
    assert book.of_connection(number) == frozenset()
    # The next connection at the same address in memory must not inherit it.
    assert seen(book, down()).accounts == ("home", "work")


def certificate(folder: Path) -> tuple[str, str]:
    """Return a certificate's PEM text and the SHA-256 of its key."""
    prm = refused(OTHER_KEY, Authority(folder).issue(HOST).certificate.read_text())
    key = seen(expecting(setup("pinned", pin="ab")), prm).other_key
    assert key is not None
    return prm.tlsInfo.remoteCertInfo.raw, key


def test_another_key_is_not_of_who_is_pinned_to_it(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    book = expecting(setup("right", pin=key), setup("wrong", pin="ab"))
    assert seen(book, refused(OTHER_KEY, pem)).accounts == ("wrong",)


@pytest.mark.parametrize("flaw", [OTHER_KEY, UNTRUSTED])
def test_a_refusal_is_not_of_who_is_connected_there(flaw: int, tmp_path: Path) -> None:
    pem, _ = certificate(tmp_path)
    pin = "ab" if flaw == OTHER_KEY else None
    book = expecting(setup("work", pin=pin), setup("home", pin=pin))
    prm = up()
    prm.remoteAddress = _TARGET.address
    book.use("home", seen(book, prm).id)
    other = refused(flaw, pem)
    other.hnd, other.remoteAddress = 8, _TARGET.address
    assert seen(book, other).accounts == ("work",)
    book.leave("home")
    assert seen(book, other).accounts == ("home", "work")


def test_a_refusal_is_of_who_goes_on_to_another_target_too(tmp_path: Path) -> None:
    pem, _ = certificate(tmp_path)
    book = expecting(setup("work"))
    prm = up()
    prm.remoteAddress = _TARGET.address
    book.use("work", seen(book, prm).id)
    book.expect(setup("work", target=Target("192.0.2.2", 5061)))
    other = refused(UNTRUSTED, pem)
    other.hnd, other.remoteAddress = 8, "192.0.2.2"
    assert seen(book, other).accounts == ("work",)


@pytest.mark.parametrize(
    ("flaw", "accounts"), [(OTHER_KEY, ("pinned",)), (UNTRUSTED, ("by authority",))]
)
def test_a_refused_certificate_is_of_those_who_judge_so(
    flaw: int, accounts: tuple[str, ...], tmp_path: Path
) -> None:
    prm = refused(flaw, Authority(tmp_path).issue(HOST).certificate.read_text())
    event = seen(expecting(setup("pinned", pin="ab"), setup("by authority")), prm)
    assert event.cause is not None and event.cause.of_trust
    assert event.accounts == accounts
    assert (event.other_key is not None) is (flaw == OTHER_KEY)


def test_a_failed_handshake_is_of_everybody_who_dialled() -> None:
    event = seen(expecting(setup("pinned", pin="ab"), setup("by authority")), down())
    assert event.cause == Cause(CauseKind.CONNECTION_FAILED, ("timed out",))
    assert event.accounts == ("by authority", "pinned")


def test_a_failed_connection_is_of_those_whose_address_was_dialled() -> None:
    other = setup("home", target=Target("192.0.2.2", 5061))
    prm = down()
    prm.remoteAddress = "192.0.2.2"
    assert seen(expecting(setup("work"), other), prm).accounts == ("home",)


def test_a_connection_serves_the_accounts_that_used_it() -> None:
    book = Connections()
    book.use("a", 1)
    book.use("b", 1)
    book.use("c", 2)
    assert book.of_connection(1) == {"a", "b"}
    assert book.of_connection(2) == {"c"}
    assert book.of_connection(3) == frozenset()
    book.forget("a")
    assert book.of_connection(1) == {"b"}


def test_an_address_serves_its_own_accounts_before_those_of_its_host() -> None:
    book = Connections()
    book.answered("a", "192.0.2.1:5060")
    book.answered("b", "192.0.2.1:5070")
    book.answered("c", "[2001:db8::1]:5060")
    assert book.of_address("192.0.2.1:5060") == {"a"}
    assert book.of_address("192.0.2.1:5070") == {"b"}
    assert book.of_address("192.0.2.1:9") == {"a", "b"}
    assert book.of_address("192.0.2.2:5060") == frozenset()
    assert book.of_address("[2001:db8::1]:9") == {"c"}
    assert book.of_address("") == frozenset()
    book.forget("a")
    assert book.of_address("192.0.2.1:5060") == {"b"}


def test_addresses_of_a_target_that_was_left_go_when_the_next_answers() -> None:
    first, second = (
        setup("work", transport=Transport.UDP, target=Target(f"192.0.2.{n}", 5060)) for n in (1, 2)
    )
    book = expecting(first)
    book.answered("work", "192.0.2.1:5060")
    book.expect(second)
    assert book.of_address("192.0.2.1:5060") == {"work"}
    book.answered("work", "192.0.2.2:5060")
    assert book.of_address("192.0.2.1:5060") == frozenset()
    assert book.of_address("192.0.2.2:5060") == {"work"}


def test_a_server_that_answers_from_everywhere_keeps_a_few_addresses() -> None:
    book = expecting(setup("work", transport=Transport.UDP))
    for number in range(100):
        book.answered("work", f"192.0.2.{number}:5060")
    kept = [n for n in range(100) if book.of_address(f"192.0.2.{n}:5060")]
    assert kept == list(range(84, 100))


def test_another_key_of_a_target_that_was_left_is_the_accounts(tmp_path: Path) -> None:
    first, second = Target("192.0.2.1", 5061), Target("192.0.2.2", 5062)
    book = expecting(setup("work", pin="ab", target=first), setup("home", target=first))
    book.expect(setup("work", pin="ab", target=second))
    prm = refused(OTHER_KEY, Authority(tmp_path).issue(HOST).certificate.read_text())
    prm.remoteAddress = "192.0.2.1"
    assert seen(book, prm).accounts == ("work",)
    book.forget("work")
    assert seen(book, prm).accounts == ()


def test_a_late_failure_of_a_target_that_was_left_is_nobodys() -> None:
    book = expecting(setup("work"))
    book.expect(setup("work", target=Target("192.0.2.2", 5062)))
    assert seen(book, down()).accounts == ()
