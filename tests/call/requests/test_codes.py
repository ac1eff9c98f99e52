"""Every status from 180 to 699 in answer to a call, with and without SDP."""

from __future__ import annotations

import pytest

from tests.call.requests.callee import Callee, MakeSession
from tests.call.requests.ground import Ground
from tests.call.requests.sessions import ANSWERS, Session
from tests.support.peers import sip
from voip.protection import Transport

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
    pytest.mark.waits,
]

_CODES = range(180, 700)


def made(ground: Ground, session: Session) -> MakeSession:
    """Makes an answer to an offer, keyed with the offer's first suite."""

    def make(invite: sip.Message) -> str:
        keys = ""
        if ground.transport is Transport.TLS:
            line = next(x for x in invite.body.splitlines() if x.startswith("a=crypto:"))
            tag, suite = line.removeprefix("a=crypto:").split(" ")[:2]
            keys = sip.crypto(suite, tag=int(tag))
        return session.text(ground.server.host, ground.server.rtp_port, ground.transport, keys)

    return make


async def test_every_status_ends_no_process(ground: Ground) -> None:
    callee = Callee(ground)

    async def play(code: int, session: Session | None) -> None:
        ended = await callee.called(code, made(ground, session) if session else None)
        if code >= 300:
            assert ended.code == code, ended

    cases = [
        play(code, session)
        for code in _CODES
        for session in (None, ANSWERS[code % len(ANSWERS)])
    ]  # fmt: skip
    assert await ground.each(cases) == 1040


@pytest.mark.parametrize("code", [180, 183, 200])
async def test_every_session_of_an_answer_ends_no_process(ground: Ground, code: int) -> None:
    callee = Callee(ground)

    async def play(session: Session) -> None:
        await callee.called(code, made(ground, session))

    assert await ground.each(play(session) for session in ANSWERS) == 40
