"""Unreadable requests are refused where possible, and reported."""

from __future__ import annotations

import pytest

from tests.call.requests.ground import USER, Ground
from tests.support.peers import sip
from voip.protection import Transport
from voip.protocol.worker.calls import UnreadCall

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BAD = ("Max-Forwards: many", "Expires: soon", "Supported", "Date: 1\r\nContact: <sip:")


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "BYE", "TELEPORT"])
@pytest.mark.parametrize("header", _BAD)
async def test_what_cannot_be_read_is_a_bad_request(
    ground: Ground, method: str, header: str
) -> None:
    dialog = ground.server.dialog()
    answer = await ground.server.ask(dialog, method, extra=(header,))
    assert answer.status == 400
    if method == "INVITE":
        ground.server.acknowledge(dialog, answer)


async def test_a_call_that_cannot_be_read_is_told_once_in_a_while(ground: Ground) -> None:
    for _ in range(3):
        await ground.server.ask(ground.server.dialog(), "INVITE", extra=(_BAD[0],))
    unread = [event for event in ground.events if isinstance(event, UnreadCall)]
    assert len(unread) == 1
    secure = ground.transport is Transport.TLS
    assert unread[0].accounts == ((USER,) if secure else ())


async def test_what_cannot_be_read_is_not_in_the_log(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="worker")
    dialog = ground.server.dialog()
    body = f"v=0\r\n{sip.crypto()}\r\n"
    data = sip.within(
        dialog, "INVITE", 1, via=ground.server.via, contact=ground.server.contact, body=body
    )
    ground.server.send(data.replace(f"Call-ID: {dialog.call_id}\r\n".encode(), b""))
    assert (await ground.server.ask(ground.server.dialog(), "OPTIONS")).status == 200
    assert "inline:" not in caplog.text
