"""Text messages of servers and strangers: nothing moves, leaks, acts or is believed."""

from __future__ import annotations

import pytest

from tests.call.hostile.servers.test_elsewhere import CHALLENGES, HINTS, TRANSPORTS, hinting
from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, registrar
from voip.protocol.people import GetMessages, MessageEvent, Messages, SendMessage
from voip.texts import TextMessage, TextState

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FLOOD = 300
_SECRET = "the words that nobody else may read"


async def _send(stage: Stage, target: str = "bob") -> TextMessage:
    command = SendMessage(target=target, text=_SECRET, account=stage.account)
    return await stage.phone.client.get(command, TextMessage)


def _texts(server: HostileServer) -> list[sip.Message]:
    messages = [m for connection in server.connections for m in connection.messages]
    return [m for m in messages if m.method == "MESSAGE"]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("code", [300, 301, 302, 305, 380])
async def test_a_redirect_is_not_followed(stage: Stage, code: int, transport: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()}"

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "MESSAGE":
            contact = f"<sip:bob@{where};transport={transport}>"
            connection.send(sip.response(message, code, "Elsewhere", contact=contact))

    server = await stage.registered(behave)
    sent = await _send(stage)
    assert (sent.state, sent.code) == (TextState.FAILED, code)
    assert sent.problem == "the server sent the text elsewhere, which is not followed"
    assert len(_texts(server)) == 1


@pytest.mark.parametrize("kind", list(CHALLENGES))
async def test_no_challenge_gets_the_password(stage: Stage, kind: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()}"
    challenge, words = CHALLENGES[kind]

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "MESSAGE":
            extra = (f"Proxy-Authenticate: {challenge.format(where=where)}",)
            connection.send(sip.response(message, 407, "Unauthorized", extra=extra))

    server = await stage.registered(behave)
    sent = await _send(stage)
    assert (sent.state, sent.problem) == (TextState.FAILED, words)
    assert f"secret-{stage.account}".encode() not in server.received
    assert len(_texts(server)) <= 4


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", list(HINTS))
async def test_a_registrars_answer_moves_no_text(stage: Stage, kind: str, transport: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()};transport={transport}"
    header = HINTS[kind].format(where=where)

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "MESSAGE":
            # An answer's routes and contact are of no dialog.
            extra = (f"Record-Route: <sip:{where};lr>",)
            contact = f"<sip:bob@{where}>"
            connection.send(sip.response(message, 200, "OK", contact=contact, extra=extra))
        else:
            registrar(connection, message)

    server = await stage.registered(hinting(header, behave))
    for _ in range(2):
        assert (await _send(stage)).state is TextState.DELIVERED
    uris = {(message.uri, message.get("To")) for message in _texts(server)}
    assert uris == {("sip:bob@pbx.test;transport=tls", "<sip:bob@pbx.test>")}


@pytest.mark.parametrize("target", ["bob@{where};transport=udp", "sip:bob@{where}"])
async def test_a_target_elsewhere_goes_by_the_accounts_server(stage: Stage, target: str) -> None:
    where = f"{stage.host}:{stage.sinks.open_both()}"

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "MESSAGE":
            connection.send(sip.response(message, 202, "Accepted"))

    server = await stage.registered(behave)
    sent = await _send(stage, target.format(where=where))
    assert sent.state is TextState.ACCEPTED
    assert len(_texts(server)) == 1


async def test_a_lost_connection_sends_nothing_in_the_clear(stage: Stage) -> None:
    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method == "MESSAGE":
            connection.drop()
        else:
            registrar(connection, message)

    await stage.registered(behave)
    sent = await _send(stage)
    assert sent.state is TextState.FAILED


_LOCK = "\N{LOCK}"
_BODIES = {
    "escape sequences": ("\x1b]2;owned\x07\x1b[2Jhi", "�]2;owned��[2Jhi"),
    "a bidirectional override": ("pay \u202e1000\u202c now", "pay �1000� now"),
    "an imitated row": (f"{_LOCK} Front desk  active  00:04", "� Front desk active 00:04"),
    "a line of the phone's own": ("hi\nyou  14:02  delivered", "hi\nyou 14:02 delivered"),
    "carriage returns": ("first\rsecond\r\nthird", "first\nsecond\nthird"),
    "unicode line ends": ("one\u2028two\u0085three", "one\ntwo\nthree"),
    "empty lines": ("\n" * 900 + "a" + "\n" * 900 + "b" + "\n" * 900, "a\n\nb"),
    "marks in a heap": ("a" + "\u0301" * 500, "a" + "\u0301" * 4),
    "a tab bomb": ("a" + "\t" * 4000 + "b", "a b"),
    "NUL": ("a\0b", "a�b"),
}


async def _tell(stage: Stage, server: HostileServer, body: bytes, kind: str = "text/plain") -> None:
    """Send the account a text of Mallory's by the connection that it registered over."""
    connection, register = await server.until(lambda m: m.method == "REGISTER")
    target = register.get("Contact").split("<", 1)[1].split(">", 1)[0]
    request = sip.request(
        "MESSAGE", target, via=f"SIP/2.0/TLS {stage.host}:{server.port}", sender=MALLORY,
        to="<sip:alice@pbx.test>", contact="<sip:m@evil.test>", extra=(f"Content-Type: {kind}",),
    )  # fmt: skip
    head = request.partition(b"Content-Length")[0]
    connection.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def _is_answer(message: sip.Message) -> bool:
    return bool(message.status) and message.get("CSeq").endswith("MESSAGE")


async def _received(stage: Stage) -> TextMessage:
    event = await stage.phone.until(
        MessageEvent,
        lambda e: e.message.account == stage.account and e.message.state is TextState.RECEIVED,
        stage.since,
    )
    return event.message


@pytest.mark.parametrize("kind", list(_BODIES))
async def test_a_text_acts_on_nothing(stage: Stage, kind: str) -> None:
    body, shown = _BODIES[kind]
    server = await stage.registered()
    await _tell(stage, server, body.encode())
    await server.until(lambda m: _is_answer(m) and m.status == 200)
    assert (await _received(stage)).text == shown


async def test_a_cpim_sender_is_nobody(stage: Stage) -> None:
    body = (
        b'From: "Your bank" <sip:bank@pbx.test>\r\nDateTime: 1999-01-01T00:00:00Z\r\n\r\n'
        b"Content-Type: text/plain\r\n\r\nsend money"
    )
    server = await stage.registered()
    await _tell(stage, server, body, "message/cpim")
    message = await _received(stage)
    assert (message.remote.uri, message.remote.name) == ("sip:m@evil.test", "Mallory")
    assert message.says_from == '"Your bank" <sip:bank@pbx.test>'
    assert not message.time.startswith("1999")


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"x" * 8_193, "text/plain", 413),
        (b"<b>hi</b>", "text/html", 415),
        (b"--b\r\n\r\n" * 1000, "multipart/mixed;boundary=b", 415),
        (b"F: x\r\n\r\nContent-Type: message/cpim\r\n\r\n" * 150, "message/cpim", 415),
    ],
)
async def test_what_is_not_kept_is_not_accepted(
    stage: Stage, body: bytes, kind: str, code: int
) -> None:
    server = await stage.registered()
    await _tell(stage, server, body, kind)
    await server.until(lambda m: _is_answer(m) and m.status == code)
    page = await stage.phone.client.get(GetMessages(account=stage.account), Messages)
    assert page.messages == ()


async def test_texts_that_are_switched_off_are_refused(stage: Stage) -> None:
    server = await stage.registered(text_messages=False)
    await _tell(stage, server, b"hi")
    _, answer = await server.until(_is_answer)
    assert answer.status == 405


async def test_a_flood_is_kept_or_refused(stage: Stage) -> None:
    server = await stage.registered()
    for number in range(_FLOOD):
        await _tell(stage, server, f"text {number}".encode())
    (connection,) = server.connections

    def answers() -> list[int]:
        return [message.status for message in connection.messages if _is_answer(message)]

    await server.until(lambda _: len(answers()) == _FLOOD)
    assert set(answers()) <= {200, 503}
    command = GetMessages(account=stage.account, limit=1000)
    page = await stage.phone.client.get(command, Messages)
    assert len(page.messages) == answers().count(200)
