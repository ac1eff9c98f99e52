"""A text waits for its answer, comes once, and only from its account's connection."""

from __future__ import annotations

import asyncio

import pytest

from tests.call.requests.ground import USER, Ground, rings_and_is_taken
from tests.call.requests.sessions import Session
from voip.model import CallState
from voip.protection import Transport
from voip.protocol.worker.messages import TextReceived
from voip.sip.messages.texts import read

pytestmark = pytest.mark.asyncio(loop_scope="module")

_PLAIN = ("Content-Type: text/plain",)
_SESSION = Session("sendrecv", "session", True)


def _texts(ground: Ground, since: int) -> list[TextReceived]:
    return [event for event in ground.events[since:] if isinstance(event, TextReceived)]


async def test_a_text_is_given_to_the_engine_as_it_came(ground: Ground) -> None:
    since = len(ground.events)
    dialog = ground.server.dialog()
    extra = ("Content-Type: text/plain;charset=iso-8859-1",)
    answer = await ground.server.ask(dialog, "MESSAGE", body="hi\r\nthere", extra=extra)
    assert answer.status == 200
    (text,) = _texts(ground, since)
    assert (text.account, text.body) == (USER, b"hi\r\nthere")
    assert text.content_type == "text/plain;charset=iso-8859-1"
    assert text.remote.startswith('"Far" <sip:far@pbx.test>')
    if ground.transport is Transport.TLS:
        assert text.connection is not None


async def test_a_multipart_body_comes_whole(ground: Ground) -> None:
    """PJSIP reads such a body itself, and keeps no text of it."""
    since = len(ground.events)
    body = "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n"
    extra = ("Content-Type: multipart/mixed;boundary=b",)
    await ground.server.ask(ground.server.dialog(), "MESSAGE", body=body, extra=extra)
    (text,) = _texts(ground, since)
    assert text.body == body.encode()
    assert read(text.content_type, text.content_encoding, text.body).text == "hi"


@pytest.mark.parametrize("code", [200, 405, 413, 415, 503, 603])
async def test_the_engine_chooses_the_answer(ground: Ground, code: int) -> None:
    ground.text_code = code
    try:
        answer = await ground.server.ask(ground.server.dialog(), "MESSAGE", body="hi", extra=_PLAIN)
    finally:
        ground.text_code = 200
    assert answer.status == code
    assert ("text/plain" in "".join(answer.all("Accept"))) == (code == 415)
    if code == 405:
        assert "MESSAGE" not in answer.get("Allow")
        assert "INVITE" in answer.get("Allow")


async def test_a_retransmission_comes_once_and_has_the_same_answer(ground: Ground) -> None:
    since = len(ground.events)
    server, dialog = ground.server, ground.server.dialog()
    for _ in range(3):
        answer = await server.ask(dialog, "MESSAGE", body="hi", extra=_PLAIN, branch="again")
        assert answer.status == 200
    texts = _texts(ground, since)
    # Over a connection nobody sends again (RFC 3261 section 17.1.2.2).
    assert len(texts) == (1 if ground.transport is Transport.UDP else 3)
    assert len({text.mark for text in texts}) == 1


async def test_a_repetition_in_another_transaction_has_the_same_mark(ground: Ground) -> None:
    since = len(ground.events)
    server, dialog = ground.server, ground.server.dialog()
    for branch in ("first", "second"):
        await server.ask(dialog, "MESSAGE", body="hi", extra=_PLAIN, branch=branch)
    await server.ask(dialog, "MESSAGE", 2, body="hi", extra=_PLAIN)
    first, second, third = _texts(ground, since)
    assert first.mark == second.mark != third.mark


async def test_a_text_in_a_call_is_as_one_outside(ground: Ground) -> None:
    server, since = ground.server, len(ground.events)
    first = server.dialog()
    offer = _SESSION.text(server.host, server.rtp_port, ground.transport)
    asked = asyncio.create_task(server.ask(first, "INVITE", body=offer))
    call = await rings_and_is_taken(ground, first, since)
    dialog = server.acknowledge(first, await asked)
    ground.text_code = 503
    try:
        assert (await server.ask(dialog, "MESSAGE", 2, body="hi", extra=_PLAIN)).status == 503
    finally:
        ground.text_code = 200
    assert (await server.ask(dialog, "MESSAGE", 3, body="hi", extra=_PLAIN)).status == 200
    assert [text.body for text in _texts(ground, since)] == [b"hi", b"hi"]
    assert (await server.ask(dialog, "BYE", 4)).status == 200
    await ground.until_state(call, CallState.ENDED)


async def test_a_text_of_another_server_is_refused(ground: Ground) -> None:
    """The other's connection carries another account: this one is none of its users."""
    other = await ground.new_server()
    await ground.add(other, "carol", register=False)
    since = len(ground.events)
    if ground.transport is Transport.UDP:
        other.reaches(ground.server)
        dialog = ground.server.dialog()
        answer = await other.ask(dialog, "MESSAGE", body="hi", extra=_PLAIN)
        assert answer.status == 404
        assert _texts(ground, since) == []
    await other.stop()


async def test_a_text_for_nobody_here_is_refused(ground: Ground) -> None:
    since = len(ground.events)
    dialog = ground.server.dialog("mallory")
    assert (await ground.server.ask(dialog, "MESSAGE", body="hi", extra=_PLAIN)).status == 404
    over = ground.server.dialog(to_tag="gone")
    assert (await ground.server.ask(over, "MESSAGE", body="hi", extra=_PLAIN)).status == 481
    assert _texts(ground, since) == []


async def test_many_texts_that_wait_are_bounded(ground: Ground) -> None:
    """65 texts at once: the last is to come again, and the worker goes on."""
    ground.text_code = 0
    since = len(ground.events)
    dialogs = [ground.server.dialog() for _ in range(65)]
    asking = [
        asyncio.create_task(ground.server.ask(dialog, "MESSAGE", body="hi", extra=_PLAIN))
        for dialog in dialogs
    ]
    await ground.until(TextReceived, lambda e: len(_texts(ground, since)) == 64, since)
    refused = await next(iter(asyncio.as_completed(asking)))
    assert (refused.status, refused.get("Retry-After")) == (503, "5")
    ground.text_code = 200
    ground.answer_texts(_texts(ground, since))
    answers = await asyncio.gather(*asking)
    assert sorted(answer.status for answer in answers) == [200] * 64 + [503]
