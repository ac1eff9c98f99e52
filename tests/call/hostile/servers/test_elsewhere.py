"""Redirections by a server, none of which the phone follows."""

from __future__ import annotations

import pytest

from tests.call.hostile.stage import Stage
from tests.support.peers import sip
from tests.support.peers.hostile import Behaviour, Connection, registrar
from voip.model import Outcome, RegistrationState

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRANSPORTS = ("udp", "tcp", "tls")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("code", [300, 301, 302, 305, 380])
async def test_a_redirect_is_not_followed(stage: Stage, code: int, transport: str) -> None:
    elsewhere = stage.sinks.open_both()
    targets = [
        f"<sip:bob@{host}:{elsewhere};transport={transport}>" for host in (stage.host, "evil.test")
    ]

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            connection.send(
                sip.response(
                    message, code, "Elsewhere", contact=targets[0],
                    extra=(f"Contact: {targets[1]};q=0.1",),
                )
            )  # fmt: skip

    server = await stage.registered(behave)
    entry = await stage.until_logged(await stage.call())
    assert entry.outcome is Outcome.FAILED
    assert entry.reason == "the server sent the call elsewhere, which is not followed"
    messages = [m for connection in server.connections for m in connection.messages]
    assert len([m for m in messages if m.method == "INVITE"]) == 1


HINTS = {
    "a service route": "Service-Route: <sip:{where};lr>",
    "a service route that is none": "Service-Route: <{where}",
    "a service route of the telephone": "Service-Route: <tel:{where}>",
    "many service routes": "\r\n".join(["Service-Route: <sip:{where};lr>"] * 5),
    "many service routes in one": f"Service-Route: {', '.join(['<sip:{where};lr>'] * 5)}",
    "a path": "Path: <sip:{where};lr>",
    "a record route": "Record-Route: <sip:{where};lr>",
    "an outbound proxy in the contact": "Contact: <sip:alice@{where}>;expires=300",
    "a flow timer": "Flow-Timer: 1",
    "an associated address": "P-Associated-URI: <sip:mallory@{where}>",
}


def hinting(header: str, then: Behaviour) -> Behaviour:
    """A registrar that hints with a header at another way; `then` has all else."""

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = f"{message.get('Contact')};expires=300"
            connection.send(sip.response(message, 200, "OK", contact=contact, extra=(header,)))
        else:
            then(connection, message)

    return behave


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", list(HINTS))
async def test_a_registrars_answer_moves_no_call(stage: Stage, kind: str, transport: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()};transport={transport}"
    header = HINTS[kind].format(where=where)

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "INVITE":
            connection.send(sip.response(message, 486, "Busy Here"))
        else:
            registrar(connection, message)

    server = await stage.registered(hinting(header, behave))
    entry = await stage.until_logged(await stage.call())
    assert entry.outcome is Outcome.BUSY
    _, invite = await server.until(lambda m: m.method == "INVITE")
    assert invite.uri == "sip:bob@pbx.test;transport=tls"
    assert "mallory" not in invite.get("From")


_UNSAFE = "the server asks for the password in a way that is not safe or not known"
_WRONG = "the user name or password is wrong"

CHALLENGES = {
    "the password itself": ('Basic realm="pbx.test"', f"{_UNSAFE} (Basic)"),
    "a token": ('Bearer authz_server="https://{where}/"', f"{_UNSAFE} (Bearer)"),
    "a scheme of nobody": ("Rot13 password=please", f"{_UNSAFE} (Rot13)"),
    "an unknown algorithm": (
        'Digest realm="pbx.test", nonce="x", algorithm=ROT13', f"{_UNSAFE} (Digest with ROT13)",
    ),
    "no nonce": ('Digest realm="pbx.test"', _WRONG),
    "a place that it is for": (
        'Digest realm="pbx.test", nonce="x", domain="sip:{where}"', _WRONG,
    ),
    "the same again and again": ('Digest realm="pbx.test", nonce="x", stale=true', _WRONG),
}  # fmt: skip


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
@pytest.mark.parametrize("kind", list(CHALLENGES))
async def test_no_challenge_gets_the_password(stage: Stage, kind: str, method: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()}"
    challenge, words = CHALLENGES[kind]

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == method:
            code, header = (401, "WWW") if method == "REGISTER" else (407, "Proxy")
            extra = (f"{header}-Authenticate: {challenge.format(where=where)}",)
            connection.send(sip.response(message, code, "Unauthorized", extra=extra))
        else:
            registrar(connection, message)

    server = await stage.serve(behave)
    await stage.add_account(f"{stage.host}:{server.port}")
    if method == "REGISTER":
        account = await stage.until_failed()
        assert account.registration.state is RegistrationState.FAILED
        assert account.registration.reason == words
    else:
        await stage.until_registered()
        entry = await stage.until_logged(await stage.call())
        assert entry.outcome is Outcome.FAILED
        assert entry.reason == words
    secret = f"secret-{stage.account}"
    assert secret.encode() not in server.received
    messages = [m for connection in server.connections for m in connection.messages]
    assert not [v for m in messages for v in m.all("Authorization") if not v.startswith("Digest")]


_REQUESTS = {
    "a transfer out of nowhere": ("REFER", ("Refer-To: <sip:x@{where}>",)),
    "a transfer with credentials": (
        "REFER", ("Refer-To: <sip:x@{where}?Authorization=Basic%20eA>",),
    ),
    "an end of a subscription": (
        "NOTIFY", ("Event: message-summary", "Subscription-State: terminated;reason=rejected"),
    ),
    "a new place for voice mail": (
        "NOTIFY", ("Event: message-summary", "Subscription-State: active"),
    ),
    "a message": ("MESSAGE", ()),
    "an information": ("INFO", ()),
    "a subscription": ("SUBSCRIBE", ("Event: presence", "Expires: 600")),
    "a publication": ("PUBLISH", ("Event: presence",)),
    "an end of what never began": ("BYE", ()),
    "a method of nobody": ("TELEPORT", ()),
}  # fmt: skip


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", list(_REQUESTS))
async def test_a_request_out_of_nowhere_moves_nothing(
    stage: Stage, kind: str, transport: str
) -> None:
    method, headers = _REQUESTS[kind]
    where = f"{stage.host}:{stage.sinks.open_both()};transport={transport}"
    server = await stage.registered()
    connection, register = await server.until(lambda m: m.method == "REGISTER")
    target = register.get("Contact").split("<", 1)[1].split(">", 1)[0]

    def send(what: str, extra: tuple[str, ...] = ()) -> None:
        connection.send(
            sip.request(
                what, target, via=f"SIP/2.0/TLS {stage.host}:{server.port}",
                to="<sip:alice@pbx.test>", contact=f"<sip:mallory@{where}>", extra=extra,
            )
        )  # fmt: skip

    send(method, tuple(header.format(where=where) for header in headers))
    # Not every request is answered; the one after it is.
    send("OPTIONS", ("Subject: last",))
    await server.until(lambda m: m.status == 200 and m.get("CSeq").endswith("OPTIONS"))
    assert (await stage.phone.status()).calls == ()
    assert {m.method for m in connection.messages} <= {"REGISTER", "SUBSCRIBE", "SIP/2.0"}
