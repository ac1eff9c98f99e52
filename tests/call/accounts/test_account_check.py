"""The account check: each step, from saved or unsaved fields."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, own_host, registrar
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.opensslserver import OpensslServer
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.client.stream import Client
from voip.model import RegistrationState
from voip.protocol.accounts import AccountEvent, CheckAccount, CheckEvent, CheckReport, CheckStep
from voip.protocol.calls import CallEvent, GetHistory, HistoryPage
from voip.protocol.phone import Hello

ALL = ["name", "tls", "certificate", "registration"]


async def check(phone: Phone, **command: Any) -> CheckReport:
    return await phone.client.get(CheckAccount(**command), CheckReport)


def outcome(report: CheckReport) -> list[tuple[str, bool | None]]:
    return [(step.step, step.ok) for step in report.steps]


def steps_told(phone: Phone) -> list[CheckStep]:
    return [e.event.step for e in phone.events if isinstance(e.event, CheckEvent)]


def fields(server: Kamailio, authority: Authority, user: str = "alice") -> dict[str, Any]:
    return {
        "user": user,
        "domain": DOMAIN,
        "server": f"{LOOPBACK}:{server.tls_port}",
        "ca_file": str(authority.file),
    }


async def test_what_a_form_holds_is_tried_and_not_saved(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    report = await check(
        phone, name="new", fields=fields(kamailio, authority), password="secret-alice"
    )
    assert report.ok, report
    assert outcome(report) == [(name, True) for name in ALL]
    assert report.steps[1].text.startswith("TLSv1.3, ")
    assert DOMAIN in report.steps[2].text
    assert steps_told(phone) == list(report.steps)
    # The check makes, shows and keeps no account, and leaves no process.
    assert (await phone.status()).accounts == ()
    assert not [e for e in phone.events if isinstance(e.event, AccountEvent)]
    assert not (phone.folder / "config" / "accounts.toml").exists()
    assert phone.worker_pids() == []
    assert "secret-alice" not in phone.log


async def test_each_transport_has_its_steps(kamailio: Kamailio, new_phone: NewPhone) -> None:
    phone = await new_phone()
    for transport in ("udp", "tcp"):
        report = await check(
            phone, name="new", password="secret-alice",
            fields={"user": "alice", "domain": DOMAIN, "transport": transport,
                    "server": f"{LOOPBACK}:{kamailio.port}"},
        )  # fmt: skip
        assert outcome(report) == [("name", True), ("registration", True)]


async def test_the_stored_password_is_used_where_the_form_has_none(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    good = fields(kamailio, authority)
    await phone.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await phone.until_registered("alice")
    assert (await check(phone, name="alice", fields=good)).ok
    report = await check(phone, name="other", fields=good)
    assert report.steps[-1].text == "the server asks for a password, and there is none (401)"
    report = await check(phone, name="alice", fields=good, password="not it")
    assert outcome(report) == [*((name, True) for name in ALL[:3]), ("registration", False)]
    assert report.steps[-1].text == "the user name or password is wrong (401)"
    assert "not it" not in phone.log


async def test_a_step_that_fails_says_why_and_the_rest_is_not_reached(
    new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    host = own_host()
    wrong = HostileServer(host, registrar, authority.issue("x", dns=["evil.test"]))
    await wrong.start()
    plain = HostileServer(host, _silent, None)
    await plain.start()
    answering = asyncio.create_task(_answer_in_the_clear(plain))
    cases = {
        f"{host}:{wrong.port}": ("certificate", "another name"),
        f"{host}:{plain.port}": ("tls", "does not speak TLS"),
        f"{host}:{free_sip_port()}": ("tls", "Connection refused"),
        "nowhere.invalid": ("name", "nowhere.invalid is not found"),
    }
    for server, (step, words) in cases.items():
        report = await check(
            phone, name="new", password="x",
            fields={"user": "u", "domain": "pbx.test", "server": server,
                    "ca_file": str(authority.file)},
        )  # fmt: skip
        place = ALL.index(step)
        assert outcome(report) == [
            *((name, True) for name in ALL[:place]),
            (step, False),
            *((name, None) for name in ALL[place + 1 :]),
        ]
        assert words in report.steps[place].text
    await answering
    await wrong.stop()
    await plain.stop()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "the server does not speak TLS 1.2 or newer"),
        (("-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"), "no safe cipher in common"),
    ],
)
async def test_a_handshake_that_fails_is_a_matter_of_tls_and_of_no_certificate(
    new_phone: NewPhone, authority: Authority, words: tuple[str, ...], reason: str
) -> None:
    phone = await new_phone()
    host = own_host()
    server = OpensslServer(authority.issue("x", addresses=[host]), *words, host=host)
    await server.start()
    account = {"user": "u", "domain": "pbx.test", "server": f"{host}:{server.port}",
               "ca_file": str(authority.file)}  # fmt: skip
    report = await check(phone, name="new", password="x", fields=account)
    await server.stop()
    assert outcome(report) == [
        ("name", True), ("tls", False), ("certificate", None), ("registration", None),
    ]  # fmt: skip
    assert reason in report.steps[1].text


def _silent(connection: Connection, message: sip.Message) -> None:
    del connection, message


async def _answer_in_the_clear(server: HostileServer) -> None:
    connection = await server.first_connection()
    connection.send(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def test_wrong_fields_are_refused_at_once(new_phone: NewPhone) -> None:
    phone = await new_phone()
    with pytest.raises(CommandFailed, match="domain"):
        await check(phone, name="new", fields={"user": "u"})
    with pytest.raises(CommandFailed, match="there is no account nobody"):
        await check(phone, name="nobody")


async def test_a_password_that_cannot_be_had_is_a_failed_step(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    command = {**fields(kamailio, authority), "password_command": "exit 3"}
    report = await check(phone, name="new", fields=command)
    assert outcome(report) == [
        ("name", True), ("tls", None), ("certificate", None), ("registration", False),
    ]  # fmt: skip
    assert "failed with status 3" in report.steps[-1].text


async def test_the_account_s_own_registration_stays(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    bindings: set[str] = set()
    history: list[tuple[str, str]] = []
    instances: list[bool] = []

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method != "REGISTER":
            return
        contact = message.get("Contact").split("<")[1].split(">")[0]
        if message.all("Expires") == ["0"]:
            bindings.discard(contact)
            history.append(("out", contact))
        else:
            bindings.add(contact)
            history.append(("in", contact))
            # RFC 5626: an instance has one binding.
            instances.append("+sip.instance" in message.get("Contact"))
        registrar(connection, message)

    server = HostileServer(host, behave, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    own = set(bindings)
    position = len(phone.events)
    assert (await check(phone, name="alice")).ok
    await server.until(lambda m: len(history) == 4)
    assert bindings == own
    (trial,) = {contact for _, contact in history} - own
    (mine,) = own
    assert history == [("in", mine), ("in", trial), ("out", trial), ("in", mine)]
    assert instances == [True, False, True]
    # No client saw the account lose its registration.
    states = [
        e.event.account.registration.state
        for e in phone.events[position:]
        if isinstance(e.event, AccountEvent)
    ]
    assert set(states) <= {RegistrationState.REGISTERED}
    await server.stop()


async def test_a_call_to_the_trial_is_refused_and_not_shown(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "REGISTER" and message.all("Expires") != ["0"]:
            contact = message.get("Contact").split("<")[1].split(">")[0]
            connection.send(
                sip.request(
                    "INVITE", contact, via=f"SIP/2.0/TLS {host}", to="<sip:alice@pbx.test>",
                    contact=f"<sip:mallory@{host}:{server.port};transport=tls>",
                    body=sip.sdp(host, 4000, "RTP/SAVP", (sip.crypto(),)),
                )
            )  # fmt: skip
            waiting.append((connection, message))
        elif message.status >= 300:
            registrar(*waiting.pop())
        else:
            registrar(connection, message)

    waiting: list[tuple[Connection, sip.Message]] = []
    server = HostileServer(host, behave, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    report = await check(
        phone, name="new", password="x",
        fields={"user": "alice", "domain": "pbx.test", "server": f"{host}:{server.port}",
                "ca_file": str(authority.file)},
    )  # fmt: skip
    assert report.ok
    _, answer = await server.until(lambda m: m.status >= 300)
    # The connection's account is known once its REGISTER was answered.
    assert answer.status == 404
    assert not [e for e in phone.events if isinstance(e.event, CallEvent)]
    page = await phone.client.get(GetHistory(), HistoryPage)
    assert page.entries == ()
    await server.stop()


async def test_a_client_is_served_during_a_check_and_takes_it_along_when_it_goes(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    server = HostileServer(host, _silent, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    reader, writer = await asyncio.open_unix_connection(str(phone.socket))
    other = Client(reader, writer)
    command = CheckAccount(
        name="new",
        fields={
            "user": "u", "domain": "pbx.test", "server": f"{host}:{server.port}",
            "ca_file": str(authority.file),
        },
        password="x",
    )  # fmt: skip
    checking = asyncio.create_task(other.get(command, CheckReport))
    await server.until(lambda m: m.method == "REGISTER")
    # The server never answers; the client gets answers in that time.
    await other.ask(Hello())
    assert not checking.done()
    (pid,) = phone.worker_pids()
    await other.__aexit__(None, None, None)
    with pytest.raises(asyncio.CancelledError):
        await checking
    async with asyncio.timeout(20):
        while pid in phone.worker_pids():
            await phone.status()
    await server.stop()
