"""Accounts changed by command and by hand, as the engine applies them."""

from __future__ import annotations

from tests.conftest import NewPhone, NewServer
from tests.support.network.ports import LOOPBACK, free_sip_port
from tests.support.peers.hostile import Connection, registrar
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.sip import Message, response
from tests.support.pki import Authority
from voip.model import RegistrationState
from voip.protocol.accounts import AccountEvent, RegisterAccount, RemoveAccount
from voip.protocol.calls import HangUp
from voip.protocol.phone import EchoEvent, NoticeEvent


async def test_the_command_line_from_add_to_remove(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    _, err = await phone.run(
        "account", "add", "work", "--user", "alice", "--domain", DOMAIN,
        "--server", f"{LOOPBACK}:{kamailio.tls_port}", "--ca-file", str(authority.file),
        "--password-stdin", text="secret-alice\n",
    )  # fmt: skip
    assert "the password is kept in" in err
    await phone.until_registered("work")
    out, _ = await phone.run("account", "list")
    assert f"sip:alice@{DOMAIN}  TLS, TLSv1.3  registered" in out
    shown = await phone.json("account", "show", "work")
    assert shown["fields"]["user"] == "alice"
    assert "secret" not in str(shown)
    position = len(phone.events)
    await phone.run("account", "edit", "work", "--display-name", "Alice A")
    await phone.until_registered("work", position)
    await phone.run("account", "disable", "work")
    assert "disabled" in (await phone.run("account", "list"))[0]
    position = len(phone.events)
    await phone.run("account", "enable", "work")
    await phone.until_registered("work", position)
    await phone.run("account", "remove", "work")
    assert (await phone.json("account", "list"))["accounts"] == []
    assert not list((phone.folder / "config" / "passwords").iterdir())
    assert "secret-alice" not in phone.log


async def test_bad_words_have_their_own_status(new_phone: NewPhone) -> None:
    phone = await new_phone()
    await phone.run("account", "add", "x", status=2)
    await phone.run("fly", status=2)
    await phone.run("call", "--hangup-after", "-1", "x", status=2)
    _, err = await phone.run(
        "account", "add", "bad name", "--user", "u", "--domain", "d.test", status=1
    )
    assert "account bad name: “name”: letters, digits, dots, dashes and underscores only" in err


async def test_no_engine_and_none_can_be_started(new_phone: NewPhone, tmp_path: object) -> None:
    phone = await new_phone()
    await phone.stop()
    phone.environment["OFFHOOK_RUNTIME_DIR"] = f"/dev/null/{tmp_path}"
    _, err = await phone.run("status", status=3)
    assert err.startswith("offhook: ")
    assert "Traceback" not in err


async def test_a_file_edited_by_hand_is_noticed_and_a_broken_one_left_alone(
    new_phone: NewPhone,
) -> None:
    phone = await new_phone()
    file = phone.folder / "config" / "accounts.toml"
    port = free_sip_port()
    good = (
        "# mine\n[accounts.home]\nuser = 'me'\ndomain = 'home.test'\n"
        f"transport = 'udp'\nserver = '127.0.0.1:{port}'\nregister = false\n"
    )
    file.write_text(good)
    await phone.until(AccountEvent, lambda e: e.account.name == "home")
    file.write_text(good + "[accounts.oops\n")
    notice = await phone.until(NoticeEvent, lambda e: "not valid TOML" in e.text)
    assert str(file) in notice.text
    status = await phone.json("status")
    assert status["accounts"][0]["name"] == "home", "what was there keeps running"
    assert "not valid TOML" in status["engine"]["problems"][0]
    _, err = await phone.run("account", "add", "n", "--user", "u", "--domain", "d.test", status=1)
    assert "not valid TOML" in err
    assert file.read_text() == good + "[accounts.oops\n"


async def test_a_dropped_connection_is_registered_again(
    new_phone: NewPhone, new_server: NewServer, authority: Authority
) -> None:
    server = await new_server()
    phone = await new_phone()
    await phone.add_secure("alice", server.host, server.port, authority.file)
    await phone.until_registered("alice")
    position = len(phone.events)
    server.connections[0].drop()
    event = await phone.until(
        AccountEvent,
        lambda e: e.account.registration.state is RegistrationState.REGISTERING,
        position,
    )
    assert event.account.registration.reason == "the connection to the server has dropped"
    assert event.account.tls is None
    await phone.until_registered("alice", position)
    assert len(server.connections) == 2


async def test_an_account_that_waits_for_its_answer_is_not_failed_by_another_wish(
    new_phone: NewPhone, new_server: NewServer, authority: Authority
) -> None:
    first = ""

    def behave(connection: Connection, message: Message) -> None:
        if first in ("", message.get("CSeq")):
            registrar(connection, message)

    server = await new_server()
    server.behaviour = behave
    phone = await new_phone()
    await phone.add_secure("alice", server.host, server.port, authority.file)
    await phone.until_registered("alice")
    connection, register = await server.until(lambda message: message.method == "REGISTER")
    first, position = register.get("CSeq"), len(phone.events)
    for _ in range(3):
        await phone.client.ask(RegisterAccount("alice"))
    _, waiting = await server.until(
        lambda message: message.method == "REGISTER" and message.get("CSeq") != first
    )
    (account,) = (await phone.status()).accounts
    assert account.registration.state is RegistrationState.REGISTERING
    registrar(connection, waiting)
    await phone.until_registered("alice", position)
    states = {
        event.event.account.registration.state
        for event in phone.events[position:]
        if isinstance(event.event, AccountEvent)
    }
    assert states == {RegistrationState.REGISTERING, RegistrationState.REGISTERED}
    assert [message.method for message in connection.messages].count("REGISTER") == 2


async def test_a_refusing_registrar_is_asked_again_with_growing_delay(
    new_phone: NewPhone, new_server: NewServer, authority: Authority
) -> None:
    asked: list[Message] = []

    def behave(connection: Connection, message: Message) -> None:
        if message.method == "REGISTER":
            asked.append(message)
        if len(asked) < 3:
            connection.send(response(message, 503, "Busy"))
        else:
            registrar(connection, message)

    server = await new_server()
    server.behaviour = behave
    phone = await new_phone()
    await phone.add_secure("alice", server.host, server.port, authority.file)
    failed = await phone.until_failed("alice")
    assert failed.registration.code == 503
    await phone.until_registered("alice")
    assert len(asked) == 3


async def test_an_account_that_goes_takes_its_call_along(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    started = await phone.until(EchoEvent, lambda e: e.uri is not None)
    pids = phone.worker_pids()
    assert started.uri is not None
    # The echo line's account trusts its authority; this one does so by its file.
    await phone.add(
        "mine", user="me", domain=LOOPBACK, register=False,
        server=started.uri.removeprefix("sip:echo@"),
        ca_file=str(phone.folder / "run" / "echo" / "authority.pem"),
    )  # fmt: skip
    other = await phone.call("echo", account="mine")
    await phone.until_call(lambda c: c.id == other and c.lock.closed)
    await phone.run("account", "remove", "mine")
    assert (await phone.until_logged(other)).outcome == "answered"
    assert (await phone.status()).calls[0].id == call
    assert phone.worker_pids() == pids


async def test_an_account_that_was_removed_takes_no_other_along(
    new_phone: NewPhone, new_server: NewServer, authority: Authority
) -> None:
    # PJSIP gives the number of a removed account to the next one.
    def behave(connection: Connection, message: Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            connection.send(response(message, 486, "Busy Here"))

    server = await new_server()
    server.behaviour = behave
    phone = await new_phone()
    await phone.add_secure("alice", server.host, server.port, authority.file)
    await phone.until_registered("alice")
    # PJSIP frees an account that had a call only a second or two later.
    await phone.until_logged(await phone.call("bob"))
    await phone.client.ask(RemoveAccount(name="alice"))
    await phone.add_secure("bob", server.host, server.port, authority.file)
    await phone.until_registered("bob")
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.duration_s > 2.5)
    await phone.client.ask(HangUp(call=call))
    entry = await phone.until_logged(await phone.call("alice", account="bob"))
    assert entry.reason == "busy"
